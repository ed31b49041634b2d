// The settings of before: config diff, config undo, config versions.
#include <fmt/format.h>

#include "agent/settings.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/load.hpp"
#include "report/changes.hpp"
#include "report/settings.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> diff(Session& session) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto applied, store::read_applied_settings(database));
  if (!applied)
    return fail(ExitCode::failed, "nothing was applied yet; to see what an apply would do: hasync apply --check");
  HASYNC_TRY(const auto edited, config::compare(applied->text, text, session.config_path));
  const bool lines = session.shows_lines && session.format == report::Format::text && edited.text != edited.before;
  if (lines) session.print(report::line_diff(session.config_path, edited.before, edited.text));
  session.print(report::render(report::changes_of(edited), session.format));
  return ExitCode::done;
}

struct Undoing {
  std::int64_t version = 0;  // 0: the one before
  ChangeMode mode = ChangeMode::carry_out;
};

Result<ExitCode> undo(Session& session, const Undoing& asked) {
  HASYNC_TRY(auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(const auto versions, store::list_versions(database, absolute_config(session)));
  HASYNC_TRY(const auto target, asked.version == 0 ? agent::version_before(versions, text)
                                                   : agent::version_called(versions, asked.version));
  const auto back = [&](std::string_view now) -> Result<config::Edited> {
    if (now != text)
      return fail(ExitCode::busy, "the settings were changed this very moment; look at them again first");
    return config::compare(now, target.text, session.config_path);
  };
  HASYNC_TRY(const auto ended,
             change_settings(session, {fmt::format("config undo --to {}", target.id), asked.mode, target.id}, back));
  if (session.format == report::Format::text)
    session.print(fmt::format("{} version {}: {}, {}{}\n",
                              asked.mode == ChangeMode::check ? "this would be back to" : "this is back to", target.id,
                              target.what, format_rfc3339(target.at), target.who.empty() ? "" : " by " + target.who));
  return ended;
}

Result<ExitCode> list(Session& session) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto versions, store::list_versions(database, absolute_config(session)));
  session.print(report::render(versions, text, session.config_path, session.format));
  return ExitCode::done;
}

}  // namespace

void add_config_versions(CLI::App& config, Invocation& invocation) {
  auto& session = invocation.session;
  auto* diff_command = add_command(config, "diff", "what was changed since the last apply", invocation, diff);
  diff_command->add_flag("--diff", session.shows_lines, "show the lines of the file that differ");
  add_json_option(*diff_command, session);

  auto asked = std::make_shared<Undoing>();
  auto* undo_command =
      add_command(config, "undo", "take the last change of the settings back; again: the one before it", invocation,
                  [asked](Session& each) { return undo(each, *asked); });
  undo_command->add_option("--to", asked->version, "this version, see hasync config versions")
      ->type_name("VERSION")
      ->check(CLI::PositiveNumber.description(""));
  add_change_options(*undo_command, asked->mode, session);
  add_json_option(*undo_command, session);

  add_json_option(
      *add_command(config, "versions", "the last 20 versions of the settings, with who and when", invocation, list),
      session);
}

}  // namespace hasync::cmd
