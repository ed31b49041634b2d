#pragma once
#include <string>
#include <vector>

#include "agent/apply.hpp"
#include "agent/uninstall.hpp"
#include "report/changes.hpp"
#include "report/format.hpp"
#include "report/local_time.hpp"
#include "schedule/grid.hpp"

namespace hasync::report {

using LocalTime = std::string (*)(Instant);

struct Upcoming {
  schedule::Grid grid{};
  std::vector<Instant> next{};
  std::vector<std::string> why{};  // of what apply would bring: in what it differs from what is in force
  bool settings_differ = false;    // or apply would only take the start anew
};
// The next runs in UTC and in this machine's zone; JSON: hasync.schedule/1.
std::string render(const std::optional<Upcoming>& in_force, const std::optional<Upcoming>& after_apply, Format format,
                   ZoneAt zone);

// What `apply` changes, the next runs, the detection time and the warnings; JSON: hasync.changes/1.
std::string render(const agent::ApplyPlan& plan, const config::Config& settings, Instant now, Format format,
                   LocalTime local);
// The files themselves, before and after, line by line.
std::string render_diff(const schedule::InstallPlan& plan);
// The settings too, as they differ since the last apply.
std::string render_diff(const agent::ApplyPlan& plan);

// What `uninstall` takes away, and what it leaves: `kept` as "/etc/hasync/hasync.yaml (settings)"; JSON:
// hasync.changes/1.
std::string render(const agent::UninstallPlan& plan, const std::vector<std::string>& kept, Format format);

}  // namespace hasync::report
