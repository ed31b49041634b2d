#include "sync/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "os/file_lock.hpp"
#include "os/tree.hpp"
#include "store/node_state.hpp"
#include "store/point_datasets.hpp"
#include "sync/asking.hpp"
#include "sync/attempt.hpp"
#include "sync/build.hpp"
#include "sync/guards.hpp"
#include "sync/links.hpp"
#include "sync/points.hpp"
#include "sync/resume.hpp"
#include "sync/retry.hpp"

namespace hasync::sync {
namespace {

Error held(const std::string& point, const std::string& why) {
  return {ExitCode::unsafe, fmt::format("point {0} is held: {1}; to publish it all the same: hasync points publish "
                                        "{0}, to be rid of it: hasync points discard {0}",
                                        point, why)};
}

bool is_lack_of_room(const Error& error) {
  return error.message.find("no room left") != std::string::npos ||
         error.message.find("Disk quota exceeded") != std::string::npos ||
         error.message.find("No space left") != std::string::npos;
}

class Run {
 public:
  Run(const config::Config& settings, const store::StatePaths& state, store::Database& database, const Request& request,
      Seams seams)
      : settings_(settings),
        state_(state),
        database_(database),
        request_(request),
        seams_(seams),
        store_{settings.sync.store},
        carrier_(settings, seams),
        hooks_(settings, seams.runner) {}

  Result<Outcome> carry_out() {
    const auto now = seams_.clock.now();
    run_.started = now;
    run_.trigger = request_.trigger;
    HASYNC_TRY(const auto node, store::read_or_start_node(database_, settings_.node.role, now));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(database_));
    if (auto refusal = refuse_node(node, unfinished, settings_.node.name))  // a slip, not an event: nothing is recorded
      return Outcome{run_, std::move(refusal)};
    if (const auto prepared = prepare_store(store_); !prepared) return end(explained(prepared.error()));
    auto lock =
        FileLock::take(store_.lock(), fmt::format("the sync run of {} (pid {})", format_rfc3339(now), ::getpid()));
    if (!lock) return end(explained(lock.error()));
    carrier_.inherit(lock->fd());
    carrier_.meter().report_to(request_.on_progress);
    if (const auto tidied = put_in_order(store_, database_, seams_.clock); !tidied)
      return end(explained(tidied.error()));

    HASYNC_TRY(run_.point, point_id(store_, database_, now));
    HASYNC_TRY(run_.id, store::add_run(database_, run_));
    hooks_.are_for({run_.id, run_.trigger, *run_.point});
    auto outcome = pull();
    pulled_.role_lock.reset();  // wherever that ended: a hook must not keep a promotion waiting
    hooks_.end_run(outcome ? came_of(*outcome) : came_to(outcome.error()));
    return outcome ? with_complaints(std::move(*outcome)) : outcome;
  }

 private:
  Result<Outcome> pull() {
    if (const auto begun = hooks_.begin(); !begun) return end(begun.error());
    const auto began = seams_.clock.uptime();
    for (int attempts = 1;; ++attempts) {
      auto error = try_once();
      if (!error) return end(std::nullopt);
      const auto wait = next_attempt(*error, attempts, settings_.sync.retry_interval, left_to_try());
      if (wait) note_attempt(tell_attempt(*error, attempts, *wait));
      if (wait && !seams_.clock.wait(*wait))
        return end(Error{ExitCode::interrupted, "interrupted while it waited for another attempt"});
      if (!wait || is_paused()) return end(after_attempts(std::move(*error), attempts, seams_.clock.uptime() - began));
      if (auto refusal = refusal_by_now()) return end(std::move(*refusal));
    }
  }

  std::optional<Error> try_once() {
    pulled_ = {};
    auto writes = DiskWrites::begin(store_.path);
    if (!writes) return explained(writes.error());
    const auto done = attempt({store_, state_, database_, request_, *run_.point, hooks_, *writes}, carrier_, pulled_);
    for (const auto& left : {store_.dumps(), store_.list()}) static_cast<void>(remove_tree(left));
    if (done) return std::nullopt;
    auto told = explained(done.error());  // before room is made again
    if (const auto left = leave(done.error(), *writes); !left)
      told.message += "; what came is dropped: " + left.error().message;
    return told;
  }

  Duration left_to_try() const {
    if (!request_.try_until) return Duration{0};
    return std::min(*request_.try_until - seams_.clock.now(), carrier_.left());
  }

  // In the record at once, for whoever looks while the run waits; what cannot be written then is not lost.
  void note_attempt(const std::string& words) {
    carrier_.note(words);
    run_.note = carrier_.notes();
    static_cast<void>(store::update_run(database_, run_));
    if (request_.on_attempt_failed) request_.on_attempt_failed(words);
  }

  bool is_paused() const {
    const auto node = store::read_node(database_);
    return node && *node && store::paused(**node, seams_.clock.now());
  }

  // What may have come meanwhile: a run that waits holds no promotion up.
  std::optional<Error> refusal_by_now() const {
    const auto node = store::read_or_start_node(database_, settings_.node.role, seams_.clock.now());
    if (!node) return node.error();
    const auto unfinished = store::unfinished_failover(database_);
    if (!unfinished) return unfinished.error();
    auto refusal = refuse_node(*node, *unfinished, settings_.node.name);
    if (refusal) refusal = with_context(std::move(*refusal), "there is no other attempt");
    return refusal;
  }

  // What came may spare the next run the way, but for what fills the disk, or is not all on it.
  Result<void> leave(const Error& error, DiskWrites& writes) {
    Result<void> on_disk;
    if (!is_lack_of_room(error)) {
      if (std::error_code none; !std::filesystem::exists(store_.incoming(), none)) return {};
      on_disk = writes.finish([this] { carrier_.meter().tick(); });
      if (on_disk) return keep_what_came(store_);
    }
    for (const auto& left : {store_.incoming(), store_.interrupted()}) static_cast<void>(remove_tree(left));
    return on_disk;
  }

  static Came came_of(const Outcome& outcome) {
    return {std::string{store::sync_result_name(outcome.run.result)}, outcome.run.point.value_or(""),
            outcome.error ? describe(*outcome.error) : std::string{}};
  }

  // Known only when the run is recorded.
  Result<Outcome> with_complaints(Outcome outcome) {
    note_complaints();
    outcome.hooks = complaints_;
    if (outcome.run.note == run_.note) return outcome;
    outcome.run.note = run_.note;
    HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
    HASYNC_CHECK(store::update_run(database_, run_));
    HASYNC_CHECK(transaction.commit());
    return outcome;
  }

  void note_complaints() {
    for (auto& complaint : hooks_.take_complaints()) {
      run_.note += (run_.note.empty() ? "" : "; ") + complaint;
      complaints_.push_back(std::move(complaint));
    }
  }

  // A full disk says so with numbers, and what cannot be written although it is not full, why that may be.
  Error explained(Error error) {
    if (error.code == ExitCode::interrupted)
      error.message =
          tell_interrupted(carrier_.meter(), seams_.clock.now() - run_.started, store::current_point(store_));
    if (error.message.find("Read-only file system") != std::string::npos)
      error.message += fmt::format(
          "; a timer's sync may write only below the store that hasync apply saw: after sync.store is changed, or {} "
          "made "
          "anew: hasync apply",
          store_.path);
    const auto room = room_at(store_.path);
    if (room && is_lack_of_room(error)) error.message += fmt::format(" ({})", tell_room(*room));
    return error;
  }

  Result<Outcome> end(std::optional<Error> error) {
    run_.finished = seams_.clock.now();
    run_.changed = pulled_.counts.renewed();
    run_.deleted = pulled_.counts.deleted;
    run_.files = pulled_.counts.files;
    run_.bytes = pulled_.counts.bytes;
    run_.transferred = pulled_.counts.transferred;
    run_.note = carrier_.notes();
    if (error) {
      run_.result = error->code == ExitCode::busy          ? store::SyncResult::skipped
                    : error->code == ExitCode::interrupted ? store::SyncResult::interrupted
                                                           : store::SyncResult::failed;
      run_.note = describe(*error);
      run_.point.reset();
    } else {
      run_.result = pulled_.result;
      run_.point = pulled_.point;
    }
    note_complaints();
    HASYNC_CHECK(record());
    pulled_.role_lock.reset();
    if (run_.result == store::SyncResult::success || run_.result == store::SyncResult::unchanged)
      HASYNC_CHECK(make_room());
    if (run_.result == store::SyncResult::held) error = held(*run_.point, run_.note);
    return Outcome{run_, std::move(error)};
  }

  // What is no longer kept goes; the oldest that was published becomes the clone that the next run begins with.
  Result<void> make_room() {
    HASYNC_TRY(const auto gone, prune(store_, database_, settings_.sync.keep));
    // Without the clone the next run only takes longer, and the catalog is put in order by that, too.
    if (!gone.empty()) static_cast<void>(keep_clone(gone.front()));
    for (const auto& left : {store_.list(), store_.interrupted()}) static_cast<void>(remove_tree(left));
    return empty_trash(store_);
  }

  Result<void> keep_clone(const std::string& retired) {
    HASYNC_TRY(auto catalog, store::Catalog::open(store_));
    HASYNC_TRY(const auto newest, store::find_point(database_, *run_.point));
    if (newest) HASYNC_CHECK(keep_for_next_run(store_, catalog, retired, *newest, carrier_));
    return catalog.keep_only(store::point_ids(store_));
  }

  Result<void> record() {
    HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
    if (run_.id == 0) {
      HASYNC_TRY(run_.id, store::add_run(database_, run_));
    } else {
      HASYNC_CHECK(store::update_run(database_, run_));
    }
    const bool made_one_to_hold = run_.result == store::SyncResult::held && !pulled_.datasets.empty();
    if (run_.result == store::SyncResult::success || made_one_to_hold) HASYNC_CHECK(record_point());
    if (run_.result == store::SyncResult::unchanged)
      HASYNC_CHECK(store::set_point_time(database_, *run_.point, run_.started));
    HASYNC_CHECK(follow_peer());
    if (request_.on_recorded) HASYNC_CHECK(request_.on_recorded(run_));
    return transaction.commit();
  }

  Result<void> record_point() {
    const auto state = run_.result == store::SyncResult::held ? store::PointState::held : store::PointState::published;
    HASYNC_CHECK(store::add_point(database_, {*run_.point, run_.started, state, run_.files, run_.bytes, run_.id}));
    for (const auto& each : pulled_.datasets)
      HASYNC_CHECK(store::add_point_dataset(
          database_, {*run_.point, each.dataset, each.counts.files, each.counts.bytes, each.counts.created,
                      each.counts.changed, each.counts.attributes, each.counts.deleted, each.file_system}));
    return {};
  }

  // By pulling from it, a standby takes its primary's term for its own, so that the two agree after an exchange of
  // roles.
  Result<void> follow_peer() {
    const bool good = run_.result == store::SyncResult::success || run_.result == store::SyncResult::unchanged;
    if (!good || !pulled_.term) return {};
    HASYNC_TRY(const auto node, store::read_node(database_));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(database_));
    const bool still_standby = node && node->role == Role::secondary && !unfinished;
    return still_standby && node->term != *pulled_.term ? store::set_term(database_, *pulled_.term) : Result<void>{};
  }

  const config::Config& settings_;
  const store::StatePaths& state_;
  store::Database& database_;
  const Request& request_;
  Seams seams_;
  store::StoreFolder store_;
  Carrier carrier_;
  Hooks hooks_;
  std::vector<std::string> complaints_;
  Pulled pulled_;
  store::SyncRun run_;
};

}  // namespace

Result<Outcome> run_sync(const config::Config& settings, const store::StatePaths& state, store::Database& database,
                         const Request& request, Seams seams) {
  return Run{settings, state, database, request, seams}.carry_out();
}

Result<Plan> plan_sync(const config::Config& settings, store::Database& database,
                       const std::vector<std::string>& forced, Seams seams) {
  HASYNC_TRY(const auto node, store::read_or_start_node(database, settings.node.role, seams.clock.now()));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(database));
  if (auto refusal = refuse_node(node, unfinished, settings.node.name)) return fail(std::move(*refusal));
  Carrier carrier{settings, seams};
  HASYNC_TRY(const auto peer, ask_peer(database, node, forced, carrier));
  const store::StoreFolder store{settings.sync.store};
  PlanOrder order{store, database, peer.file_systems, forced, Dumps::foreseen};
  if (const auto newest = store::current_point(store))
    order.links = [&store, newest = *newest](const std::string& dataset,
                                             const std::string& folder) -> Result<store::LinkedNames> {
      HASYNC_TRY(auto catalog, store::Catalog::open(store));
      return links_in(folder, catalog, newest, dataset);
    };
  HASYNC_TRY(auto plan, make_plan(order, carrier));
  plan.before = settings.sync.before;
  plan.after = settings.sync.after;
  return plan;
}

}  // namespace hasync::sync
