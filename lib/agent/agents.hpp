// What cron, systemd and the operator start: one sync run, one beat with its consequences, one pass over the outbox,
// one clean-up.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "agent/node.hpp"
#include "notify/outbox.hpp"
#include "store/heartbeats.hpp"
#include "sync/run.hpp"

namespace hasync::agent {

// Whether a run is due by the applied schedule. Not while paused, not on a primary, and without an applied schedule
// never.
Result<bool> sync_is_due(const Node& node);

struct SyncOrder {
  std::string trigger;  // "schedule" or "operator"
  std::vector<std::string> forced{};
  sync::OnProgress on_progress{};
  std::function<void(const std::string& words)> on_attempt_failed{};  // and is followed by another
};
// One run, its event and mail in the transaction of its record. The error, if any, is in the outcome.
Result<sync::Outcome> sync_once(const Node& node, const SyncOrder& order);

enum class Weight { routine, event };  // an event belongs into the log of whoever started the agent
struct Beaten {
  std::string words;  // "alive: web 3 ms", "east is gone (web connection refused); west is now primary (term 4)"
  Weight weight = Weight::routine;
};
// One beat. First what a crash interrupted is resumed; at the end of a detected episode stands act_on() of
// agent/failover.hpp. ExitCode::busy: another process beats.
Result<Beaten> beat_once(const Node& node);
// Beats at the configured interval for `cover`, for a scheduler that knows minutes only; waits for another process's
// beat to end.
Result<void> beat_for(const Node& node, Duration cover, const std::function<void(const Beaten&)>& on_beaten);

// Trouble with the mail server is no error here, the outbox keeps it.
Result<void> send_mail(const Node& node, notify::Which which);

// Forgets old history. Gives the number of records.
Result<std::int64_t> clean_up(const Node& node);

}  // namespace hasync::agent
