// What a promotion or demotion will do, as a value: printed by --dry-run, written to the journal, and carried out from
// there.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"
#include "store/failovers.hpp"

namespace hasync::failover {

enum class StepKind { fence, copy, activate, run, feed, restore, swap };

struct PlannedStep {
  StepKind kind = StepKind::run;
  std::string name;
  std::vector<std::string> argv{};  // fence, run, feed
  // copy, activate: the dataset's folder or dump in the point, and where it goes. restore, swap: the dataset's folder,
  // and the URI of the database that it replaces. feed: the dump on its standard input.
  std::string point{}, live{};
  Duration timeout{0};
  int retries = 0;
  config::OnError on_error = config::OnError::abort;
  bool operator==(const PlannedStep&) const = default;
};

// The folder of a dataset in a point, or the file of its dump there.
std::string in_point(const std::string& point_folder, const config::Dataset& dataset);

// Fence, then a copy of every dataset beside its live path or database, then each into its place, then what the restore
// commands are fed with, then the settings' steps. `point_folder` is the folder of the recovery point.
std::vector<PlannedStep> plan_promotion(const config::Config& settings, const std::string& point_folder);
std::vector<PlannedStep> plan_demotion(const config::Config& settings);

// For the journal; the way back is exact.
store::StepRecord to_record(const PlannedStep& step, int seq);
Result<PlannedStep> from_record(const store::StepRecord& record);

// Whether something is done of it that others can see, so that the rest must follow: the peer fenced, a copy in place
// or half way there.
bool is_past_return(const std::vector<store::StepRecord>& steps);
// The steps that are still to be done.
Result<std::vector<PlannedStep>> rest_of(const std::vector<store::StepRecord>& steps);

// "3. activate app: /srv/hasync/live/app (what stands there is kept beside it)"
std::vector<std::string> tell(const std::vector<PlannedStep>& plan);

}  // namespace hasync::failover
