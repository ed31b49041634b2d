#include "os/tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "os/subvolume.hpp"

namespace hasync {
namespace {

namespace fs = std::filesystem;

Result<void> sync_parents(const std::string& from, const std::string& to) {
  const auto folder = fs::path{from}.parent_path(), other = fs::path{to}.parent_path();
  HASYNC_CHECK(sync_folder(folder.string()));
  return folder == other ? Result<void>{} : sync_folder(other.string());
}

// A folder without write permission in a copied tree must not keep us from removing it.
void allow_removal(const fs::path& path) {
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry{path, ignored}, end; !ignored && entry != end; entry.increment(ignored))
    if (entry->symlink_status(ignored).type() == fs::file_type::directory)
      fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, ignored);
}

}  // namespace

Result<void> make_folders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(os_error(fmt::format("cannot make the folder {}", path), error.value()));
  return {};
}

Result<void> remove_tree(const std::string& path) {
  if (remove_subvolume(path)) return {};
  std::error_code error;
  fs::remove_all(path, error);
  if (error == std::errc::permission_denied) {
    std::error_code ignored;
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow, ignored);
    allow_removal(path);
    fs::remove_all(path, error);
  }
  if (error) return fail(os_error(fmt::format("cannot remove {}", path), error.value()));
  return {};
}

Result<void> move_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return fail(os_error(fmt::format("cannot move {} to {}", from, to), errno));
  return sync_parents(from, to);
}

Result<void> exchange(const std::string& one, const std::string& other) {
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) != 0)
    return fail(os_error(fmt::format("cannot exchange {} and {}", one, other), errno));
  return sync_parents(one, other);
}

std::string file_identity(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  return fmt::format("inode {}", found.st_ino);
}

bool can_read_folder(const std::string& path) {
  std::error_code none;
  return fs::is_directory(path, none) && ::access(path.c_str(), R_OK | X_OK) == 0;
}

bool can_read_file(const std::string& path) {
  std::error_code none;
  return fs::is_regular_file(path, none) && ::access(path.c_str(), R_OK) == 0;
}

bool is_mount_point(const std::string& path) {
  struct statx found {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

std::string nearest_there(const std::string& path) {
  fs::path there = path;
  std::error_code none;
  while (there.has_relative_path() && !fs::exists(there, none)) there = there.parent_path();
  return there.string();
}

Amount amount_at(const std::string& path) {
  constexpr std::int64_t block = 512;  // stat(2)
  std::set<std::pair<dev_t, ino_t>> seen;
  Amount amount;
  const auto add = [&](const fs::path& each) {
    struct stat found {};
    if (::lstat(each.c_str(), &found) != 0) return;
    if (!S_ISDIR(found.st_mode)) ++amount.files;
    if (S_ISREG(found.st_mode)) amount.bytes += found.st_size;
    if (S_ISREG(found.st_mode) && found.st_nlink > 1 && !seen.insert({found.st_dev, found.st_ino}).second) return;
    amount.on_disk += found.st_blocks * block;
  };
  add(path);
  std::error_code error;
  for (fs::recursive_directory_iterator entry{path, error}, end; !error && entry != end; entry.increment(error))
    add(entry->path());
  return amount;
}

std::int64_t allocated_bytes(const std::string& path) { return amount_at(path).on_disk; }

bool can_share_blocks(const std::string& from, const std::string& folder) {
  std::error_code none;
  const auto beside = fs::is_directory(from, none) ? from : fs::path{from}.parent_path().string();
  const Fd original{::open(beside.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  const Fd copy{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  return original && copy && ::write(original.get(), "x", 1) == 1 && ::ioctl(copy.get(), FICLONE, original.get()) == 0;
}

Result<Room> room_at(const std::string& path) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0)
    return fail(os_error(fmt::format("cannot ask for the room at {}", path), errno));
  Room room{static_cast<std::int64_t>(found.f_bavail * found.f_frsize), {}, found.f_fsid};
  if (found.f_files > 0) room.free_inodes = static_cast<std::int64_t>(found.f_favail);
  return room;
}

std::string tell_room(const Room& room) {
  const auto inodes = room.free_inodes ? " and " + counted(*room.free_inodes, "inode") : "";
  return fmt::format("{}{} free", tell_size(room.free_bytes), inodes);
}

}  // namespace hasync
