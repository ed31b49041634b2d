#include "os/relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "os/clock.hpp"
#include "os/confine.hpp"
#include "os/interrupt.hpp"

namespace hasync {
namespace {

Error nobody_reads() { return {ExitCode::failed, "nobody reads the output any more"}; }

bool is_read() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) >= 0 && (output.revents & (POLLERR | POLLHUP)) == 0;
}

// Waits for a reader that is slow, but not beyond `deadline`: a connection may be cut and nobody told.
Result<void> pass_on(std::string_view chunk, BootTime deadline) {
  while (!chunk.empty()) {
    const auto written = ::write(STDOUT_FILENO, chunk.data(), chunk.size());
    if (written >= 0) {
      chunk.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN || boot_uptime() >= deadline) return fail(nobody_reads());
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    ::poll(&output, 1, static_cast<int>(std::chrono::milliseconds{std::chrono::seconds{1}}.count()));
  }
  return {};
}

}  // namespace

Result<ProcessResult> relay(const Relayed& program, ProcessRunner& runner) {
  std::vector<std::string> argv{"/usr/bin/env", "-i", std::string{path_variable}};
  argv.insert(argv.end(), program.environment.begin(), program.environment.end());
  argv.insert(argv.end(), program.argv.begin(), program.argv.end());
  ::fcntl(STDOUT_FILENO, F_SETFL, ::fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  const auto deadline = boot_uptime() + program.timeout;
  const Interrupt nobody_listens;
  ProcessSpec spec{.argv = std::move(argv), .timeout = program.timeout, .also_ended_by = &nobody_listens};
  spec.sink = [&](std::string_view chunk) { return pass_on(chunk, deadline); };
  spec.on_tick = [&] {
    if (!is_read()) nobody_listens.request();
  };
  auto ended = runner.run(spec);
  if (ended && nobody_listens.requested()) return fail(nobody_reads());
  return ended;
}

}  // namespace hasync
