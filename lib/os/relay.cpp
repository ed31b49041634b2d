#include "os/relay.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "os/confine.hpp"

namespace hasync {
namespace {

Error nobody_reads() { return {ExitCode::failed, "nobody reads the output any more"}; }

bool is_read() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) >= 0 && (output.revents & (POLLERR | POLLHUP)) == 0;
}

// Waits for a reader that is slow: a connection may be cut and nobody told.
Result<void> pass_on(std::string_view chunk, const Relayed& program, BootTime began, const Interrupt& stop) {
  while (!chunk.empty()) {
    const auto written = ::write(STDOUT_FILENO, chunk.data(), chunk.size());
    if (written >= 0) {
      chunk.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return fail(nobody_reads());
    if (errno != EAGAIN) return fail(os_error("cannot pass on the output", errno));
    if (stop.requested()) return fail(ExitCode::interrupted, "interrupted");
    if (boot_uptime() - began >= program.timeout)
      return fail(ExitCode::failed, fmt::format("no end after {}", tell_duration(program.timeout)));
    std::array wake{pollfd{STDOUT_FILENO, POLLOUT, 0}, pollfd{stop.fd(), POLLIN, 0}};
    ::poll(wake.data(), wake.size(), static_cast<int>(std::chrono::milliseconds{std::chrono::seconds{1}}.count()));
  }
  return {};
}

}  // namespace

Result<ProcessResult> relay(const Relayed& program, const Interrupt& stop, ProcessRunner& runner) {
  std::vector<std::string> argv{"/usr/bin/env", "-i", std::string{path_variable}};
  argv.insert(argv.end(), program.environment.begin(), program.environment.end());
  argv.insert(argv.end(), program.argv.begin(), program.argv.end());
  ::fcntl(STDOUT_FILENO, F_SETFL, ::fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  const auto began = boot_uptime();
  const Interrupt nobody_listens;
  ProcessSpec spec{.argv = std::move(argv),
                   .timeout = program.timeout,
                   .over_when = OverWhen::output_ends,
                   .also_ended_by = &nobody_listens};
  spec.sink = [&](std::string_view chunk) { return pass_on(chunk, program, began, stop); };
  spec.on_tick = [&] {
    if (!is_read()) nobody_listens.request();
  };
  auto ended = runner.run(spec);
  if (ended && nobody_listens.requested()) return fail(nobody_reads());
  return ended;
}

}  // namespace hasync
