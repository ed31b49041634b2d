// `hasync help` shows a command's help; `hasync help --mdoc` prints the command table for the manual page, from the
// very command line the program understands.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"

namespace hasync::cmd {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) out += letter == '\\' ? std::string{"\\e"} : std::string{letter};
  return out;
}

std::string option_line(const CLI::Option& option) {
  std::string line = ".It";
  if (option.get_positional()) {
    line += fmt::format(" Ar {}", option.get_name(true));
  } else {
    for (const auto& name : option.get_snames()) line += fmt::format(" Fl {} ,", name);
    for (const auto& name : option.get_lnames()) line += fmt::format(" Fl -{}", name);
    if (!option.get_type_name().empty()) line += fmt::format(" Ar {}", option.get_type_name());
  }
  return fmt::format("{}\n{}\n", line, escaped(option.get_description()));
}

bool is_told(const CLI::Option& option) {
  return option.get_name(false, true) != "-h,--help" && !option.get_group().empty();
}

void tell_command(std::string& out, const CLI::App& app, const std::string& path) {
  out += fmt::format(".It Nm Cm {}\n{}\n", path, escaped(app.get_description()));
  std::string options;
  for (const auto* option : app.get_options())
    if (is_told(*option)) options += option_line(*option);
  if (!options.empty()) out += fmt::format(".Bl -tag -width indent\n{}.El\n", options);
  for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty()) tell_command(out, *each, path + " " + each->get_name());
}

std::string mdoc(const CLI::App& root) {
  std::string out = ".Bl -tag -width indent\n";
  for (const auto* each : root.get_subcommands([](const CLI::App*) { return true; }))
    if (!each->get_group().empty()) tell_command(out, *each, each->get_name());
  return out + ".El\n";
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](const CLI::App* each) { return each->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

}  // namespace

void add_help(CLI::App& parent, Invocation& invocation) {
  struct Asked {
    std::vector<std::string> words;
    bool mdoc = false;
  };
  auto asked = std::make_shared<Asked>();
  auto* root = &parent;
  auto* command = add_command(
      parent, "help", "show the help of a command", invocation, [asked, root](Session& session) -> Result<ExitCode> {
        if (asked->mdoc) {
          session.print(mdoc(*root));
          return ExitCode::done;
        }
        const CLI::App* shown = root;
        for (const auto& word : asked->words) {
          const auto* next = find_command(*shown, word);
          if (next == nullptr)
            return fail(ExitCode::usage, fmt::format("unknown command \"{}\"; see: hasync help", word));
          shown = next;
        }
        // Not App::help(), which would show the help of the command that was called: of `help` itself.
        const auto name = join(asked->words, " ");
        session.print(shown->get_formatter()->make_help(shown, name.empty() ? "hasync" : "hasync " + name,
                                                        CLI::AppFormatMode::Normal));
        return ExitCode::done;
      });
  command->add_option("COMMAND", asked->words, "the command, as: config set");
  command->add_flag("--mdoc", asked->mdoc, "every command, as mdoc(7)")->group("");
}

}  // namespace hasync::cmd
