// Would this node be promoted now? The facts gathered, the guards judged, the plan that would be carried out.
#pragma once
#include <future>
#include <string>
#include <vector>

#include "agent/node.hpp"
#include "failover/guards.hpp"
#include "failover/plan.hpp"
#include "peer/describe.hpp"

namespace hasync::agent {

// Whether the peer itself is asked for its term, which takes up to heartbeat.timeout when it is gone; otherwise what it
// told last counts.
enum class AskPeer { yes, no };

// What was heard from outside this node. It may take long to hear it, so it is asked before any lock is taken.
struct Heard {
  std::optional<failover::WitnessAnswer> witness{};  // none: none is configured
  std::optional<peer::Description> peer{};           // none: it was not asked, or did not answer
};
// The peer and the witnesses, asked side by side. Made when the witnesses have answered, or not; the peer may still
// take its time. Records nothing.
class Asking {
 public:
  Asking(const Node& node, AskPeer ask);
  Heard heard();  // once

 private:
  std::future<std::optional<peer::Description>> peer_;
  std::optional<failover::WitnessAnswer> witness_;
};
// What the peer told of itself counts from now on.
Result<void> record_heard(const Node& node, const Heard& heard);
Result<Heard> ask_around(const Node& node, AskPeer ask);  // all of it

// What the peer tells of itself now, which is recorded; none when it does not answer, or cannot be asked.
Result<std::optional<peer::Description>> ask_the_peer(const Node& node);

struct Decision {
  std::vector<failover::Guard> guards;
  std::vector<std::string> blocking;  // of the guards, those that keep this node from promoting itself
  std::optional<store::Point> point{};
  std::vector<failover::PlannedStep> plan;  // what a promotion would carry out; empty without a point

  bool would_promote() const { return blocking.empty(); }
};

// Every guard judged now, from the store and what was heard. Changes nothing.
Result<Decision> decide(const Node& node, const std::vector<std::string>& forced, const Heard& heard);

// What no live path may hold, since what stands there is moved aside: the store and the state.
std::vector<std::string> kept_in_place(const Node& node);

// "data-age: 2 h old, limit 1 h", for each guard that blocks.
std::vector<std::string> blocked_by(const Decision& decision);

}  // namespace hasync::agent
