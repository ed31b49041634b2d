// What every command that changes the settings file does with its change.
#pragma once
#include <optional>
#include <string>

#include "cmd/command.hpp"
#include "config/edit.hpp"
#include "config/settings_file.hpp"

namespace hasync::cmd {

struct SettingsChange {
  std::string what;  // the command line, for the record of versions: "config set sync.keep=5"
  ChangeMode mode = ChangeMode::carry_out;
  std::optional<std::int64_t> restores{};
};

// Plans the change or carries it out, keeps the old text for an undo, and says what changed.
Result<ExitCode> change_settings(Session& session, const SettingsChange& change, const config::Rewrite& rewrite);

// Keeps the old text for an undo, before the new one is written; where it cannot, that is told.
void remember(const Session& session, const config::Edited& edited, const SettingsChange& change);

// Of edits: all together or none.
config::Rewrite rewrite_by(const Session& session, std::vector<config::Edit> edits);

// A command that takes words, one or several, and changes the settings by them.
struct Words {
  std::vector<std::string> words{};
  ChangeMode mode = ChangeMode::carry_out;
};
struct WordsCommand {
  const char *name, *summary, *word, *help;
  Result<ExitCode> (*change)(Session&, const Words&);
};
void add_words_command(CLI::App& parent, Invocation& invocation, const WordsCommand& added);

// The settings file as the versions know it.
std::string absolute_config(const Session& session);

}  // namespace hasync::cmd
