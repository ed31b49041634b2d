#include "agent/agents.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "agent/acted.hpp"
#include "agent/failover.hpp"
#include "agent/telling.hpp"
#include "base/text.hpp"
#include "heartbeat/beat.hpp"
#include "notify/outbox.hpp"
#include "os/file_lock.hpp"
#include "schedule/grid.hpp"
#include "store/node_state.hpp"
#include "store/point_folder.hpp"
#include "store/retention.hpp"

namespace hasync::agent {
namespace {

// What a run means for people: the first failure of a row, the first success after one, and on request every run that
// brought something.
struct Told {
  std::string kind;
  std::optional<notify::Message> mail;
};

Result<std::optional<Duration>> data_age_at(const Node& node, Instant now) {
  const auto current = store::current_point({node.settings.sync.store});
  if (!current) return std::nullopt;
  HASYNC_TRY(const auto point, store::find_point(node.database, *current));
  return point ? std::optional{now - point->at} : std::nullopt;
}

// Once for a held point, however many runs find the source still so.
Result<std::optional<Told>> tell_held(const Node& node, const store::SyncRun& run) {
  HASYNC_TRY(const auto before, store::run_before(node.database, run.started));
  if (before && before->result == store::SyncResult::held && before->point == run.point) return std::nullopt;
  const auto now = *run.finished;
  HASYNC_TRY(const auto data_age, data_age_at(node, now));
  const auto message =
      notify::compose(speaker(node, now), notify::SyncHeld{run.note, run.point.value_or(""), data_age});
  return Told{"sync held", node.settings.notify.on_failure ? std::optional{message} : std::nullopt};
}

Result<std::optional<Told>> tell_run(const Node& node, const store::SyncRun& run) {
  const auto now = *run.finished;
  if (run.result == store::SyncResult::held) return tell_held(node, run);
  const bool good = run.result == store::SyncResult::success || run.result == store::SyncResult::unchanged;
  HASYNC_TRY(const auto failed_in_a_row, store::failures_since_good_run(node.database));
  if (run.result == store::SyncResult::failed) {
    if (failed_in_a_row > 1) return std::nullopt;
    HASYNC_TRY(const auto state, store::read_node(node.database));
    // One that a promotion put an end to: nobody is to mend that.
    if (state && state->role == Role::primary) return Told{"sync failed", std::nullopt};
    notify::SyncFailed event{.why = run.note};
    HASYNC_TRY(event.data_age, data_age_at(node, now));
    if (state && state->applied)
      event.next_due = schedule::next_due({state->applied->anchor, state->applied->every}, now);
    return Told{"sync failed", node.settings.notify.on_failure
                                   ? std::optional{notify::compose(speaker(node, now), event)}
                                   : std::nullopt};
  }
  if (!good) return std::nullopt;
  HASYNC_TRY(const auto before, store::failures_before(node.database, run.id));
  if (before > 0) {
    const auto message = notify::compose(speaker(node, now), notify::SyncRecovered{before, run.point.value_or("")});
    return Told{"sync recovered", node.settings.notify.on_failure ? std::optional{message} : std::nullopt};
  }
  if (run.result != store::SyncResult::success || !node.settings.notify.on_sync_completion) return std::nullopt;
  return Told{
      "sync completed",
      notify::compose(speaker(node, now), notify::SyncCompleted{*run.point, now - run.started, run.changed, run.deleted,
                                                                run.transferred, run.files, run.bytes})};
}

// Runs that fell due while this one was going. systemd does not start a service that still runs, so they are recorded
// as skipped here; under cron each has found the lock taken, and has recorded itself.
Result<void> record_outlasted(const Node& node, const store::SyncRun& run) {
  HASYNC_TRY(const auto state, store::read_node(node.database));
  if (!state || !state->applied || run.result == store::SyncResult::skipped) return {};
  const bool clock_jumped = *run.finished - run.started > node.settings.sync.timeout + std::chrono::minutes{1};
  if (clock_jumped) return {};
  const schedule::Grid grid{state->applied->anchor, state->applied->every};
  for (const auto due : schedule::outlasted(grid, run.started, *run.finished)) {
    HASYNC_TRY(const bool known, store::has_run_between(node.database, due, due + grid.every));
    if (known || due < state->applied->at) continue;
    store::SyncRun skipped{
        .started = due, .finished = due, .trigger = "schedule", .result = store::SyncResult::skipped};
    skipped.note = fmt::format("the sync run of {} was still going", format_rfc3339(run.started));
    HASYNC_CHECK(store::add_run(node.database, skipped));
  }
  return {};
}

Result<void> record_run(const Node& node, const store::SyncRun& run) {
  HASYNC_CHECK(record_outlasted(node, run));
  HASYNC_TRY(const auto told, tell_run(node, run));
  if (!told) return {};
  const auto now = *run.finished;
  const auto summary = run.note.empty() ? run.point.value_or("") : run.note;
  HASYNC_TRY(const auto event, store::add_event(node.database, {0, now, told->kind, summary}));
  return told->mail ? notify::queue(node.database, node.settings, event, *told->mail, now) : Result<void>{};
}

// A hook that fails after every run is told once a day.
Result<void> tell_hooks(const Node& node, const sync::Outcome& outcome) {
  const std::string kind = "hook failed";
  const auto now = node.clock.now();
  HASYNC_TRY(const auto told, store::newest_event(node.database, kind));
  if (outcome.hooks.empty() || (told && now - told->at < std::chrono::days{1})) return {};
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  const notify::HookFailed event{join(outcome.hooks, "; "), std::string{store::sync_result_name(outcome.run.result)}};
  HASYNC_CHECK(tell(node, now, kind, notify::compose(speaker(node, now), event)));
  return transaction.commit();
}

Result<void> tell_recovery(const Node& node, const store::Episode& episode) {
  const auto now = node.clock.now();
  return tell(node, now, "peer recovered",
              notify::compose(speaker(node, now), notify::PeerRecovered{episode.began, *episode.ended,
                                                                        episode.acted.value_or("nothing yet")}));
}

// An outage that was refused, or left to people by the settings of then, is looked at again with every beat.
bool may_still_be_promoted(const Node& node, const heartbeat::Beat& beat) {
  return beat.verdict == heartbeat::Verdict::down && node.settings.failover.action == config::FailoverAction::promote &&
         beat.episode && beat.episode->acted && !is_final(*beat.episode->acted);
}

// Two primaries are told once a day for as long as they are.
Result<void> tell_two_primaries(const Node& node, std::int64_t term, std::int64_t peer_term) {
  const std::string kind = "two primaries";
  const auto now = node.clock.now();
  HASYNC_TRY(const auto told, store::newest_event(node.database, kind));
  if (told && now - told->at < std::chrono::days{1}) return {};
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_CHECK(tell(node, now, kind, notify::compose(speaker(node, now), notify::TwoPrimaries{term, peer_term})));
  return transaction.commit();
}

// A primary that comes back after the other one took over learns it from the other's higher term, and gives way. What
// cannot be asked changes nothing.
Result<Beaten> yield_to_higher_term(const Node& node, std::int64_t term) {
  HASYNC_TRY(const auto told, ask_the_peer(node));
  const auto& peer = node.settings.peer.name;
  if (!told || told->role != Role::primary) return Beaten{"this node is primary: it pulls from nobody"};
  if (told->term <= term) {
    HASYNC_CHECK(tell_two_primaries(node, term, told->term));
    return Beaten{fmt::format("{} says that it is primary too (term {}, ours is {})", peer, told->term, term)};
  }
  const auto why = fmt::format("{} is primary with the higher term {}", peer, told->term);
  HASYNC_TRY(const auto ended, demote(node, "heartbeat", why));
  if (ended.failover.result == store::FailoverResult::failed)
    return fail(ExitCode::failed, "demotion failed: " + ended.failover.note);
  return Beaten{why + ": this node is secondary now", Weight::event};
}

// What a crash interrupted, first. While another process carries on a promotion, this one has nothing to do; none: go
// on with the beat.
Result<std::optional<Beaten>> resume_first(const Node& node) {
  const auto resumed = resume(node);
  if (!resumed && resumed.error().code == ExitCode::busy) return std::optional{Beaten{resumed.error().message}};
  if (!resumed) return fail(resumed.error());
  if (!*resumed) return std::nullopt;
  const auto& failover = (*resumed)->failover;
  if (failover.result == store::FailoverResult::given_up && failover.trigger == "heartbeat") return std::nullopt;
  const auto kind = store::failover_kind_name(failover.kind);
  if (failover.result == store::FailoverResult::failed)
    return fail(ExitCode::failed, fmt::format("{} failed: {}", kind, failover.note));
  const auto how =
      failover.result == store::FailoverResult::given_up ? "given up: " + failover.note : "carried on, done";
  return std::optional{
      Beaten{fmt::format("the interrupted {} (failover {}) was {}", kind, failover.id, how), Weight::event}};
}

Result<Beaten> beat_with_lock(const Node& node) {
  HASYNC_TRY(auto resumed, resume_first(node));
  if (resumed) return std::move(*resumed);
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, node.clock.now()));
  if (state.role == Role::primary)
    return store::paused(state, node.clock.now()) ? Beaten{"paused: this node stays primary"}
                                                  : yield_to_higher_term(node, state.term);
  // A witness counts for a failure that comes after its answer: one that is heard only afterwards may mean that this
  // node was cut off, and just now is no more. The peer is asked meanwhile, so that the decision needs no time of its
  // own.
  const auto ask = node.settings.failover.action == config::FailoverAction::promote ? AskPeer::yes : AskPeer::no;
  std::optional<Asking> asking;
  const heartbeat::BeatHooks hooks{[&node](const store::Episode& episode) { return tell_recovery(node, episode); },
                                   [&] { asking.emplace(node, ask); }};
  HASYNC_TRY(const auto beat, heartbeat::run_beat(node.settings, node.database, node.clock, node.prober, hooks));
  if (beat.verdict == heartbeat::Verdict::detected || may_still_be_promoted(node, beat)) {
    HASYNC_TRY(const auto done, act_on(node, *beat.episode, asking.value().heard()));
    if (done) return Beaten{*done, Weight::event};
  }
  return Beaten{beat.last.alive ? "alive: " + beat.last.evidence
                                : fmt::format("failed, {} in a row: {}", counted(beat.last.failures, "attempt"),
                                              beat.last.evidence)};
}

Result<FileLock> take_beat_lock(const Node& node) {
  return FileLock::take(node.paths.beat_lock(), fmt::format("a heartbeat (pid {})", ::getpid()));
}

// When the run that is due now makes way for the next one.
Result<std::optional<Instant>> end_of_slot(const Node& node) {
  HASYNC_TRY(const auto state, store::read_node(node.database));
  if (!state || !state->applied) return std::nullopt;
  return schedule::next_due({state->applied->anchor, state->applied->every}, node.clock.now());
}

}  // namespace

Result<bool> sync_is_due(const Node& node) {
  const auto now = node.clock.now();
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, now));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (!state.applied || state.role == Role::primary || store::paused(state, now) || unfinished) return false;
  HASYNC_TRY(const auto newest, store::newest_run(node.database));
  const auto last = newest ? std::optional{newest->started} : std::nullopt;
  return schedule::is_due({state.applied->anchor, state.applied->every}, state.applied->at, last, now);
}

Result<sync::Outcome> sync_once(const Node& node, const SyncOrder& order) {
  sync::Request request{order.trigger, order.forced, order.on_progress,
                        [&node](const store::SyncRun& run) { return record_run(node, run); }};
  request.on_attempt_failed = order.on_attempt_failed;
  if (order.trigger == "schedule") {
    HASYNC_TRY(request.try_until, end_of_slot(node));
  }
  HASYNC_TRY(auto outcome,
             sync::run_sync(node.settings, node.paths, node.database, request, {node.clock, node.runner}));
  HASYNC_CHECK(tell_hooks(node, outcome));
  return outcome;
}

Result<Beaten> beat_once(const Node& node) {
  const auto lock = take_beat_lock(node);
  if (!lock) return fail(lock.error());
  return beat_with_lock(node);
}

Result<void> beat_for(const Node& node, Duration cover, const std::function<void(const Beaten&)>& on_beaten) {
  constexpr auto look_again = std::chrono::seconds{1};
  const auto start = node.clock.now();
  const auto started = node.clock.uptime();
  const auto interrupted = [] { return fail(ExitCode::interrupted, "interrupted between two beats"); };
  auto lock = take_beat_lock(node);
  while (!lock && lock.error().code == ExitCode::busy && node.clock.uptime() - started < cover) {
    if (!node.clock.wait(look_again)) return interrupted();
    lock = take_beat_lock(node);
  }
  if (!lock) return lock.error().code == ExitCode::busy ? Result<void>{} : fail(lock.error());
  for (const auto at : heartbeat::beats_to_cover(start, cover, node.settings.heartbeat.interval)) {
    const auto due = started + (at - start);
    // A beat that took so long that the next one is past: that one is made up for, not all of them.
    if (node.clock.uptime() > due + node.settings.heartbeat.interval) continue;
    if (!node.clock.wait_until(due)) return interrupted();
    HASYNC_TRY(const auto beaten, beat_with_lock(node));
    on_beaten(beaten);
  }
  return {};
}

Result<void> send_mail(const Node& node, notify::Which which) {
  // A beat must be over when the next one is due, whatever the mail server does.
  const auto limit = which == notify::Which::fresh ? std::optional{node.settings.heartbeat.interval} : std::nullopt;
  HASYNC_CHECK(notify::flush(node.database, node.settings, node.paths, node.clock, node.mailer, which, limit));
  return {};
}

Result<std::int64_t> clean_up(const Node& node) {
  return store::forget_before(node.database, node.clock.now() - node.settings.history.retain);
}

}  // namespace hasync::agent
