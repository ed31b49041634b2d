#include "agent/apply.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace hasync::agent {
namespace {

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error).lexically_normal().string();
  return error ? path : full;
}

// Whether both give the same instants from `now` on: then the older anchor is kept, and applying twice changes nothing.
bool same_instants(const store::Applied& old, const schedule::Grid& grid, Instant now) {
  if (old.every != grid.every) return false;
  const bool same_phase = (grid.anchor - old.anchor) % grid.every == Duration{0};
  return same_phase && (old.anchor == grid.anchor || schedule::next_due({old.anchor, old.every}, now) >= grid.anchor);
}

}  // namespace

Result<ApplyPlan> plan_apply(const Node& node, const Installer& installer, schedule::Scheduler scheduler) {
  const auto now = node.clock.now();
  const auto& settings = node.settings;
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, settings.node.role, now));
  schedule::Grid grid{schedule::anchor_for(settings.sync.start_time, now), settings.sync.run_every};
  ApplyPlan plan{.before = state.applied, .scheduler = scheduler};
  const bool start_is_open = !settings.sync.start_time;
  // What was applied while the clock was ahead is of no use.
  const bool sound = state.applied && state.applied->at <= now && state.applied->anchor <= grid.anchor;
  if (sound && ((start_is_open && state.applied->every == grid.every) || same_instants(*state.applied, grid, now)))
    grid.anchor = state.applied->anchor;
  const auto name = std::string{schedule::scheduler_name(scheduler)};
  plan.changes_schedule = !sound || state.applied->anchor != grid.anchor || state.applied->every != grid.every ||
                          state.applied->scheduler != name;
  plan.applied = {grid.anchor, grid.every, now, name};
  const schedule::Installation installation{installer.program, absolute(installer.config_path),
                                            absolute(node.paths.folder), grid, settings.heartbeat.interval};
  HASYNC_TRY(plan.install, schedule::plan_install(installation, scheduler, installer.places, node.runner));
  return plan;
}

Result<void> carry_out(const Node& node, const ApplyPlan& plan) {
  HASYNC_CHECK(schedule::carry_out(plan.install, node.runner));
  if (!plan.changes_schedule) return {};
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_CHECK(store::set_applied(node.database, plan.applied));
  return transaction.commit();
}

}  // namespace hasync::agent
