#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "config/edit.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/validate.hpp"
#include "report/changes.hpp"
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

// What the installed schedule is made of.
bool is_scheduled(const std::string& path) {
  return path == "sync.start_time" || path == "sync.run_every" || path == "heartbeat.interval";
}

struct Setting {
  std::vector<std::string> assignments;
  ChangeMode mode = ChangeMode::carry_out;
};

Result<ExitCode> set(Session& session, const Setting& asked) {
  std::vector<config::Assignment> assignments;
  for (const auto& text : asked.assignments) {
    HASYNC_TRY(auto assignment, config::parse_assignment(text));
    assignments.push_back(std::move(assignment));
  }
  HASYNC_TRY(const auto edited, asked.mode == ChangeMode::check ? config::plan_edit(session.config_path, assignments)
                                                                : config::edit_file(session.config_path, assignments));
  report::Changes changes;
  for (const auto& change : edited.changes) changes.add(change.path, change.before, change.after);
  const bool text = session.format == report::Format::text;
  if (session.shows_lines && text && changes.any())
    session.print(report::line_diff(session.config_path, edited.before, edited.text));
  session.print(report::render(changes, session.format));
  const bool wants_apply = std::any_of(edited.changes.begin(), edited.changes.end(),
                                       [](const auto& change) { return is_scheduled(change.path); });
  if (asked.mode == ChangeMode::carry_out && text && wants_apply)
    session.print("saved; to put it into force: hasync apply\n");
  return ExitCode::done;
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

  auto asked = std::make_shared<Setting>();
  auto* set_command = add_command(*config, "set", "change settings in the file, and nothing else in it", invocation,
                                  [asked](Session& each) { return set(each, *asked); });
  set_command->add_option("KEY=VALUE", asked->assignments, "one or several, changed together or not at all")
      ->required();
  add_change_options(*set_command, asked->mode, invocation.session);
  add_json_option(*set_command, session);

  add_json_option(*add_command(*config, "check", "check the settings, all faults at once, and warn of what is unwise",
                               invocation, check),
                  session);
  add_json_option(
      *add_command(*config, "keys", "every key: type, default, what it accepts, what it means", invocation, list_keys),
      session);
}

}  // namespace hasync::cmd
