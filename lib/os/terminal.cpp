#include "os/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace hasync {

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

int terminal_width(int descriptor) {
  constexpr int usual = 80;
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

bool can_ask() { return is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO); }

Result<std::optional<std::string>> TypedLines::next() {
  while (true) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      auto line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    std::array<pollfd, 2> events{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{interrupt_.fd(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
      return fail(os_error("cannot wait for an answer", errno));
    if (interrupt_.requested()) return fail(ExitCode::interrupted, "interrupted");
    if (events[0].revents == 0) continue;
    std::array<char, 4096> piece{};
    const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;  // also when the terminal is gone
    read_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace hasync
