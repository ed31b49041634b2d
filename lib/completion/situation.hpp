// The command line of hasync as plain values, and where in it the words typed so far have led.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace hasync::completion {

enum class Takes { nothing, one, many };

// An option, or an argument that has its meaning from its place.
struct Parameter {
  std::vector<std::string> names{};  // "-v", "--verbose"; of an argument what the help calls it
  std::string help{};
  Takes takes = Takes::one;
  std::string value{};    // what the help calls it: FILE
  char delimiter = '\0';  // between several values in one word
};

struct Command {
  std::string name{};
  std::string help{};
  std::vector<Parameter> options{};
  std::vector<Parameter> arguments{};
  std::vector<Command> commands{};
};

enum class Place { command, option, value, nothing };

// What stands where the cursor is. Points into the tree it was made from.
struct Situation {
  std::vector<const Command*> path{};     // the root first, the innermost command last
  std::vector<const Parameter*> given{};  // options that stand on the line already
  std::vector<std::string> arguments{};   // of the innermost command, before the cursor
  Place place = Place::nothing;
  const Parameter* parameter = nullptr;   // whose value is wanted
  std::string word{};                     // that is being completed
  std::size_t kept = 0;                   // its first bytes that are no part of the value, as "--role="
  std::optional<std::string> settings{};  // --config

  const Command& command() const { return *path.back(); }
  std::string value() const { return word.substr(kept); }
  // "config set"
  std::string command_path() const;
  // "--role", or the place of an argument from 1; one that may be repeated is the last.
  std::string parameter_name() const;
};

// `words` without the program's name; the last is the one being completed. Understands what the program would.
Situation understand(const Command& root, const std::vector<std::string>& words);

}  // namespace hasync::completion
