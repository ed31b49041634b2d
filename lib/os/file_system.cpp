#include "os/file_system.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <xfs/xfs.h>

#include <cstring>

#include "base/fd.hpp"

namespace hasync {
namespace {

// What statfs(2) has of XFS is the number of its device, which may be another's after a reboot.
std::string uuid_of_xfs(const std::string& path) {
  const Fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  xfs_fsop_geom_v1 geometry{};
  if (!folder || ::ioctl(folder.get(), XFS_IOC_FSGEOMETRY_V1, &geometry) != 0) return {};
  std::string uuid;
  for (const auto byte : geometry.uuid) uuid += fmt::format("{:02x}", byte);
  return uuid;
}

}  // namespace

std::string file_system_identity(const std::string& path) {
  struct statfs found {};
  if (::statfs(path.c_str(), &found) != 0) return {};
  if (found.f_type == XFS_SUPER_MAGIC) return uuid_of_xfs(path);
  std::uint64_t identity = 0;
  static_assert(sizeof identity == sizeof found.f_fsid);
  std::memcpy(&identity, &found.f_fsid, sizeof identity);
  return fmt::format("{:016x}", identity);
}

bool lists_acls_twice(const std::string& path) {
  struct statfs found {};
  return ::geteuid() == 0 && ::statfs(path.c_str(), &found) == 0 && found.f_type == XFS_SUPER_MAGIC;
}

}  // namespace hasync
