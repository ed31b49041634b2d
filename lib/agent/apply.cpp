#include "agent/apply.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/installation.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "config/validate.hpp"
#include "os/user.hpp"
#include "store/settings_versions.hpp"

namespace hasync::agent {
namespace {

// Whether both give the same instants from `now` on: then the older anchor is kept, and applying twice changes nothing.
bool same_instants(const store::Applied& old, const schedule::Grid& grid, Instant now) {
  if (old.every != grid.every) return false;
  const bool same_phase = (grid.anchor - old.anchor) % grid.every == Duration{0};
  return same_phase && (old.anchor == grid.anchor || schedule::next_due({old.anchor, old.every}, now) >= grid.anchor);
}

// A start time of today that is over means tomorrow.
std::optional<std::string> long_wait(const schedule::Grid& grid, Instant now) {
  const auto first = schedule::next_due(grid, now);
  if (first - now <= grid.every) return std::nullopt;
  return fmt::format("no run before {}, in {}: that is the start time; a run now: hasync sync", format_rfc3339(first),
                     tell_duration(std::chrono::floor<std::chrono::minutes>(first - now)));
}

std::optional<std::string> too_long(const std::vector<store::SyncRun>& runs, Duration every) {
  Duration longest{0};
  int over = 0, counted = 0;
  for (const auto& run : runs) {
    const bool whole = run.result == store::SyncResult::success || run.result == store::SyncResult::unchanged;
    if (!whole || !run.finished) continue;
    const auto took = *run.finished - run.started;
    ++counted;
    if (took > every) ++over;
    longest = std::max(longest, took);
  }
  if (over == 0) return std::nullopt;
  const auto which = counted == 1 ? std::string{"the last run"} : fmt::format("{} of the last {} runs", over, counted);
  return fmt::format("{} took longer than run_every {} (up to {}): what falls due meanwhile is skipped", which,
                     format_duration(every), tell_duration(std::chrono::floor<std::chrono::seconds>(longest)));
}

// Of an earlier version there may be none; then nothing is known to differ.
Result<config::Edited> settings_since(const Node& node, const std::string& path) {
  HASYNC_TRY(const auto text, config::read_settings(path));
  HASYNC_TRY(const auto applied, store::read_applied_settings(node.database));
  if (!applied) return config::Edited{{}, text, {}};
  return config::compare(applied->text, text, path);
}

}  // namespace

std::vector<std::string> surprises(const config::Config& settings, const std::vector<store::SyncRun>& runs,
                                   const schedule::Grid& grid, Instant now) {
  auto all = config::warnings(settings);
  for (auto& more : {long_wait(grid, now), too_long(runs, grid.every)})
    if (more) all.push_back(*more);
  return all;
}

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
  HASYNC_TRY(plan.install,
             schedule::plan_install(installation_of(node, installer, grid), scheduler, installer.places, node.runner));
  HASYNC_TRY(plan.settings, settings_since(node, installer.config_path));
  HASYNC_TRY(const auto runs, store::list_runs(node.database, {.limit = 10}));
  plan.warnings = surprises(settings, runs, grid, now);
  return plan;
}

Result<void> carry_out(const Node& node, const ApplyPlan& plan) {
  HASYNC_CHECK(schedule::carry_out(plan.install, node.runner));
  if (!plan.changes_schedule && plan.settings.before == plan.settings.text) return {};
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  if (plan.changes_schedule) HASYNC_CHECK(store::set_applied(node.database, plan.applied));
  HASYNC_CHECK(store::set_applied_settings(node.database, {plan.applied.at, acting_user(), plan.settings.text}));
  return transaction.commit();
}

}  // namespace hasync::agent
