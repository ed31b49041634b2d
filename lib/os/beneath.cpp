#include "os/beneath.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.hpp"
#include "os/tree.hpp"

namespace hasync {
namespace {

constexpr int folder_only = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// A copied folder may be one that not even its owner may write. By its number, as O_PATH knows no fchmod (open(2)).
bool allow_writing(int folder) {
  struct stat found {};
  return ::fstat(folder, &found) == 0 &&
         ::chmod(fmt::format("/proc/self/fd/{}", folder).c_str(), (found.st_mode | S_IRWXU) & 07777U) == 0;
}

// unlinkat(2); 0 or errno.
int unlink_in(int folder, const std::string& name, int flags) {
  if (::unlinkat(folder, name.c_str(), flags) == 0) return 0;
  if (errno != EACCES || !allow_writing(folder)) return errno;
  return ::unlinkat(folder, name.c_str(), flags) == 0 ? 0 : errno;
}

}  // namespace

Result<Beneath> Beneath::open(const std::string& folder) {
  Fd root{::open(folder.c_str(), folder_only)};
  if (!root) return fail(os_error(fmt::format("cannot open {}", folder), errno));
  return Beneath{folder, std::move(root)};
}

int Beneath::parent_of(const std::string& path, std::string& name) {
  const auto slash = path.rfind('/');
  name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto parent = slash == std::string::npos ? std::string{} : path.substr(0, slash);
  if (name.empty() || name == "." || name == "..") return -1;
  if (parent.empty()) return root_.get();
  if (parent_ && parent == parent_path_) return parent_.get();
  Fd at{::openat(root_.get(), ".", folder_only)};
  for (const auto& step : split(parent, '/')) {
    if (step == "..") return -1;
    at = Fd{::openat(at.get(), step.c_str(), folder_only)};
    if (!at) return -1;
  }
  parent_path_ = parent;
  parent_ = std::move(at);
  return parent_.get();
}

std::optional<struct stat> Beneath::look_at(const std::string& path) {
  std::string name;
  const int parent = parent_of(path, name);
  struct stat found {};
  if (parent < 0 || ::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return found;
}

// In its folder by that one's number, as O_PATH knows no fgetxattr (open(2)).
bool Beneath::has_capabilities(const std::string& path) {
  std::string name;
  const int parent = parent_of(path, name);
  if (parent < 0) return false;
  return ::lgetxattr(fmt::format("/proc/self/fd/{}/{}", parent, name).c_str(), "security.capability", nullptr, 0) > 0;
}

Result<void> Beneath::remove(const std::string& path) {
  HASYNC_CHECK(remove_unless_folder(path));
  std::string name;
  const int parent = parent_of(path, name);
  const int error = parent < 0 ? 0 : unlink_in(parent, name, AT_REMOVEDIR);
  if (error == 0 || error == ENOENT) return {};
  if (error == ENOTEMPTY || error == EEXIST) return remove_tree(folder_ + "/" + path);
  return fail(os_error(fmt::format("cannot remove {}/{}", folder_, printable(path)), error));
}

Result<void> Beneath::remove_unless_folder(const std::string& path) {
  std::string name;
  const int parent = parent_of(path, name);
  const int error = parent < 0 ? 0 : unlink_in(parent, name, 0);
  if (error == 0 || error == ENOENT || error == EISDIR) return {};
  return fail(os_error(fmt::format("cannot remove {}/{}", folder_, printable(path)), error));
}

void Beneath::make_parents(const std::string& path) {
  Fd at{::openat(root_.get(), ".", folder_only)};
  const auto parent = path.substr(0, path.rfind('/'));
  for (const auto& step : split(parent, '/')) {
    if (step == "..") return;
    ::mkdirat(at.get(), step.c_str(), S_IRWXU);
    at = Fd{::openat(at.get(), step.c_str(), folder_only)};
  }
}

Result<void> Beneath::link_from(Beneath& source, const std::string& there, const std::string& path) {
  std::string original, name;
  const int from = source.parent_of(there, original);
  if (from < 0) return {};
  int into = parent_of(path, name);
  if (into < 0) {
    make_parents(path);
    into = parent_of(path, name);
  }
  const auto link = [&] { return ::linkat(from, original.c_str(), into, name.c_str(), 0) == 0; };
  if (link() || errno == ENOENT) return {};
  if (errno == EACCES && allow_writing(into) && link()) return {};
  return fail(os_error(fmt::format("cannot link {}/{}", folder_, printable(path)), errno));
}

bool Beneath::share_blocks_of(Beneath& source, const std::string& path, const std::string& name) {
  std::string last;
  const int from = source.parent_of(path, last);
  if (from < 0) return false;
  const Fd original{::openat(from, last.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!original) return false;
  const Fd copy{::openat(root_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!copy) return false;
  if (::ioctl(copy.get(), FICLONE, original.get()) == 0) return true;
  ::unlinkat(root_.get(), name.c_str(), 0);
  return false;
}

}  // namespace hasync
