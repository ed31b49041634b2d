// Whole folders on disk: making them durable, exchanging and removing them, and what room there is.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace hasync {

Result<void> make_folders(const std::string& path);
// Removes `path` and all below it, never following a symlink; nothing there is fine.
Result<void> remove_tree(const std::string& path);
// rename(2), then both folders are on disk.
Result<void> move_durably(const std::string& from, const std::string& to);
// What `one` and `other` name trade places in one step (renameat2(2) RENAME_EXCHANGE).
Result<void> exchange(const std::string& one, const std::string& other);
// Tells what `path` itself names (a symlink is not followed) from everything else on its file system, also after a
// reboot, which may give the device another number; empty when nothing is there.
std::string file_identity(const std::string& path);

// Whether `path` is a folder that we may list and go into.
bool can_read_folder(const std::string& path);
bool can_read_file(const std::string& path);

// Whether something is mounted right at `path`: then it cannot be renamed.
bool is_mount_point(const std::string& path);
// `path`, or the nearest folder above it that is there.
std::string nearest_there(const std::string& path);
struct Amount {
  std::int64_t files = 0, bytes = 0;  // folders are not counted; a file of two names is two
  std::int64_t on_disk = 0;           // what a full copy takes: holes take nothing, hard links within it count once
};
Amount amount_at(const std::string& path);
std::int64_t allocated_bytes(const std::string& path);  // amount_at(path).on_disk
// Whether a copy from `from` into `folder` shares its blocks with the original and so needs no room: both are on one
// file system, and it does as ioctl_ficlone(2) asks. Tried with two files without a name, one beside each.
bool can_share_blocks(const std::string& from, const std::string& folder);

struct Room {
  std::int64_t free_bytes = 0;                // for us, not for root only
  std::optional<std::int64_t> free_inodes{};  // none: it makes them as they are needed, as btrfs does
  std::uint64_t file_system = 0;              // the same for every path on it
};
Result<Room> room_at(const std::string& path);
// "1.0 GiB and 3 inodes free"
std::string tell_room(const Room& room);

}  // namespace hasync
