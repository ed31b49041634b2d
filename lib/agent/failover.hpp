// From a decision to a change of role: promotion and demotion, begun, given up and carried on after a crash.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "agent/decision.hpp"
#include "store/failovers.hpp"
#include "store/heartbeats.hpp"

namespace hasync::agent {

// What is done about an episode in which the failures reached the limit: recorded, told by mail, and for the action
// promote carried out. Called again while it lasts, it promotes once settings and guards allow it. `heard`: a moment
// ago. Gives a line for the log where something was done; none where all is as it was.
Result<std::optional<std::string>> act_on(const Node& node, store::Episode episode, const Heard& heard);

struct Ended {
  store::FailoverRecord failover;
  std::vector<store::StepRecord> steps;
};

// What an operator's promotion would do now.
struct PromotionOrder {
  bool already = false;                               // this node is primary
  std::optional<store::FailoverRecord> unfinished{};  // one that was interrupted: it is carried on
  Decision decision{};                                // its plan is what is still to be done
};
Result<PromotionOrder> order_promotion(const Node& node, const std::vector<std::string>& forced, const Heard& heard);
// ExitCode::unsafe when a guard that is not forced does not pass.
Result<Ended> promote(const Node& node, const std::vector<std::string>& forced);

// What a demotion would do now: none where this node is secondary and nothing was begun.
Result<std::optional<std::vector<failover::PlannedStep>>> order_demotion(const Node& node);
// Gives up a promotion that was interrupted. `trigger` as in the record: "heartbeat" or "operator".
Result<Ended> demote(const Node& node, const std::string& trigger, const std::string& why);

// Carries on what a crash or a reboot interrupted; nothing when there is none, or while paused. A promotion of which
// nothing can be seen yet is carried on only if an operator began it and the guards still pass, and else given up: what
// a beat began, the next beats judge anew. ExitCode::busy: another process is at it.
Result<std::optional<Ended>> resume(const Node& node);

}  // namespace hasync::agent
