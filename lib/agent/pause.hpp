// Maintenance: holding back every automatic action, and letting it go on.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/node_state.hpp"

namespace hasync::agent {

struct PauseChange {
  std::string what, before, after;
};

// What `pause` (or none: the end of one, which also acknowledges failed failovers, so that an outage that still lasts
// is acted upon again) changes.
Result<std::vector<PauseChange>> plan_pause(store::Database& database, const store::NodeState& node,
                                            const std::optional<store::Pause>& pause, Instant now);
// In one transaction, with an event that says it in `summary`.
Result<void> record_pause(store::Database& database, const std::optional<store::Pause>& pause,
                          const std::string& summary, Instant now);

}  // namespace hasync::agent
