// From "the peer is gone" to a decision, and from the decision to a promotion: the one place where guards, plan,
// journal and mail meet.
#pragma once
#include <string>
#include <vector>

#include "agent/node.hpp"
#include "failover/guards.hpp"
#include "failover/plan.hpp"
#include "store/heartbeats.hpp"

namespace hasync::agent {

// Whether the peer itself is asked for its term, which takes up to heartbeat.timeout when it is gone; otherwise what it
// told last counts.
enum class AskPeer { yes, no };

// Records what the peer tells of itself; one that does not answer changes nothing.
Result<void> ask_the_peer(const Node& node);

struct Decision {
  std::vector<failover::Guard> guards;
  std::vector<std::string> blocking;  // of the guards, those that keep this node from promoting itself
  std::optional<store::Point> point{};
  std::vector<failover::PlannedStep> plan;  // what a promotion would carry out; empty without a point

  bool would_promote() const { return blocking.empty(); }
};

// Every guard judged now. Changes nothing but the record of what the peer told.
Result<Decision> decide(const Node& node, const std::vector<std::string>& forced, AskPeer ask);

// What is done about an episode in which the failures reached the limit: recorded, told by mail, and for the action
// promote carried out. Called again for an episode that was refused, it promotes once the guards pass.
Result<void> act_on(const Node& node, store::Episode episode);

struct Ended {
  store::FailoverRecord failover;
  std::vector<store::StepRecord> steps;
};
// A promotion or demotion that an operator asked for. ExitCode::unsafe when a guard that is not forced does not pass.
Result<Ended> promote(const Node& node, const std::vector<std::string>& forced);
Result<Ended> demote(const Node& node, const std::string& why);

// Carries on what a crash or a reboot interrupted; nothing when there is none.
Result<std::optional<Ended>> resume(const Node& node);

}  // namespace hasync::agent
