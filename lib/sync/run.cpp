#include "sync/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "os/file_lock.hpp"
#include "os/processor.hpp"
#include "os/tree.hpp"
#include "peer/allowed.hpp"
#include "peer/connection.hpp"
#include "peer/describe.hpp"
#include "store/node_state.hpp"
#include "store/point_datasets.hpp"
#include "sync/build.hpp"
#include "sync/fetch.hpp"
#include "sync/guards.hpp"
#include "sync/points.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};
// A promotion or demotion that is about to begin holds the role lock for a moment; one that has begun, to its end.
constexpr auto role_lock_patience = std::chrono::seconds{10};

struct Answer {
  std::optional<std::int64_t> term{};
  FileSystems file_systems{};
};

Answer answer_of(const std::vector<peer::Source>& sources, std::optional<std::int64_t> term) {
  Answer answer{.term = term};
  for (const auto& source : sources) answer.file_systems[source.path] = source.file_system;
  return answer;
}

// Whether the peer is one to pull from. One that never told a term, having no hasync, can still be pulled from, which
// is noted; one that cannot be reached is told now.
Result<Answer> ask_peer(const config::Config& settings, store::Database& database, const store::NodeState& node,
                        const std::vector<std::string>& forced, Carrier& carrier, Seams seams) {
  const auto folders = peer::folders_of(settings);
  if (settings.peer.transport == config::Transport::local) {
    std::vector<peer::Source> sources;
    for (const auto& folder : folders) sources.push_back(peer::look_at_source(folder));
    return answer_of(sources, std::nullopt);
  }
  const auto told = peer::ask_peer(settings.peer, seams.runner, ask_timeout, folders);
  if (!told && told.error().code == ExitCode::failed && !node.peer) {
    carrier.note(told.error().message);
    return Answer{};
  }
  if (!told) return fail(told.error());
  HASYNC_CHECK(peer::record_told(database, *told, seams.clock.now()));
  if (auto refusal = refuse_peer(*told, node, forced)) return fail(std::move(*refusal));
  if (auto refusal = refuse_version(*told, HASYNC_VERSION)) return fail(std::move(*refusal));
  return answer_of(told->sources, told->term);
}

Error held(const std::string& point, const std::string& why) {
  return {ExitCode::unsafe, fmt::format("point {0} is held: {1}; to publish it all the same: hasync points publish "
                                        "{0}, to be rid of it: hasync points discard {0}",
                                        point, why)};
}

// What would go, as far as there is room to say it.
std::string tell_going(const std::vector<std::string>& going) {
  constexpr std::size_t examples = 5;
  std::vector<std::string> told;
  for (const auto& path : going) told.push_back(printable(path));
  return going.empty() ? "" : fmt::format(" (going: {}{})", join(told, ", "), going.size() < examples ? "" : " …");
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
        carrier_(settings_, seams) {}

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
    if (const auto tidied = put_in_order(store_, database_, now); !tidied) return end(explained(tidied.error()));

    HASYNC_TRY(run_.point, point_id(store_, database_, now));
    HASYNC_TRY(run_.id, store::add_run(database_, run_));
    const auto pulled = pull(node);
    for (const auto& left : {store_.dumps(), store_.list()}) static_cast<void>(remove_tree(left));
    if (!pulled) {
      auto told = explained(pulled.error());  // before room is made again
      static_cast<void>(remove_tree(store_.incoming()));
      return end(std::move(told));
    }
    return end(std::nullopt);
  }

 private:
  Result<void> pull(const store::NodeState& node) {
    HASYNC_TRY(const auto connection, connect(node));
    HASYNC_TRY(peer_, ask_peer(settings_, database_, node, request_.forced, carrier_, seams_));
    HASYNC_TRY(auto catalog, store::Catalog::open(store_));
    HASYNC_CHECK(catalog.keep_only(store::point_ids(store_)));
    HASYNC_CHECK(catalog.begin(*run_.point, store::current_point(store_)));
    const auto on_planned = [&](const std::string& dataset, const Change& change) {
      return catalog.add(dataset, change);
    };
    HASYNC_TRY(const auto plan,
               make_plan({store_, database_, peer_.file_systems, request_.forced, Dumps::made, on_planned}, carrier_));
    for (const auto& planned : plan.datasets) counts_ += planned.counts;
    note_holds(plan);
    if (plan.newest && !plan.changes_anything) {
      run_.result = store::SyncResult::unchanged;
      run_.point = plan.newest;
      return {};
    }
    HASYNC_TRY(const auto held, store::held_point(database_));
    if (!plan.holds.empty() && held) {
      run_.result = store::SyncResult::held;
      run_.point = held->id;
      return {};
    }
    HASYNC_CHECK(check_room(plan));
    HASYNC_TRY(const auto fetched, fetch({store_, plan, *run_.point, request_.on_progress}, catalog, carrier_));
    if (fetched == Fetched::with_gaps) HASYNC_CHECK(look_again(plan));
    HASYNC_CHECK(catalog.commit());
    datasets_ = plan.datasets;
    return plan.holds.empty() ? publish_point() : hold_point();
  }

  // Nothing where there is none to be had: then each program makes its own.
  Result<std::optional<peer::Connection>> connect(const store::NodeState& node) {
    settings_.peer.open_connection.clear();
    const auto socket = state_.peer_connection();
    if (settings_.peer.transport == config::Transport::local || !peer::can_hold_socket(socket)) return std::nullopt;
    const bool fast_aes = node.peer && node.peer->has_aes && has_aes();
    HASYNC_TRY(auto connection, peer::Connection::open(settings_.peer, socket,
                                                       fast_aes ? peer::Ciphers::hardware : peer::Ciphers::by_default,
                                                       ask_timeout, seams_.runner));
    settings_.peer.open_connection = socket;
    return std::optional{std::move(connection)};
  }

  void note_holds(const Plan& plan) {
    for (const auto& hold : plan.holds) carrier_.note(hold.why);
    for (const auto& planned : plan.datasets)
      if (!plan.holds.empty() && !planned.going.empty()) carrier_.note(planned.dataset + tell_going(planned.going));
  }

  // Holes in files are told as if they were written; how much is on disk is looked up only where it matters.
  Result<void> check_room(const Plan& plan) const {
    HASYNC_TRY(const auto room, room_at(store_.path));
    std::int64_t to_send = 0;
    for (std::size_t at = 0; at < plan.datasets.size(); ++at)  // a dump is there already
      if (settings_.sync.datasets[at].type == config::DatasetType::files)
        to_send += plan.datasets[at].counts.transferred;
    if (to_send <= room.free_bytes) return {};
    HASYNC_TRY(const auto newest, plan.newest ? store::find_point(database_, *plan.newest)
                                              : Result<std::optional<store::Point>>{std::nullopt});
    if (newest && newest->bytes > 0) {
      const auto on_disk = static_cast<double>(allocated_bytes(store_.point(newest->id)));
      const auto part = std::min(1.0, on_disk / static_cast<double>(newest->bytes));
      to_send = static_cast<std::int64_t>(static_cast<double>(to_send) * part);
    }
    auto refusal = refuse_room(to_send, room.free_bytes, store_.path, request_.forced);
    return refusal ? Result<void>{fail(std::move(*refusal))} : Result<void>{};
  }

  // Some of what was planned was gone when it was to be fetched: files that were short-lived, or the whole disk.
  Result<void> look_again(const Plan& plan) {
    carrier_.note("some files vanished while they were read");
    if (!plan.holds.empty()) return {};
    HASYNC_TRY(const auto now,
               make_plan({store_, database_, peer_.file_systems, request_.forced, Dumps::foreseen}, carrier_));
    if (now.holds.empty()) return {};
    return fail(ExitCode::unsafe, "the source changed while it was read: " + now.holds.front().why);
  }

  Result<void> hold_point() {
    HASYNC_CHECK(sync_filesystem(store_.incoming()));
    HASYNC_CHECK(place(store_, *run_.point));
    run_.result = store::SyncResult::held;
    return {};
  }

  // A promotion holds the role lock from its first step to its last: then it is too late to publish.
  Result<void> publish_point() {
    HASYNC_CHECK(sync_filesystem(store_.incoming()));  // before the lock: a promotion must not wait for a slow disk
    auto role = FileLock::take_within(state_.role_lock(), fmt::format("the publishing of {}", *run_.point),
                                      seams_.clock, role_lock_patience);
    if (!role && role.error().code != ExitCode::busy) return fail(role.error());
    if (!role && seams_.clock.interrupted()) return fail(ExitCode::interrupted, "interrupted");
    if (!role)
      return fail(ExitCode::unsafe,
                  fmt::format("a promotion or demotion began during the run, so nothing is published ({})",
                              role.error().message));
    HASYNC_TRY(const auto node, store::read_or_start_node(database_, settings_.node.role, seams_.clock.now()));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(database_));
    if (auto refusal = refuse_node(node, unfinished, settings_.node.name))
      return fail(with_context(std::move(*refusal), "nothing is published"));
    HASYNC_CHECK(place(store_, *run_.point));
    HASYNC_CHECK(publish(store_, *run_.point));
    role_lock_.emplace(std::move(*role));  // until the point is recorded, too
    run_.result = store::SyncResult::success;
    return {};
  }

  // A full disk says so with numbers, and what cannot be written although it is not full, why that may be.
  Error explained(Error error) const {
    if (error.message.find("Read-only file system") != std::string::npos)
      error.message += fmt::format(
          "; a timer's sync may write only below the store that hasync apply saw: after sync.store is changed, or {} "
          "made "
          "anew: hasync apply",
          store_.path);
    const auto room = room_at(store_.path);
    if (room && (error.message.find("no room left") != std::string::npos ||
                 error.message.find("No space left") != std::string::npos))
      error.message +=
          fmt::format(" ({} and {} free)", tell_size(room->free_bytes), counted(room->free_inodes, "inode"));
    return error;
  }

  Result<Outcome> end(std::optional<Error> error) {
    run_.finished = seams_.clock.now();
    run_.changed = counts_.renewed();
    run_.deleted = counts_.deleted;
    run_.files = counts_.files;
    run_.bytes = counts_.bytes;
    run_.transferred = counts_.transferred;
    run_.note = carrier_.notes();
    if (error) {
      run_.result = error->code == ExitCode::busy          ? store::SyncResult::skipped
                    : error->code == ExitCode::interrupted ? store::SyncResult::interrupted
                                                           : store::SyncResult::failed;
      run_.note = describe(*error);
      run_.point.reset();
    }
    HASYNC_CHECK(record());
    role_lock_.reset();
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
    static_cast<void>(remove_tree(store_.list()));
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
    const bool made_one_to_hold = run_.result == store::SyncResult::held && !datasets_.empty();
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
    for (const auto& each : datasets_)
      HASYNC_CHECK(store::add_point_dataset(
          database_, {*run_.point, each.dataset, each.counts.files, each.counts.bytes, each.counts.created,
                      each.counts.changed, each.counts.attributes, each.counts.deleted, each.file_system}));
    return {};
  }

  // By pulling from it, a standby takes its primary's term for its own, so that the two agree after an exchange of
  // roles.
  Result<void> follow_peer() {
    const bool good = run_.result == store::SyncResult::success || run_.result == store::SyncResult::unchanged;
    if (!good || !peer_.term) return {};
    HASYNC_TRY(const auto node, store::read_node(database_));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(database_));
    const bool still_standby = node && node->role == Role::secondary && !unfinished;
    return still_standby && node->term != *peer_.term ? store::set_term(database_, *peer_.term) : Result<void>{};
  }

  config::Config settings_;  // the peer in it is reached by the connection of the run
  const store::StatePaths& state_;
  store::Database& database_;
  const Request& request_;
  Seams seams_;
  store::StoreFolder store_;
  Carrier carrier_;
  std::optional<FileLock> role_lock_;
  Answer peer_;
  store::SyncRun run_;
  Counts counts_;
  std::vector<DatasetPlan> datasets_;  // of the point that was made
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
  HASYNC_TRY(const auto peer, ask_peer(settings, database, node, forced, carrier, seams));
  const store::StoreFolder store{settings.sync.store};
  return make_plan({store, database, peer.file_systems, forced, Dumps::foreseen}, carrier);
}

}  // namespace hasync::sync
