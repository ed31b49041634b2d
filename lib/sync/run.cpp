#include "sync/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "os/file_lock.hpp"
#include "os/tree.hpp"
#include "peer/describe.hpp"
#include "store/node_state.hpp"
#include "sync/guards.hpp"
#include "sync/points.hpp"

namespace hasync::sync {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};
// A promotion or demotion that is about to begin holds the role lock for a moment; one that has begun, to its end.
constexpr auto role_lock_patience = std::chrono::seconds{10};

bool is_folder(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_directory(path, none);
}

// One pass of rsync over one dataset, within what is left of the run's time.
class Carrier {
 public:
  Carrier(const config::Config& settings, Seams seams)
      : settings_(settings), seams_(seams), deadline_(seams.clock.uptime() + settings.sync.timeout) {}

  void inherit(int lock) { inherit_ = {lock}; }

  Result<Counts> run(const config::Dataset& dataset, std::vector<std::string> argv,
                     std::function<void(std::string_view)> on_output) {
    std::string output;
    ProcessSpec spec{.argv = std::move(argv),
                     .environment = {"LC_ALL=C"},
                     .timeout = std::max(Duration{1}, deadline_ - seams_.clock.uptime())};
    spec.inherit = inherit_;
    spec.on_output = [&](std::string_view chunk) {
      if (on_output) on_output(chunk);
      output += chunk;
    };
    auto ended = seams_.runner.run(spec);
    if (!ended) return fail(with_context(std::move(ended.error()), "dataset " + dataset.name));
    auto judged = judge(settings_, dataset, *ended);
    if (judged.error) return fail(std::move(*judged.error));
    if (!judged.note.empty()) note(std::move(judged.note));
    return read_counts(output);
  }

  void note(std::string words) {
    if (std::find(notes_.begin(), notes_.end(), words) == notes_.end()) notes_.push_back(std::move(words));
  }
  std::string notes() const { return join(notes_, "; "); }

 private:
  const config::Config& settings_;
  Seams seams_;
  BootTime deadline_;
  std::vector<int> inherit_;
  std::vector<std::string> notes_;
};

std::string newest_folder(const store::StoreFolder& store, const std::optional<std::string>& newest,
                          const config::Dataset& dataset) {
  const auto folder = newest ? store.point(*newest) + "/" + dataset.name : std::string{};
  return is_folder(folder) ? folder : std::string{};
}

// Whether the newest point holds just the datasets of the settings.
bool same_datasets(const store::StoreFolder& store, const std::string& newest,
                   const std::vector<config::Dataset>& datasets) {
  std::error_code error;
  std::size_t there = 0;
  for (std::filesystem::directory_iterator entry{store.point(newest), error}, end; !error && entry != end;
       entry.increment(error))
    ++there;
  return there == datasets.size();
}

// Whether anything but folders is below; none when there is no such folder.
std::optional<bool> has_files(const std::string& folder) {
  if (folder.empty()) return std::nullopt;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry{folder, error}, end; !error && entry != end;
       entry.increment(error))
    if (entry->symlink_status().type() != std::filesystem::file_type::directory) return true;
  return false;
}

Result<Plan> make_plan(const config::Config& settings, const store::StoreFolder& store, Carrier& carrier,
                       const std::vector<std::string>& forced) {
  Plan plan{.newest = store::current_point(store)};
  for (const auto& dataset : settings.sync.datasets) {
    const auto newest = newest_folder(store, plan.newest, dataset);
    const auto transfer =
        transfer_argv(settings, dataset, newest, store.incoming() + "/" + dataset.name, Progress::silent);
    DatasetPlan planned{dataset.name, {}, {}};
    const auto compared_with = newest.empty() ? store.incoming() + "/" + dataset.name : newest;
    HASYNC_TRY(planned.counts, carrier.run(dataset, plan_argv(settings, dataset, compared_with), {}));
    if (!plan.refusal)
      plan.refusal = refuse_empty(dataset, planned.counts.files, has_files(newest), settings.peer.name, forced);
    const bool changes = newest.empty() || planned.counts.any_change();
    if (changes) planned.argv = transfer;
    plan.changes_anything = plan.changes_anything || changes;
    plan.datasets.push_back(std::move(planned));
  }
  if (plan.newest && !same_datasets(store, *plan.newest, settings.sync.datasets)) plan.changes_anything = true;
  return plan;
}

// Whether the peer is one to pull from; gives its term. A peer that never told one, having no hasync, can still be
// pulled from, which is noted; one that cannot be reached is told now.
Result<std::optional<std::int64_t>> ask_peer(const config::Config& settings, store::Database& database,
                                             const store::NodeState& node, const std::vector<std::string>& forced,
                                             Carrier& carrier, Seams seams) {
  if (settings.peer.transport == config::Transport::local) return std::nullopt;
  const auto told = peer::ask_peer(settings.peer, seams.runner, ask_timeout);
  if (!told && told.error().code == ExitCode::failed && !node.peer) {
    carrier.note(told.error().message);
    return std::nullopt;
  }
  if (!told) return fail(told.error());
  HASYNC_CHECK(peer::record_told(database, *told, seams.clock.now()));
  if (auto refusal = refuse_peer(*told, node, forced)) return fail(std::move(*refusal));
  return std::optional{told->term};
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
        carrier_(settings, seams) {}

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
    if (const auto pulled = pull(node); !pulled) {
      auto told = explained(pulled.error());  // before room is made again
      static_cast<void>(remove_tree(store_.incoming()));
      return end(std::move(told));
    }
    return end(std::nullopt);
  }

 private:
  Result<void> pull(const store::NodeState& node) {
    HASYNC_TRY(peer_term_, ask_peer(settings_, database_, node, request_.forced, carrier_, seams_));
    HASYNC_TRY(const auto plan, make_plan(settings_, store_, carrier_, request_.forced));
    if (plan.refusal) return fail(*plan.refusal);
    for (const auto& planned : plan.datasets) counts_ += planned.counts;
    if (plan.newest && !plan.changes_anything) {
      run_.result = store::SyncResult::unchanged;
      run_.point = plan.newest;
      return {};
    }
    HASYNC_CHECK(transfer(plan));
    return publish_point();
  }

  Result<void> transfer(const Plan& plan) {
    counts_ = {.changed = counts_.changed, .deleted = counts_.deleted};
    HASYNC_CHECK(make_folders(store_.incoming()));
    for (const auto& dataset : settings_.sync.datasets) {
      const auto target = store_.incoming() + "/" + dataset.name;
      const auto newest = newest_folder(store_, plan.newest, dataset);
      HASYNC_CHECK(make_folders(target));
      const auto progress = request_.on_progress ? Progress::told : Progress::silent;
      const auto on_output = [&](std::string_view chunk) {
        if (const auto percent = read_percent(chunk); percent && request_.on_progress)
          request_.on_progress(dataset.name, *percent);
      };
      HASYNC_TRY(auto counts,
                 carrier_.run(dataset, transfer_argv(settings_, dataset, newest, target, progress), on_output));
      // Again: the source may have been unmounted since the plan was made.
      if (auto refusal = refuse_empty(dataset, counts.files, has_files(newest), settings_.peer.name, request_.forced))
        return fail(std::move(*refusal));
      counts.changed = counts.deleted = 0;  // the plan told them; what was linked is not listed here
      counts_ += counts;
    }
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
    run_.changed = counts_.changed;
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
    if (run_.result == store::SyncResult::success) {
      HASYNC_CHECK(prune(store_, database_, settings_.sync.keep));
      HASYNC_CHECK(empty_trash(store_));
    }
    return Outcome{run_, std::move(error)};
  }

  Result<void> record() {
    HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
    if (run_.id == 0) {
      HASYNC_TRY(run_.id, store::add_run(database_, run_));
    } else {
      HASYNC_CHECK(store::update_run(database_, run_));
    }
    if (run_.result == store::SyncResult::success)
      HASYNC_CHECK(store::add_point(
          database_, {*run_.point, run_.started, store::PointState::published, run_.files, run_.bytes, run_.id}));
    if (run_.result == store::SyncResult::unchanged)
      HASYNC_CHECK(store::set_point_time(database_, *run_.point, run_.started));
    HASYNC_CHECK(follow_peer());
    if (request_.on_recorded) HASYNC_CHECK(request_.on_recorded(run_));
    return transaction.commit();
  }

  // By pulling from it, a standby takes its primary's term for its own, so that the two agree after an exchange of
  // roles.
  Result<void> follow_peer() {
    const bool good = run_.result == store::SyncResult::success || run_.result == store::SyncResult::unchanged;
    if (!good || !peer_term_) return {};
    HASYNC_TRY(const auto node, store::read_node(database_));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(database_));
    const bool still_standby = node && node->role == Role::secondary && !unfinished;
    return still_standby && node->term != *peer_term_ ? store::set_term(database_, *peer_term_) : Result<void>{};
  }

  const config::Config& settings_;
  const store::StatePaths& state_;
  store::Database& database_;
  const Request& request_;
  Seams seams_;
  store::StoreFolder store_;
  Carrier carrier_;
  std::optional<FileLock> role_lock_;
  std::optional<std::int64_t> peer_term_;
  store::SyncRun run_;
  Counts counts_;
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
  HASYNC_CHECK(ask_peer(settings, database, node, forced, carrier, seams));
  return make_plan(settings, {settings.sync.store}, carrier, forced);
}

}  // namespace hasync::sync
