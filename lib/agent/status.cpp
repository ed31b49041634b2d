#include "agent/status.hpp"

#include "agent/failover.hpp"
#include "config/validate.hpp"
#include "heartbeat/judge.hpp"
#include "os/file_lock.hpp"
#include "os/tree.hpp"
#include "schedule/grid.hpp"
#include "store/refusals.hpp"

namespace hasync::agent {
namespace {

// What the newest attempt says, unless it is too long ago to say anything.
BeatState beat_state(const BeatStatus& beat, const config::Heartbeat& settings, Instant now) {
  if (!beat.last || now - beat.last->at > beat_overdue_after(settings)) return BeatState::unknown;
  if (beat.last->alive) return BeatState::alive;
  return beat.episode && beat.episode->detected ? BeatState::failed : BeatState::failing;
}

// Whether the start time of the settings lies on the grid. HH:MM is taken anew by every apply, which tells nothing
// where a day is not so many intervals.
bool has_phase(const store::Applied& applied, const std::optional<config::StartTime>& start, Instant now) {
  const bool by_day = start && !std::holds_alternative<Instant>(*start);
  if (!start || (by_day && std::chrono::days{1} % applied.every != Duration{0})) return true;
  return (schedule::anchor_for(start, now) - applied.anchor) % applied.every == Duration{0};
}

bool is_in_force(const Node& node, const Installer& installer, const store::Applied& applied, Instant now) {
  const auto& sync = node.settings.sync;
  const auto scheduler = schedule::scheduler_from(applied.scheduler);
  if (!scheduler || applied.every != sync.run_every || !has_phase(applied, sync.start_time, now)) return false;
  const auto wanted = installation_of(node, installer, {applied.anchor, applied.every});
  const auto installed = schedule::is_installed(wanted, *scheduler, installer.places, node.runner);
  return installed && *installed;
}

}  // namespace

Duration beat_overdue_after(const config::Heartbeat& heartbeat) {
  return config::detection_bound(heartbeat) + 2 * heartbeat.interval;
}

Result<Status> collect_status(const Node& node, const Installer& installer) {
  auto& database = node.database;
  Status status{.now = node.clock.now(), .settings = node.settings};
  HASYNC_TRY(status.node, store::read_or_start_node(database, node.settings.node.role, status.now));
  status.paused = store::paused(status.node, status.now);

  HASYNC_TRY(const auto heard, ask_around(node, AskPeer::no));
  HASYNC_TRY(const auto decision, decide(node, {}, heard));
  status.guards = decision.guards;
  status.blocking = decision.blocking;
  status.point = decision.point;
  if (status.point) status.data_age = status.now - status.point->at;
  HASYNC_TRY(const auto points, store::list_points(database));
  status.points_kept = points.size();
  status.sharing = store::probe_sharing(nearest_there(node.settings.sync.store));

  HASYNC_TRY(status.sync.last, store::newest_run(database));
  HASYNC_TRY(status.sync.last_good, store::newest_good_run(database));
  HASYNC_TRY(status.sync.failures_since_good, store::failures_since_good_run(database));
  if (status.node.applied)
    status.sync.next_due = schedule::next_due({status.node.applied->anchor, status.node.applied->every}, status.now);

  HASYNC_TRY(status.heartbeat.last, store::newest_attempt(database));
  HASYNC_TRY(const auto success, store::newest_success(database));
  if (success) status.heartbeat.last_success = success->at;
  HASYNC_TRY(status.heartbeat.episode, store::open_episode(database));
  status.heartbeat.detection_bound = config::detection_bound(node.settings.heartbeat);
  status.heartbeat.state = beat_state(status.heartbeat, node.settings.heartbeat, status.now);

  HASYNC_TRY(status.unfinished, store::unfinished_failover(database));
  status.role_holder = lock_holder(node.paths.role_lock());
  HASYNC_TRY(status.mail, store::count_mail(database));
  HASYNC_TRY(status.refused_last_day, store::refused_since(database, status.now - std::chrono::days{1}));
  status.apply_needed = !status.node.applied || !is_in_force(node, installer, *status.node.applied, status.now);
  return status;
}

}  // namespace hasync::agent
