// Everything `hasync status` tells, as plain data: read in one pass with one `now`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "agent/installation.hpp"
#include "failover/guards.hpp"
#include "store/failovers.hpp"
#include "store/heartbeats.hpp"
#include "store/node_state.hpp"
#include "store/outbox.hpp"
#include "store/sharing.hpp"
#include "store/sync_runs.hpp"

namespace hasync::agent {

enum class BeatState { alive, failing, failed, unknown };

struct SyncStatus {
  std::optional<store::SyncRun> last{};
  std::optional<store::SyncRun> last_good{};
  std::int64_t failures_since_good = 0;
  std::optional<Instant> next_due{};
};

struct BeatStatus {
  BeatState state = BeatState::unknown;
  std::optional<store::Attempt> last{};
  std::optional<Instant> last_success{};
  std::optional<store::Episode> episode{};
  Duration detection_bound{0};
};

struct Status {
  Instant now{};
  config::Config settings{};
  store::NodeState node{};
  bool paused = false;
  std::optional<store::Point> point{};
  std::size_t points_kept = 0;
  store::Sharing sharing = store::Sharing::hard_links;  // of the points, by what their file system can
  std::optional<Duration> data_age{};
  SyncStatus sync{};
  BeatStatus heartbeat{};
  std::vector<failover::Guard> guards{};
  std::vector<std::string> blocking{};  // names of the guards that do not pass
  std::optional<store::FailoverRecord> unfinished{};
  std::optional<std::string> role_holder{};  // who holds the role lock, as "a promotion (pid 4711)"
  store::MailCount mail{};
  std::int64_t refused_last_day = 0;  // commands that the peer's key may not start
  bool apply_needed = false;          // what is scheduled is not what the settings say, or nothing is
};

// Asks nobody but the store, the witnesses and what is installed.
Result<Status> collect_status(const Node& node, const Installer& installer);

// A beat is overdue when none was recorded for this long: then nothing is known of the peer.
Duration beat_overdue_after(const config::Heartbeat& heartbeat);

}  // namespace hasync::agent
