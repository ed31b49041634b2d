// What `hasync init` can be told: one table for its options and for the names in a file of answers, so that both know
// the same.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/fault.hpp"
#include "config/keys.hpp"
#include "config/model.hpp"

namespace hasync::config {

enum class Count { one, several };

struct Answer {
  std::string name;   // "run-every" in a file, --run-every as an option
  std::string path;   // of the key it sets, or of the list it adds to
  std::string shown;  // "DURATION"
  std::string help;
  Count count = Count::one;
  Need need = Need::optional;
  // Of a list: adds the item that one text names. An error's message says what is wrong with the value alone.
  Result<void> (*add)(Config& settings, const std::string& text) = nullptr;
};

const std::vector<Answer>& answers();
const Answer* find_answer(std::string_view name);

// One answer that was given; `value` stands at its place in a file of answers, if it is from one.
struct Given {
  const Answer* answer;
  Value value;
};

struct Told {
  std::vector<Given> given{};
  std::vector<Fault> faults{};
};
// Of a file of answers: a map, its keys the names of the table.
Told told_in(const Value& document);

// `more` wins over `given`, name by name.
std::vector<Given> merged(std::vector<Given> given, std::vector<Given> more);

struct Settled {
  Config settings{};
  std::vector<Fault> faults{};  // each message begins with the answer's name, as "run-every: …"
};
// The settings that the answers make, checked as a settings file is.
Settled settle(const std::vector<Given>& given);

}  // namespace hasync::config
