// Telling people: an event, and its mail where the settings want it, in the transaction of what it tells of.
#pragma once
#include <string>
#include <vector>

#include "agent/node.hpp"
#include "notify/compose.hpp"
#include "store/failovers.hpp"

namespace hasync::agent {

notify::Speaker speaker(const Node& node, Instant now);

// In the caller's transaction.
Result<void> tell(const Node& node, Instant now, const std::string& kind, const notify::Message& message);

// How a promotion or demotion ended, and what that means for the episode; in the journal's last transaction.
Result<void> tell_end(const Node& node, const store::FailoverRecord& failover,
                      const std::vector<store::StepRecord>& steps);

// A promotion that is given up before anything was done. What a beat gives up, the beats judge anew, so that people are
// told only where an operator had asked for it; what an operator gives up is over for this outage.
enum class GivenUpBy { beat, operator_ };
Result<void> tell_given_up(const Node& node, const store::FailoverRecord& failover, GivenUpBy by);

}  // namespace hasync::agent
