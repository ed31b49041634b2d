#include "os/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace hasync {
namespace {

// The only global: a signal handler (signal-safety(7)) can be handed nothing.
std::atomic<int> signalled_fd{-1};

void wake(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

void on_signal(int) {
  const int saved = errno;
  wake(signalled_fd.load());
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Interrupt::request() const { wake(event_.get()); }

bool Interrupt::requested() const {
  pollfd event{event_.get(), POLLIN, 0};
  return poll(&event, 1, 0) > 0;
}

void stop_on_signals(const Interrupt& interrupt) {
  signalled_fd = interrupt.fd();
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaction(number, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace hasync
