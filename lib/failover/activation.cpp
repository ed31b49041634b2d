#include "failover/activation.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.hpp"
#include "failover/databases.hpp"
#include "os/disk_writes.hpp"
#include "os/private_copy.hpp"
#include "os/tree.hpp"

namespace hasync::failover {
namespace {

namespace fs = std::filesystem;

// Where it really is; of the last component, a symlink stands for itself, as it does for rename(2).
fs::path place_of(const std::string& path) {
  std::error_code none;
  const fs::path named{path};
  return fs::weakly_canonical(named.parent_path(), none) / named.filename();
}

bool holds(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

std::string trouble_with_place(const std::string& live, const std::string& folder,
                               const std::vector<std::string>& kept) {
  for (const auto& each : kept) {
    std::error_code none;
    if (holds(place_of(live), place_of(each)) || holds(place_of(live), fs::weakly_canonical(each, none)))
      return fmt::format("{} holds {}, which must stay where it is; name the folder where the application looks", live,
                         each);
  }
  if (std::error_code none; !fs::is_directory(folder, none)) return fmt::format("{} is not a folder", folder);
  if (::access(folder.c_str(), W_OK) != 0)
    return fmt::format("{} cannot be written; hasync must be able to exchange {}", folder, live);
  if (is_mount_point(live))
    return fmt::format("{} is a mount point and cannot be exchanged; name a folder inside it as live", live);
  return {};
}

// What SQLite keeps beside a database belongs to that one alone: left behind, it would be played into the one that
// takes its place.
Result<void> move_what_stands_beside(const std::string& from, const std::string& to) {
  for (const auto* suffix : {"-wal", "-shm", "-journal"}) {
    const auto here = from + suffix, there = to + suffix;
    if (file_identity(here).empty()) continue;
    if (!file_identity(there).empty())
      return fail(ExitCode::failed, fmt::format("{} is there already; move it away, then: hasync promote", there));
    HASYNC_CHECK(move_durably(here, there));
  }
  return {};
}

bool is_file(const std::string& path) {
  std::error_code none;
  return fs::is_regular_file(fs::symlink_status(path, none));
}

}  // namespace

LivePaths look_at_live_paths(const std::vector<PlannedStep>& plan, std::int64_t bytes,
                             const std::vector<std::string>& kept) {
  std::map<std::uint64_t, std::int64_t> needed;  // by file system, counted only where the whole point does not fit
  std::vector<std::string> told;
  const auto tell = [&](std::string words) {
    if (std::find(told.begin(), told.end(), words) == told.end()) told.push_back(std::move(words));
  };
  bool all_share = true;
  for (const auto& step : plan) {
    if (step.kind != StepKind::copy) continue;
    const auto parent = fs::path{step.live}.parent_path().string();
    const auto folder = nearest_there(parent);
    if (auto trouble = trouble_with_place(step.live, folder, kept); !trouble.empty()) return {std::move(trouble), {}};
    const auto room = room_at(folder);
    if (!room) return {room.error().message, {}};
    tell(fmt::format("{} has {} free", folder, tell_size(room->free_bytes)));
    // What writes to a database beside its file writes to the folder, too.
    if (folder != parent && is_file(step.point))
      tell(
          fmt::format("{} is not there, and is made as a folder of the user who promotes: if the application runs as "
                      "another, make it now",
                      parent));
    const bool shares = can_share_blocks(step.point, folder);
    all_share = all_share && shares;
    if (bytes <= room->free_bytes || shares) continue;
    // What an earlier copy left there goes first.
    const auto sum = needed[room->file_system] +=
        allocated_bytes(step.point) - allocated_bytes(staging_path(step.live));
    if (sum > room->free_bytes)
      return {fmt::format("no room for the copy at {}: {} needed, {} free", step.live, tell_size(sum),
                          tell_size(room->free_bytes)),
              {}};
  }
  if (told.empty()) return {{}, "nothing is copied to a path"};
  const auto cost = all_share ? std::string{"the copy shares its blocks with the point, and takes next to no room"}
                              : fmt::format("the copy takes up to {}", tell_size(bytes));
  return {{}, fmt::format("{}; {}", cost, join(told, ", "))};
}

std::string trouble_with_servers(const std::vector<PlannedStep>& plan, ProcessRunner& runner) {
  for (const auto& step : plan) {
    if (step.kind != StepKind::restore) continue;
    if (auto trouble = trouble_with_server(step.live, runner); !trouble.empty())
      return fmt::format("{} cannot be restored: {}", step.live, trouble);
  }
  return {};
}

std::string staging_path(const std::string& live) { return live + ".hasync-new"; }

Result<std::string> copy_point(const std::string& point, const std::string& live, Duration timeout,
                               const std::vector<int>& inherit, ProcessRunner& runner) {
  const auto staging = staging_path(live);
  if (std::error_code none; !fs::exists(fs::symlink_status(point, none)))
    return fail(ExitCode::failed, fmt::format("{} is not there", point));
  HASYNC_CHECK(make_folders(fs::path{live}.parent_path().string()));
  HASYNC_CHECK(remove_tree(staging));
  HASYNC_TRY(auto writes, DiskWrites::begin(fs::path{live}.parent_path().string()));
  auto copied =
      run_copy(copy_argv(point, staging), fmt::format("{} to {}", point, staging), {timeout, inherit}, runner);
  if (!copied) {
    static_cast<void>(remove_tree(staging));  // at once: it may be what fills the disk
    return fail(std::move(copied.error()));
  }
  HASYNC_CHECK(writes.finish());
  return file_identity(staging);
}

void drop_copies(const std::vector<store::StepRecord>& steps, ProcessRunner& runner) {
  for (const auto& step : steps) {
    const auto planned = from_record(step);
    if (planned && planned->kind == StepKind::copy) static_cast<void>(remove_tree(staging_path(planned->live)));
    if (planned && planned->kind == StepKind::restore && step.tries > 0) drop_restored(planned->live, runner);
  }
}

Result<std::string> activate(const std::string& live, const std::string& identity, const std::string& stamp) {
  const auto staging = staging_path(live), aside = live + ".hasync-" + stamp;
  if (identity.empty()) return fail(ExitCode::failed, fmt::format("the journal does not know the copy for {}", live));
  if (file_identity(live) != identity && file_identity(staging) == identity) {
    if (file_identity(live).empty()) {
      if (is_file(staging)) HASYNC_CHECK(move_what_stands_beside(live, aside));
      HASYNC_CHECK(move_durably(staging, live));
      return fmt::format("{} is in place, nothing stood there before", live);
    }
    if (!file_identity(aside).empty())
      return fail(ExitCode::failed, fmt::format("{} is there already; move it away, then: hasync promote", aside));
    // The copy takes the name that what stands at `live` will have: so one exchange does both, and live content never
    // has a name that a later copy may overwrite.
    HASYNC_CHECK(move_durably(staging, aside));
  }
  if (file_identity(live) != identity) {
    if (file_identity(aside) != identity)
      return fail(ExitCode::failed, fmt::format("the copy {} is gone; start anew: hasync promote", staging));
    const bool one_file = is_file(aside);
    if (one_file) HASYNC_CHECK(move_what_stands_beside(live, aside));
    if (const auto exchanged = exchange(aside, live); !exchanged) {
      if (one_file) HASYNC_CHECK(move_what_stands_beside(aside, live));
      // Back to where a copy belongs: nothing but what stood at `live` may keep the other name.
      HASYNC_CHECK(move_durably(aside, staging));
      return fail(exchanged.error());
    }
  }
  return fmt::format("{} is in place{}", live, file_identity(aside).empty() ? "" : ", what stood there is " + aside);
}

}  // namespace hasync::failover
