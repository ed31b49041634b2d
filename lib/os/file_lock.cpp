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
      struct stat held {
      }, there{};
      const bool still_there = ::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &there) == 0 &&
                               held.st_ino == there.st_ino && held.st_dev == there.st_dev;
      if (still_there) return FileLock{std::move(file)};
      continue;
    }
    if (errno != EWOULDBLOCK) return fail(os_error(fmt::format("cannot lock {}", path), errno));
    ::poll(nullptr, 0, pause_ms);
  }
  return fail(ExitCode::busy, fmt::format("{} is being edited by another process; try again", path));
}

std::optional<std::string> lock_holder(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  return holder_in(file.get());
}

}  // namespace hasync
