// Completion scripts, written from the very command line the program understands.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"

namespace hasync::cmd {
namespace {

// Where in the command line we are ("" or " config set"), and what may stand there.
struct Place {
  std::string path;
  std::string summary;
  std::vector<std::string> words;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Place>& places) {
  Place place{path, app.get_description(), {}};
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* each : below)
    if (!each->get_group().empty()) place.words.push_back(each->get_name());
  for (const auto* option : app.get_options())
    if (!option->get_group().empty())
      for (const auto& name : option->get_lnames()) place.words.push_back("--" + name);
  places.push_back(place);
  for (const auto* each : below)
    if (!each->get_group().empty()) collect(*each, path + " " + each->get_name(), places);
}

std::vector<Place> places(const CLI::App& root) {
  std::vector<Place> all;
  collect(root, "", all);
  return all;
}

std::string bash(const CLI::App& root) {
  std::string cases;
  for (const auto& place : places(root))
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", place.path, join(place.words, " "));
  return fmt::format(R"(# bash completion for hasync: hasync completion bash > /etc/bash_completion.d/hasync
_hasync() {{
  local word path="" words="" current="${{COMP_WORDS[COMP_CWORD]}}"
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  case "$path" in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _hasync hasync
)",
                     cases);
}

std::string zsh(const CLI::App& root) {
  std::string cases;
  for (const auto& place : places(root))
    cases += fmt::format("    \"{}\") words_here=({}) ;;\n", place.path, join(place.words, " "));
  return fmt::format(R"(#compdef hasync
# zsh completion for hasync: hasync completion zsh > /usr/local/share/zsh/site-functions/_hasync
_hasync() {{
  local word path=""
  local -a words_here
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  case "$path" in
{}  esac
  compadd -- $words_here || _files
}}
_hasync "$@"
)",
                     cases);
}

std::string fish(const CLI::App& root) {
  std::string lines = "# fish completion for hasync: hasync completion fish > ~/.config/fish/completions/hasync.fish\n";
  for (const auto& place : places(root)) {
    const auto path = std::string{trim(place.path)};
    const auto condition = path.empty()
                               ? std::string{"__fish_use_subcommand"}
                               : fmt::format("string match -qr -- '^hasync( -\\S+)* {}( |$)' (commandline -pc)", path);
    lines +=
        fmt::format("complete -c hasync -n {} -f -a {}\n", shell_word(condition), shell_word(join(place.words, " ")));
  }
  return lines;
}

}  // namespace

void add_completion(CLI::App& parent, Invocation& invocation) {
  struct Shell {
    const char* name;
    std::string (*script)(const CLI::App&);
  };
  auto* completion = parent.add_subcommand("completion", "print the completion script of a shell");
  completion->require_subcommand(1);
  auto* root = &parent;
  for (const auto& shell : {Shell{"bash", bash}, Shell{"zsh", zsh}, Shell{"fish", fish}})
    add_command(*completion, shell.name, fmt::format("for {}", shell.name), invocation,
                [root, script = shell.script](Session& session) -> Result<ExitCode> {
                  session.print(script(*root));
                  return ExitCode::done;
                });
}

}  // namespace hasync::cmd
