#include "cmd/settings_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "agent/settings.hpp"
#include "os/user.hpp"
#include "report/changes.hpp"

namespace hasync::cmd {
namespace {

// What the installed schedule is made of.
bool is_scheduled(const std::string& path) {
  return path == "sync.start_time" || path == "sync.run_every" || path == "heartbeat.interval";
}

Result<void> keep(const Session& session, const config::Edited& edited, const SettingsChange& change) {
  HASYNC_TRY(auto database, store::open_state(session.state()));
  return agent::keep_version(
      database, edited, {absolute_config(session), session.clock.now(), acting_user(), change.what, change.restores});
}

}  // namespace

std::string absolute_config(const Session& session) {
  std::error_code none;
  return std::filesystem::absolute(session.config_path, none).lexically_normal().string();
}

config::Rewrite rewrite_by(const Session& session, std::vector<config::Edit> edits) {
  return [file = session.config_path, edits = std::move(edits)](std::string_view text) {
    return config::carry_out(text, file, edits);
  };
}

void remember(const Session& session, const config::Edited& edited, const SettingsChange& change) {
  // Settings must be changeable while the state is not, as on a full disk.
  if (const auto kept = keep(session, edited, change); !kept)
    session.log().warning("this change cannot be taken back with hasync config undo: " + describe(kept.error()));
}

Result<ExitCode> change_settings(Session& session, const SettingsChange& change, const config::Rewrite& rewrite) {
  const auto keep_old = [&](const config::Edited& edited) { remember(session, edited, change); };
  HASYNC_TRY(const auto edited, change.mode == ChangeMode::check
                                    ? config::plan_edit(session.config_path, rewrite)
                                    : config::edit_file(session.config_path, rewrite, keep_old));
  const bool text = session.format == report::Format::text, any = edited.text != edited.before;
  if (session.shows_lines && text && any)
    session.print(report::line_diff(session.config_path, edited.before, edited.text));
  session.print(report::render(report::changes_of(edited), session.format));
  const bool wants_apply = std::any_of(edited.changes.begin(), edited.changes.end(),
                                       [](const auto& each) { return is_scheduled(each.path); });
  if (change.mode == ChangeMode::carry_out && text && wants_apply)
    session.print("saved; to put it into force: hasync apply\n");
  return ExitCode::done;
}

}  // namespace hasync::cmd
