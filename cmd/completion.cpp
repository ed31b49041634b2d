// The scripts of the shells, and what these ask while an operator types: `hasync completion propose SHELL WORD...`.
// That one says nothing but candidates, whatever is wrong, and changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cmd/command.hpp"
#include "cmd/command_tree.hpp"
#include "cmd/commands.hpp"
#include "cmd/completion_scripts.hpp"
#include "completion/answer.hpp"
#include "config/show.hpp"
#include "store/point_folder.hpp"

namespace hasync::cmd {
namespace {

// The shell has not done it yet.
std::string with_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path;
}

completion::Known look(const std::string& settings_path) {
  auto settings = config::show_values(settings_path);
  if (!settings) return {};
  completion::Known known{std::move(*settings), {}};
  const auto store = std::find_if(known.settings.begin(), known.settings.end(),
                                  [](const auto& each) { return each.path == "sync.store"; });
  if (store != known.settings.end()) known.points = store::point_ids({store->value});
  std::reverse(known.points.begin(), known.points.end());
  return known;
}

completion::Proposal propose(const Session& session, const completion::Command& root,
                             const std::vector<std::string>& words) {
  const auto situation = completion::understand(root, words);
  completion::Known known;
  if (situation.place == completion::Place::value)
    known = look(situation.settings ? with_home(*situation.settings) : session.config_path);
  return completion::propose(root, situation, known);
}

std::string answer(const Session& session, const completion::Command& root, std::vector<std::string> words) {
  if (words.empty()) return {};
  const auto shell = words.front();
  words.erase(words.begin());
  if (shell != "bash") return completion::answer(propose(session, root, words));
  if (words.size() != 2) return {};
  const auto typed = completion::read_line(words[1], words[0]);
  return completion::answer_bash(propose(session, root, {typed.words.begin() + 1, typed.words.end()}), typed);
}

}  // namespace

void add_completion(CLI::App& parent, Invocation& invocation) {
  struct Shell {
    const char* name;
    std::string_view script;
  };
  auto* completion = parent.add_subcommand("completion", "print the completion script of a shell");
  completion->require_subcommand(1);
  for (const auto& shell : {Shell{"bash", bash_script}, Shell{"zsh", zsh_script}, Shell{"fish", fish_script}})
    add_command(*completion, shell.name, fmt::format("for {}", shell.name), invocation,
                [script = shell.script](Session& session) -> Result<ExitCode> {
                  session.print(script);
                  return ExitCode::done;
                });
  auto* root = &parent;
  auto* command = completion->add_subcommand("propose", "what may stand next")->group("");
  // The words are an operator's, finished or not, and none of ours to understand.
  command->prefix_command()->fallthrough(false);
  command->callback([&invocation, root, command] {
    invocation.action = [root, words = command->remaining()](Session& session) -> Result<ExitCode> {
      session.print(answer(session, command_tree(*root), words));
      return ExitCode::done;
    };
  });
}

}  // namespace hasync::cmd
