#include "sync/restore.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "os/beneath.hpp"
#include "os/disk_writes.hpp"
#include "os/file_lock.hpp"
#include "os/private_copy.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;

// Who started it is there to end it, with Ctrl-C.
constexpr auto no_limit = std::chrono::days{365};

bool holds(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

// Where `to` really is. Its own folder must be there: a new one is more often a slip than a wish.
Result<std::string> place_for(const store::StoreFolder& store, const std::string& to) {
  if (config::is_database_uri(to))
    return fail(
        ExitCode::usage,
        fmt::format("{} is a database, but a point is restored to a path; name one, and give the dump that is there "
                    "then to the database's own program (hasync(1), Datasets)",
                    printable(to)));
  std::error_code error;
  auto named = fs::absolute(to, error);
  if (named.filename() == "..") named = fs::weakly_canonical(named, error);
  while (named.has_relative_path() && (!named.has_filename() || named.filename() == ".")) named = named.parent_path();
  const auto folder = fs::canonical(named.parent_path(), error);
  if (error || !fs::is_directory(folder, error))
    return fail(ExitCode::failed, fmt::format("there is no folder {} to restore into; make it, or name another place",
                                              named.parent_path().string()));
  const auto place = folder / named.filename();
  const auto there = fs::symlink_status(place, error);
  const bool is_folder = there.type() == fs::file_type::directory;
  if (fs::exists(there) && !(is_folder && fs::is_empty(place, error)))
    return fail(ExitCode::unsafe,
                fmt::format("{} is there already, and nothing is ever merged or overwritten; name a path where nothing "
                            "is, or an empty folder",
                            place.string()));
  if (is_mount_point(place.string()) || fs::equivalent(place, fs::current_path(error), error))
    return fail(
        ExitCode::unsafe,
        fmt::format("{} cannot be exchanged for what is restored, as it is {}; name a folder in it that is not "
                    "there yet",
                    place.string(), is_mount_point(place.string()) ? "a mount point" : "the folder that you are in"));
  if (holds(fs::weakly_canonical(store.path, error), place))
    return fail(ExitCode::unsafe,
                fmt::format("{} is within the store {}, which is hasync's own; name a place elsewhere", place.string(),
                            store.path));
  return place.string();
}

Result<std::vector<std::string>> datasets_in(const std::string& point) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry{point, error}, end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) return fail(os_error("cannot read " + point, error.value()));
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> names_of(const RestoreOrder& order, const std::string& point) {
  HASYNC_TRY(const auto datasets, datasets_in(point));
  const bool known = std::find(datasets.begin(), datasets.end(), order.dataset) != datasets.end();
  if (!order.dataset.empty() && !known)
    return fail(ExitCode::usage, fmt::format("point {} has no dataset \"{}\"; it has: {}", order.point,
                                             printable(order.dataset), join(datasets, ", ")));
  if (order.paths.empty()) return order.dataset.empty() ? datasets : std::vector{order.dataset};
  std::vector<std::string> names;
  HASYNC_TRY(auto beneath, Beneath::open(point));
  for (const auto& path : order.paths) {
    HASYNC_TRY(auto name, path_in_point(order.dataset.empty() ? path : order.dataset + "/" + path));
    if (name.empty()) return datasets;
    if (!beneath.look_at(name))
      return fail(ExitCode::usage,
                  fmt::format("point {} holds no {}; a path is named as points diff does, {}, and no symlink on the "
                              "way is followed",
                              order.point, printable(name),
                              order.dataset.empty() ? "DATASET/PATH" : "or with --dataset what is in that"));
    names.push_back(std::move(name));
  }
  return without_nested(std::move(names));
}

std::optional<Error> refuse_room(const Restoring& restoring) {
  if (restoring.needed <= restoring.free) return std::nullopt;
  return Error{ExitCode::failed, fmt::format("no room at {}: {} needed, {} free; make room there, restore to another "
                                             "file system, or only some of it",
                                             restoring.to, tell_size(restoring.needed), tell_size(restoring.free))};
}

// What a restore makes holds nothing but this, so that what somebody else has there is not taken for it.
constexpr std::string_view staging_name = "restored";

std::string folder_around(const std::string& staging) { return fs::path{staging}.parent_path().string(); }

std::optional<Error> refuse_what_no_restore_left(const std::string& around) {
  std::error_code error;
  const auto there = fs::symlink_status(around, error);
  bool is_left = there.type() == fs::file_type::directory;
  for (fs::directory_iterator entry{around, error}, end; is_left && !error && entry != end; entry.increment(error))
    is_left = entry->path().filename() == staging_name;
  if (!fs::exists(there) || (is_left && !error)) return std::nullopt;
  return Error{
      ExitCode::unsafe,
      fmt::format("{} is in the way, and is not what a restore left there; move it, or restore to another path",
                  around)};
}

// An empty folder that is ours alone, as long as we live or a program that we started.
Result<FileLock> begin_staging(const std::string& staging) {
  const auto around = folder_around(staging);
  for (const bool again : {true, false}) {
    if (::mkdir(around.c_str(), S_IRWXU) == 0) break;
    if (errno != EEXIST || !again) return fail(os_error(fmt::format("cannot make the folder {}", around), errno));
    if (auto refusal = refuse_what_no_restore_left(around)) return fail(std::move(*refusal));
    const auto left = FileLock::take_folder(around);
    if (!left && left.error().code == ExitCode::busy)
      return fail(ExitCode::busy, fmt::format("{} is still being copied into by another restore, or what one that was "
                                              "killed left behind; try again when that is over",
                                              around));
    HASYNC_CHECK(remove_tree(around));
  }
  HASYNC_TRY(auto lock, FileLock::take_folder(around));
  if (::mkdir(staging.c_str(), S_IRWXU) == 0) return lock;
  return fail(os_error(fmt::format("cannot make the folder {}", staging), errno));
}

Result<void> fill_staging(const Restoring& restoring, const CopyBounds& bounds, ProcessRunner& runner) {
  HASYNC_TRY(auto writes, DiskWrites::begin(restoring.staging));
  for (const auto& argv : commands_of(restoring))
    HASYNC_CHECK(run_copy(argv, fmt::format("{} to {}", restoring.from, restoring.staging), bounds, runner));
  return writes.finish();
}

Result<void> put_in_place(const Restoring& restoring) {
  const auto made = restoring.dataset.empty() ? restoring.staging : restoring.staging + "/" + restoring.dataset;
  HASYNC_CHECK(move_durably(made, restoring.to));
  return remove_tree(folder_around(restoring.staging));
}

Error explained(Error error, const Restoring& restoring) {
  if (error.code == ExitCode::interrupted)
    return {ExitCode::interrupted, fmt::format("interrupted: nothing is left at {}", restoring.to)};
  const auto room = room_at(fs::path{restoring.to}.parent_path().string());
  if (room && error.message.find("No space left") != std::string::npos)
    error.message +=
        fmt::format(" ({} before what was copied was removed; nothing is left at {})", tell_room(*room), restoring.to);
  return error;
}

}  // namespace

Result<std::string> path_in_point(const std::string& path) {
  std::vector<std::string> steps;
  for (auto& step : split(path, '/')) {
    if (step == "..")
      return fail(ExitCode::usage, fmt::format("\"{}\" leads upwards; name what is in the point", printable(path)));
    if (!step.empty() && step != ".") steps.push_back(std::move(step));
  }
  if (path.starts_with('/'))
    return fail(ExitCode::usage, fmt::format("\"{}\" is absolute; name what is in the point, as points diff does: "
                                             "DATASET/PATH",
                                             printable(path)));
  return join(steps, "/");
}

std::vector<std::string> folders_above(const std::vector<std::string>& names) {
  std::set<std::string> folders;
  for (const auto& name : names)
    for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
      folders.insert(name.substr(0, slash));
  return {folders.begin(), folders.end()};
}

std::vector<std::string> without_nested(std::vector<std::string> names) {
  const std::set<std::string> all{names.begin(), names.end()};
  std::vector<std::string> kept;
  for (const auto& name : all) {
    const auto above = folders_above({name});
    if (std::none_of(above.begin(), above.end(), [&](const auto& folder) { return all.contains(folder); }))
      kept.push_back(name);
  }
  return kept;
}

Result<Restoring> plan_restore(const store::StoreFolder& store, const RestoreOrder& order) {
  Restoring restoring{.point = order.point, .from = store.point(order.point), .dataset = order.dataset};
  HASYNC_TRY(restoring.names, names_of(order, restoring.from));
  HASYNC_TRY(restoring.to, place_for(store, order.to));
  const auto around = restoring.to + ".hasync-restoring";
  if (auto refusal = refuse_what_no_restore_left(around)) return fail(std::move(*refusal));
  restoring.staging = fmt::format("{}/{}", around, staging_name);
  for (const auto& name : restoring.names) {
    const auto amount = amount_at(restoring.from + "/" + name);
    restoring.amount.files += amount.files;
    restoring.amount.bytes += amount.bytes;
    restoring.amount.on_disk += amount.on_disk;
  }
  const auto folder = fs::path{restoring.to}.parent_path().string();
  HASYNC_TRY(const auto room, room_at(folder));
  restoring.free = room.free_bytes + allocated_bytes(around);  // what is left there goes first
  restoring.needed = can_share_blocks(restoring.from, folder) ? 0 : restoring.amount.on_disk;
  if (auto refusal = refuse_room(restoring)) return fail(std::move(*refusal));
  return restoring;
}

std::vector<std::vector<std::string>> commands_of(const Restoring& restoring) {
  std::vector<std::vector<std::string>> commands{copy_some_argv(restoring.from, restoring.names, restoring.staging)};
  const auto folders = folders_above(restoring.names);
  if (!folders.empty()) commands.push_back(folders_argv(restoring.from, folders, restoring.staging));
  return commands;
}

Result<void> restore(const Restoring& restoring, std::vector<int> inherit, ProcessRunner& runner) {
  HASYNC_TRY(const auto staging, begin_staging(restoring.staging));
  inherit.push_back(staging.fd());
  auto done = fill_staging(restoring, {no_limit, std::move(inherit)}, runner);
  if (done) done = put_in_place(restoring);
  if (done) return {};
  auto told = explained(std::move(done.error()), restoring);
  static_cast<void>(remove_tree(folder_around(restoring.staging)));  // at once: it may be what fills the disk
  return fail(std::move(told));
}

}  // namespace hasync::sync
