#include "os/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "base/text.hpp"

namespace hasync {
namespace {

std::string holder_in(int fd) {
  std::array<char, 256> words{};
  const auto length = ::pread(fd, words.data(), words.size(), 0);
  const auto told = length > 0 ? trim({words.data(), static_cast<std::size_t>(length)}) : std::string_view{};
  return told.empty() ? "another process" : printable(told);
}

// Whether `path` still names the file that is open as `fd`: before it was locked it may have been replaced.
bool still_names(const std::string& path, int fd) {
  struct stat held {
  }, there{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
         held.st_dev == there.st_dev;
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path, const std::string& holder) {
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!file) return fail(os_error(fmt::format("cannot open the lock {}", path), errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ExitCode::busy, fmt::format("{} is held by {}", path, holder_in(file.get())));
    return fail(os_error(fmt::format("cannot lock {}", path), errno));
  }
  const auto words = holder + "\n";
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), words.data(), words.size(), 0) < 0) {
    // The lock is ours all the same; only its label is missing (a full disk).
  }
  return FileLock{std::move(file)};
}

Result<FileLock> FileLock::take_within(const std::string& path, const std::string& holder, Clock& clock,
                                       Duration patience) {
  constexpr auto pause = std::chrono::milliseconds{50};
  const auto give_up = clock.uptime() + patience;
  for (;;) {
    auto lock = take(path, holder);
    const bool busy = !lock && lock.error().code == ExitCode::busy;
    if (!busy || clock.uptime() > give_up || !clock.wait(pause)) return lock;
  }
}

Result<FileLock> FileLock::wait(const std::string& path) {
  constexpr int tries = 1000, pause_ms = 20;
  for (int left = tries; left > 0; --left) {
    Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return fail(os_error(fmt::format("cannot open {}", path), errno));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      if (still_names(path, file.get())) return FileLock{std::move(file)};
      continue;
    }
    if (errno != EWOULDBLOCK) return fail(os_error(fmt::format("cannot lock {}", path), errno));
    ::poll(nullptr, 0, pause_ms);
  }
  return fail(ExitCode::busy, fmt::format("{} is being edited by another process; try again", path));
}

Result<FileLock> FileLock::lock_folder(const std::string& folder, int operation) {
  Fd opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!opened) return fail(os_error(fmt::format("cannot open {}", folder), errno));
  if (::flock(opened.get(), operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ExitCode::busy, fmt::format("{} is in use", folder));
    return fail(os_error(fmt::format("cannot lock {}", folder), errno));
  }
  if (!still_names(folder, opened.get())) return fail(os_error(fmt::format("cannot lock {}", folder), ENOENT));
  return FileLock{std::move(opened)};
}

Result<FileLock> FileLock::share_folder(const std::string& folder) { return lock_folder(folder, LOCK_SH); }
Result<FileLock> FileLock::take_folder(const std::string& folder) { return lock_folder(folder, LOCK_EX); }

std::optional<std::string> lock_holder(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  return holder_in(file.get());
}

}  // namespace hasync
