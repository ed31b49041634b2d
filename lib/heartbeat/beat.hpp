// One beat: an attempt, and while it fails further ones, until the peer answers or is judged gone. Each is recorded
// before the next.
#pragma once
#include <functional>

#include "heartbeat/judge.hpp"
#include "heartbeat/probes.hpp"
#include "os/clock.hpp"

namespace hasync::heartbeat {

struct BeatHooks {
  // Called inside the transaction that records the success ending an episode that had been detected.
  std::function<Result<void>(const store::Episode&)> on_recovered{};
  // Called before an attempt that, failing, means that the peer is gone: while the re-check interval lasts, where there
  // is one before it. What is learned here is older than that failure.
  std::function<void()> before_last_attempt{};
};

struct Beat {
  Verdict verdict = Verdict::alive;
  store::Attempt last{};
  std::optional<store::Episode> episode{};  // open, or ended by this beat
};

// ExitCode::interrupted when a wait between two attempts was interrupted; what was counted so far is recorded.
Result<Beat> run_beat(const config::Config& settings, store::Database& database, Clock& clock, Prober& prober,
                      const BeatHooks& hooks);

}  // namespace hasync::heartbeat
