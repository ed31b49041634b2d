// What `hasync init` asks, in its order, as data: each question with its default, its reason, and what an answer makes
// of the draft. Values are read as the key table reads them.
#pragma once
#include "agent/interview.hpp"

namespace hasync::agent {

struct View {
  const Surroundings& here;
  const Findings& found;
  const Draft& draft;
};

// A question, or something that must be looked at before the questions after it.
struct Entry {
  std::string id;
  std::optional<Look> look{};
  bool (*when)(const View& view);
  Question (*ask)(const View& view);
  // Gives back what is kept of the answer: it means the same whatever is found later. Of a look: what was found is put
  // into the draft. Null: the answer is the setting `sets`.
  Result<std::string> (*take)(const View& view, Draft& draft, const std::string& text);
  std::string sets{};
};

Result<std::string> take(const Entry& entry, const View& view, Draft& draft, const std::string& text);

const std::vector<Entry>& script();

// What a look depends on: the same text, the same look.
std::string subject(Look look, const Draft& draft);
// What came of it, in a line.
std::string told(Look look, const Surroundings& here, const Draft& draft, const std::optional<Error>& trouble);

}  // namespace hasync::agent
