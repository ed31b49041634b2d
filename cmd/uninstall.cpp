#include "agent/uninstall.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "config/load.hpp"
#include "report/schedule.hpp"

namespace hasync::cmd {
namespace {

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

// Settings that are gone or broken are no reason to go on starting agents.
std::vector<std::string> kept(const Session& session) {
  std::vector<std::string> all;
  if (is_there(session.config_path)) all.push_back(session.config_path + " (the settings)");
  if (is_there(session.state_folder)) all.push_back(session.state_folder + " (role, history, mail that waits)");
  if (const auto loaded = config::load(session.config_path); loaded && is_there(loaded->config.sync.store))
    all.push_back(loaded->config.sync.store + " (the recovery points)");
  return all;
}

Result<ExitCode> uninstall(Session& session, ChangeMode mode) {
  std::optional<store::Database> database;
  if (is_there(session.state().database())) {
    HASYNC_TRY(auto opened, store::open_state(session.state()));
    database.emplace(std::move(opened));
  }
  auto* const state = database ? &*database : nullptr;
  HASYNC_TRY(const auto plan, agent::plan_uninstall(state, schedule::places_for_this_user(), session.runner));
  if (mode == ChangeMode::carry_out) HASYNC_CHECK(agent::carry_out(state, plan, session.runner));
  if (session.shows_lines && session.format == report::Format::text) session.print(report::render_diff(plan.remove));
  session.print(report::render(plan, kept(session), session.format));
  return ExitCode::done;
}

}  // namespace

void add_uninstall(CLI::App& parent, Invocation& invocation) {
  auto mode = std::make_shared<ChangeMode>(ChangeMode::carry_out);
  auto* command = add_command(parent, "uninstall", "take away the schedule that apply has put into force, nothing else",
                              invocation, [mode](Session& session) { return uninstall(session, *mode); });
  add_change_options(*command, *mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
