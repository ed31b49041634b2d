#include "sync/points.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "os/atomic_file.hpp"
#include "os/tree.hpp"
#include "sync/resume.hpp"

namespace hasync::sync {
namespace {

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(os_error(fmt::format("cannot make the folder {}", path), errno));
}

Result<void> move_to_trash(const store::StoreFolder& store, const std::string& id) {
  HASYNC_CHECK(make_folder(store.trash()));
  return move_durably(store.point(id), store.trash() + "/" + id);
}

// A run that was still going when its process ended: published it was, or it was not.
Result<void> end_run(const store::StoreFolder& store, store::Database& database, store::SyncRun run, Instant now) {
  run.finished = now;
  const bool published = run.point && store::current_point(store) == run.point;
  // First the half point, then the record: so that no crash leaves one that looks whole.
  if (!published && run.point && std::filesystem::exists(store.point(*run.point)))
    HASYNC_CHECK(move_to_trash(store, *run.point));
  HASYNC_TRY(auto transaction, store::Transaction::begin(database));
  if (published) {
    run.result = store::SyncResult::success;
    run.note = "ended before it could record its success";
    HASYNC_TRY(const auto known, store::find_point(database, *run.point));
    if (!known)
      HASYNC_CHECK(store::add_point(
          database, {*run.point, run.started, store::PointState::published, run.files, run.bytes, run.id}));
  } else {
    run.result = store::SyncResult::interrupted;
    run.note = "its process was killed, or the machine went down; nothing was published";
  }
  HASYNC_CHECK(store::update_run(database, run));
  return transaction.commit();
}

// One that is newer than what `current` names was never published.
bool is_newer(const std::string& id, const std::optional<std::string>& current) {
  const auto one = parse_rfc3339(id);
  const auto other = parse_rfc3339(current.value_or(""));
  return one && other && *one > *other;
}

}  // namespace

Result<void> prepare_store(const store::StoreFolder& store) {
  const auto parent = std::filesystem::path{store.path}.parent_path().string();
  if (std::error_code none; !std::filesystem::is_directory(parent, none))
    return fail(ExitCode::failed,
                fmt::format("there is no folder {} for the store; make it, or set sync.store", parent));
  if (std::error_code none;
      std::filesystem::exists(store.path, none) && !std::filesystem::is_directory(store.path, none))
    return fail(ExitCode::failed, fmt::format("the store {} is a file, not a folder; set sync.store", store.path));
  HASYNC_CHECK(make_folder(store.path));
  return make_folder(store.points());
}

Result<std::string> point_id(const store::StoreFolder& store, store::Database& database, Instant start) {
  const auto id = format_rfc3339(std::chrono::floor<std::chrono::seconds>(start));
  HASYNC_TRY(const auto recorded, store::find_point(database, id));
  std::error_code none;
  const bool taken = recorded || std::filesystem::exists(store.point(id), none);
  return taken ? format_rfc3339(start) : id;
}

Result<void> place(const store::StoreFolder& store, const std::string& id) {
  return move_durably(store.incoming(), store.point(id));
}

Result<void> publish(const store::StoreFolder& store, const std::string& id) {
  return replace_symlink(store.current(), "points/" + id);
}

Result<void> put_in_order(const store::StoreFolder& store, store::Database& database, const Clock& clock) {
  HASYNC_TRY(const auto unfinished, store::unfinished_runs(database));
  for (const auto& run : unfinished) HASYNC_CHECK(end_run(store, database, run, clock.now()));
  HASYNC_CHECK(keep_what_was_left(store));
  HASYNC_CHECK(remove_tree(store.list()));
  HASYNC_CHECK(remove_tree(store.dumps()));
  HASYNC_CHECK(empty_trash(store));

  const auto folders = store::point_ids(store);
  const auto current = store::current_point(store);
  HASYNC_TRY(const auto recorded, store::list_points(database));
  for (const auto& id : folders) {
    const bool known =
        std::any_of(recorded.begin(), recorded.end(), [&](const store::Point& point) { return point.id == id; });
    HASYNC_TRY(const auto past, store::find_point(database, id));
    if (known) continue;
    HASYNC_TRY(const auto at, parse_rfc3339(id));
    const auto state = is_newer(id, current) ? store::PointState::held : store::PointState::published;
    HASYNC_CHECK(past ? store::set_point_state(database, id, state)
                      : store::add_point(database, {id, at, state, 0, 0, {}}));
  }
  for (const auto& point : recorded) {
    const bool there = std::find(folders.begin(), folders.end(), point.id) != folders.end();
    if (!there) HASYNC_CHECK(store::set_point_state(database, point.id, store::PointState::pruned));
    // Published by an operator, and not recorded any more.
    if (there && point.id == current && point.state == store::PointState::held)
      HASYNC_CHECK(store::set_point_state(database, point.id, store::PointState::published));
  }
  return {};
}

Result<FileLock> use_point(const store::StoreFolder& store, const std::string& id) {
  auto used = FileLock::share_folder(store.point(id));
  if (used) return used;
  const bool gone = !std::filesystem::exists(store.point(id)) || used.error().code == ExitCode::busy;
  return gone
             ? fail(ExitCode::usage, fmt::format("point {} is gone: it is no longer kept; see: hasync points list", id))
             : fail(used.error());
}

Result<void> throw_away(const store::StoreFolder& store, store::Database& database, const std::string& id) {
  const auto alone = FileLock::take_folder(store.point(id));
  if (!alone && alone.error().code == ExitCode::busy)
    return fail(ExitCode::busy, fmt::format("point {} is in use: it is being restored, compared or verified; try again "
                                            "when that is over",
                                            id));
  HASYNC_CHECK(move_to_trash(store, id));
  return store::set_point_state(database, id, store::PointState::pruned);
}

Result<std::vector<std::string>> prune(const store::StoreFolder& store, store::Database& database, int keep) {
  const auto current = store::current_point(store);
  HASYNC_TRY(const auto points, store::list_points(database));
  std::vector<std::string> gone;
  int kept = 0;
  for (const auto& point : points) {
    if (point.id == current) {
      ++kept;
      continue;
    }
    const bool published = point.state == store::PointState::published;
    if (published && ++kept <= keep) continue;
    const auto thrown = throw_away(store, database, point.id);
    if (!thrown && thrown.error().code == ExitCode::busy) continue;
    HASYNC_CHECK(thrown);
    if (published) gone.push_back(point.id);
  }
  std::reverse(gone.begin(), gone.end());
  return gone;
}

Result<void> empty_trash(const store::StoreFolder& store) {
  std::error_code error;  // one by one: subvolumes go at once
  for (std::filesystem::directory_iterator entry{store.trash(), error}, end; !error && entry != end;
       entry.increment(error))
    HASYNC_CHECK(remove_tree(entry->path().string()));
  return remove_tree(store.trash());
}

}  // namespace hasync::sync
