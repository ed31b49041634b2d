#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/keys.hpp"
#include "config/show.hpp"
#include "report/settings.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> show(Session& session) {
  HASYNC_TRY(const auto shown, config::show_values(session.config_path));
  session.print(report::render(shown, session.config_path, session.format));
  return ExitCode::done;
}

Result<ExitCode> get(Session& session, const std::string& path) {
  HASYNC_TRY(const auto shown, config::show_values(session.config_path));
  std::vector<std::string> known;
  for (const auto& each : shown) {
    if (each.path == path) {
      session.print(each.value + "\n");
      return ExitCode::done;
    }
    known.push_back(each.path);
  }
  if (config::find_key(path) != nullptr)
    return fail(ExitCode::failed, fmt::format("{} is not set, and has no default", path));
  const auto meant = nearest(path, known);
  return fail(ExitCode::usage, fmt::format("unknown key \"{}\"{} (see: hasync config show)", printable(path),
                                           meant ? "; did you mean " + *meant + "?" : ""));
}

Result<ExitCode> set(Session& session, const Words& asked) {
  std::vector<config::Edit> edits;
  for (const auto& text : asked.words) {
    HASYNC_TRY(auto assignment, config::parse_assignment(text));
    edits.emplace_back(std::move(assignment));
  }
  return change_settings(session, {"config set " + shell_line(asked.words), asked.mode},
                         rewrite_by(session, std::move(edits)));
}

Result<ExitCode> unset(Session& session, const Words& asked) {
  std::vector<config::Edit> edits;
  for (const auto& path : asked.words) edits.emplace_back(config::Removal{path});
  return change_settings(session, {"config unset " + shell_line(asked.words), asked.mode},
                         rewrite_by(session, std::move(edits)));
}

Result<ExitCode> check(Session& session) {
  HASYNC_TRY(const auto settings, session.load_config());
  session.print(report::render_check(settings, session.config_path, session.format));
  return ExitCode::done;
}

Result<ExitCode> list_keys(Session& session) {
  session.print(report::render_keys(session.format));
  return ExitCode::done;
}

}  // namespace

void add_config(CLI::App& parent, Invocation& invocation) {
  auto& session = invocation.session;
  auto* config = parent.add_subcommand("config", "read, check and change the settings");
  config->require_subcommand(1);
  add_json_option(*add_command(*config, "show", "every setting in force, and where it is from", invocation, show),
                  session);

  auto path = std::make_shared<std::string>();
  add_command(*config, "get", "print one setting", invocation, [path](Session& each) { return get(each, *path); })
      ->add_option("KEY", *path, "as sync.run_every, or sync.datasets.app.source")
      ->required();

  add_words_command(*config, invocation,
                    {"set", "change settings in the file, and nothing else in it", "KEY=VALUE",
                     "one or several, changed together or not at all", set});
  add_words_command(
      *config, invocation,
      {"unset", "take settings out of the file: the default counts again", "KEY",
       "as sync.keep, or failover.fence for all below it; one or several, together or not at all", unset});
  add_config_edit(*config, invocation);
  add_config_versions(*config, invocation);

  add_json_option(*add_command(*config, "check", "check the settings, all faults at once, and warn of what is unwise",
                               invocation, check),
                  session);
  add_json_option(
      *add_command(*config, "keys", "every key: type, default, what it accepts, what it means", invocation, list_keys),
      session);
}

}  // namespace hasync::cmd
