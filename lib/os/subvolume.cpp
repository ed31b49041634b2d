#include "os/subvolume.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/fd.hpp"

namespace hasync {
namespace {

namespace fs = std::filesystem;

constexpr ino_t root_of_subvolume = 256;  // BTRFS_FIRST_FREE_OBJECTID (linux/btrfs_tree.h)

Fd open_folder(const fs::path& path) { return Fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}; }

// ioctl(2) on the folder that `path` is in, with the name it has there. 0 or errno.
template <typename Arguments>
int in_parent(const std::string& path, unsigned long request, Arguments arguments) {
  const fs::path place{path};
  const auto name = place.filename().string();
  if (name.size() >= sizeof arguments.name) return ENAMETOOLONG;
  std::copy(name.begin(), name.end(), arguments.name);
  const auto parent = open_folder(place.parent_path());
  return parent && ::ioctl(parent.get(), request, &arguments) == 0 ? 0 : errno;
}

}  // namespace

bool knows_subvolumes(const std::string& path) {
  struct statfs found {};
  return ::statfs(path.c_str(), &found) == 0 && found.f_type == BTRFS_SUPER_MAGIC;
}

bool is_subvolume(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_ino == root_of_subvolume &&
         knows_subvolumes(path);
}

Result<void> make_subvolume(const std::string& path) {
  const int error = in_parent(path, BTRFS_IOC_SUBVOL_CREATE_V2, btrfs_ioctl_vol_args_v2{});
  return error == 0 ? Result<void>{} : fail(os_error(fmt::format("cannot make the subvolume {}", path), error));
}

Result<void> snapshot_subvolume(const std::string& from, const std::string& to) {
  const auto original = open_folder(from);
  if (!original) return fail(os_error(fmt::format("cannot open {}", from), errno));
  btrfs_ioctl_vol_args_v2 arguments{};
  arguments.fd = original.get();
  const int error = in_parent(to, BTRFS_IOC_SNAP_CREATE_V2, arguments);
  return error == 0 ? Result<void>{} : fail(os_error(fmt::format("cannot make {} a snapshot of {}", to, from), error));
}

bool remove_subvolume(const std::string& path) {
  return is_subvolume(path) && in_parent(path, BTRFS_IOC_SNAP_DESTROY, btrfs_ioctl_vol_args{}) == 0;
}

}  // namespace hasync
