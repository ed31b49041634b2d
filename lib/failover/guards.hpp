// What must hold before this node promotes itself. Pure: facts in, a verdict with its evidence for each guard out.
// Unknown is not a pass.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "store/failovers.hpp"
#include "store/node_state.hpp"
#include "store/sync_runs.hpp"

namespace hasync::failover {

enum class Verdict { pass, fail, unknown };
std::string_view verdict_name(Verdict verdict);

struct Guard {
  std::string name;
  Verdict verdict = Verdict::unknown;
  std::string evidence;
};

struct WitnessAnswer {
  bool any_alive = false;
  std::string evidence;  // "gateway 2 ms"
};

// Where the copies of the point would go.
struct LivePaths {
  std::string trouble;   // what would keep them from getting there
  std::string evidence;  // "the copy takes up to 3.1 GiB; /srv has 78.5 GiB free"
};

struct Facts {
  Instant now{};
  store::NodeState node{};
  std::optional<store::FailoverRecord> earlier{};  // failed and not acknowledged
  std::optional<store::Point> point{};             // what `current` names, complete and published
  std::string point_trouble{};                     // why there is none
  Duration max_data_age{0};
  LivePaths live{};                        // of that point
  std::optional<WitnessAnswer> witness{};  // none: none is configured
  config::Transport transport = config::Transport::ssh;
  std::string peer{};
};

// not-paused, no-earlier-failover, role, recovery-point, data-age, live-path, witness, peer-term: in this order, all of
// them.
std::vector<Guard> judge_guards(const Facts& facts);
// The names of those that do not pass and are not forced.
std::vector<std::string> blocking(const std::vector<Guard>& guards, const std::vector<std::string>& forced);
// ExitCode::usage for a name that is no guard, or one that cannot be overridden: without a point there is nothing to
// promote.
Result<void> check_forced(const std::vector<std::string>& forced);

// A line a guard, tab separated, as it is kept in the record of a failover.
std::string record_of(const std::vector<Guard>& guards);

}  // namespace hasync::failover
