// One sync run: all datasets or nothing.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "store/state.hpp"
#include "store/sync_runs.hpp"
#include "sync/plan.hpp"

namespace hasync::sync {

struct Request {
  std::string trigger;              // "schedule" or "operator"
  std::vector<std::string> forced;  // guards overridden, see sync/guards.hpp
  OnProgress on_progress{};         // about once a second; empty: rsync is not asked to tell
  // Called inside the transaction that records the run's end.
  std::function<Result<void>(const store::SyncRun&)> on_recorded{};
  // Until when another attempt may begin after one that failed; none: the first is the only one.
  std::optional<Instant> try_until{};
  // Told of each attempt that is followed by another.
  std::function<void(const std::string& words)> on_attempt_failed{};
};

struct Outcome {
  store::SyncRun run{};
  std::optional<Error> error{};      // why the run failed, was skipped or interrupted
  std::vector<std::string> hooks{};  // what went wrong in those that come after, whatever became of the run
};

// An error: the run could not be recorded at all. A second run at the same time is recorded as skipped.
Result<Outcome> run_sync(const config::Config& settings, const store::StatePaths& state, store::Database& database,
                         const Request& request, Seams seams);

// What a run would do now; an error where it would not even begin. Changes nothing but what is known of the peer.
Result<Plan> plan_sync(const config::Config& settings, store::Database& database,
                       const std::vector<std::string>& forced, Seams seams);

}  // namespace hasync::sync
