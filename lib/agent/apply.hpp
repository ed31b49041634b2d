// Save and Apply: the settings become a schedule that runs.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "agent/installation.hpp"
#include "config/compare.hpp"
#include "store/node_state.hpp"
#include "store/sync_runs.hpp"

namespace hasync::agent {

struct ApplyPlan {
  store::Applied applied{};  // what will be recorded
  std::optional<store::Applied> before{};
  schedule::Scheduler scheduler{};
  schedule::InstallPlan install{};
  bool changes_schedule = false;  // anchor, interval or scheduler differ
  config::Edited settings{};      // since the last apply; of the first one, no change
  std::vector<std::string> warnings{};

  bool changes_anything() const { return changes_schedule || !install.changes_nothing() || !settings.changes.empty(); }
};

// Reads what is installed. A start time given as HH:MM is taken anew; one that would only move to a later day of the
// same grid is no change.
Result<ApplyPlan> plan_apply(const Node& node, const Installer& installer, schedule::Scheduler scheduler);
Result<void> carry_out(const Node& node, const ApplyPlan& plan);

// What is legal, but will surprise. Pure: of the settings, of the runs of late (newest first), and of the wait for the
// first run of a new grid.
std::vector<std::string> surprises(const config::Config& settings, const std::vector<store::SyncRun>& runs,
                                   const schedule::Grid& grid, Instant now);

}  // namespace hasync::agent
