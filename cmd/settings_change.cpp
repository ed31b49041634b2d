#include "cmd/settings_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "agent/settings.hpp"
#include "os/user.hpp"
#include "report/changes.hpp"

namespace hasync::cmd {
namespace {

// What the installed schedule and its sandbox are made of (agent/installation.cpp).
bool is_installed(const std::string& path) {
  static constexpr std::array<std::string_view, 9> all{"sync.start_time", "sync.run_every",     "sync.store",
                                                       "sync.datasets",   "heartbeat.interval", "heartbeat.probes",
                                                       "failover.fence",  "failover.promote",   "failover.demote"};
  return std::any_of(all.begin(), all.end(), [&](std::string_view each) {
    return path == each || (path.starts_with(each) && path.at(each.size()) == '.');
  });
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

void add_words_command(CLI::App& parent, Invocation& invocation, const WordsCommand& added) {
  auto asked = std::make_shared<Words>();
  auto* command = add_command(parent, added.name, added.summary, invocation,
                              [asked, change = added.change](Session& each) { return change(each, *asked); });
  command->add_option(added.word, asked->words, added.help)->required();
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
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
                                       [](const auto& each) { return is_installed(each.path); });
  if (change.mode == ChangeMode::carry_out && text && wants_apply)
    session.print("saved; to put it into force: hasync apply\n");
  return ExitCode::done;
}

}  // namespace hasync::cmd
