// Is the peer gone? Pure: attempts in, a verdict out.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "store/heartbeats.hpp"

namespace hasync::heartbeat {

// The failures in a row that an attempt made now would continue: those up to the newest attempt, unless they are of
// another boot or so old (2 × interval + timeout + recheck_interval) that they are not consecutive any more.
int carried_failures(const std::optional<store::Attempt>& newest, const config::Heartbeat& settings, BootTime now,
                     const std::string& boot);

enum class Verdict {
  alive,     // an attempt succeeded
  failing,   // not often enough in a row; try again after recheck_interval
  detected,  // as often as the settings say: the peer is gone, and nothing was done about it yet
  down,      // still gone as often, and acted upon: one attempt a beat is enough
};
// After a reboot or a long gap the count begins anew, also in an episode that was acted upon.
Verdict judge(bool alive, int failures, bool acted, const config::Heartbeat& settings);

// The beats a process covers that was started at `start` for `cover`: the multiples of `interval` since the epoch in
// [start's minute,
// + cover) that are not past.
std::vector<Instant> beats_to_cover(Instant start, Duration cover, Duration interval);

}  // namespace hasync::heartbeat
