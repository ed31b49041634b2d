#include "os/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>

#include "base/fd.hpp"

namespace hasync {
namespace {

// What nobody else names a file: what bears it may be removed.
constexpr std::string_view temporary_mark = ".hasync-";

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path{path}.parent_path().string();
  return folder.empty() ? "." : folder;
}

// Where writing to `path` would really write.
std::string resolved(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  return ::realpath(path.c_str(), target.data()) != nullptr ? std::string{target.data()} : path;
}

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(os_error(fmt::format("cannot write {}", path), errno));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> fill_temporary(int fd, const std::string& temporary, const std::string& target, std::string_view content,
                            mode_t mode) {
  HASYNC_CHECK(write_all(fd, content, temporary));
  struct stat old {};
  if (::stat(target.c_str(), &old) == 0) {
    mode = old.st_mode & 07777U;
    // An ordinary user may not give a file away; then the file keeps its group where it can, and becomes the user's.
    if (::fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM)
      return fail(os_error(fmt::format("cannot keep the owner of {}", target), errno));
  }
  if (::fchmod(fd, mode) != 0) return fail(os_error(fmt::format("cannot set the mode of {}", temporary), errno));
  if (::fsync(fd) != 0) return fail(os_error(fmt::format("cannot write {} to disk", temporary), errno));
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return fail(os_error(fmt::format("cannot read {}", path), errno));
  std::string content;
  std::array<char, 65536> chunk{};
  for (;;) {
    const auto length = ::read(file.get(), chunk.data(), chunk.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return fail(os_error(fmt::format("cannot read {}", path), errno));
    if (length == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(length));
  }
}

bool is_private(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) != 0 || (found.st_mode & 077U) == 0;
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  const auto target = resolved(path);
  auto temporary = target + std::string{temporary_mark} + "XXXXXX";
  const Fd file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file) return fail(os_error(fmt::format("cannot write into {}", folder_of(target)), errno));
  auto filled = fill_temporary(file.get(), temporary, target, content, mode);
  if (filled && ::rename(temporary.c_str(), target.c_str()) != 0)
    filled = fail(os_error(fmt::format("cannot replace {}", target), errno));
  if (!filled) {
    ::unlink(temporary.c_str());
    return filled;
  }
  return sync_folder(folder_of(target));
}

std::vector<std::string> left_beside(const std::string& path) {
  const auto target = resolved(path);
  const auto begin = target + std::string{temporary_mark};
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder_of(target), error}, end; !error && entry != end;
       entry.increment(error))
    if (auto name = entry->path().string(); name.size() == begin.size() + 6 && name.starts_with(begin))
      found.push_back(std::move(name));
  return found;
}

Result<void> replace_symlink(const std::string& path, const std::string& target) {
  const auto temporary = path + ".new";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT)
    return fail(os_error(fmt::format("cannot remove {}", temporary), errno));
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    return fail(os_error(fmt::format("cannot make {}", temporary), errno));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return fail(os_error(fmt::format("cannot replace {}", path), number));
  }
  return sync_folder(folder_of(path));
}

Result<ScratchFile> ScratchFile::holding(std::string_view content) {
  std::error_code error;
  auto path = (std::filesystem::temp_directory_path(error) / "hasync.XXXXXX").string();
  const Fd file{error ? -1 : ::mkostemp(path.data(), O_CLOEXEC)};
  if (!file) return fail(os_error("cannot make a temporary file", error ? error.value() : errno));
  ScratchFile scratch{path};
  HASYNC_CHECK(write_all(file.get(), content, path));
  return scratch;
}

ScratchFile::~ScratchFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> sync_folder(const std::string& path) {
  const Fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder || ::fsync(folder.get()) != 0)
    return fail(os_error(fmt::format("cannot write the folder {} to disk", path), errno));
  return {};
}

}  // namespace hasync
