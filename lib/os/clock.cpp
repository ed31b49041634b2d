#include "os/clock.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <ctime>

#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "os/process.hpp"

namespace hasync {
namespace {

Duration read_clock(clockid_t id) {
  timespec at{};
  clock_gettime(id, &at);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec});
}

tm local(Instant at) {
  const auto seconds = static_cast<std::time_t>(to_ms(at) / 1000);
  tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

BootTime boot_uptime() { return BootTime{read_clock(CLOCK_BOOTTIME)}; }

Instant SystemClock::now() const { return Instant{read_clock(CLOCK_REALTIME)}; }

BootTime SystemClock::uptime() const { return boot_uptime(); }

std::string SystemClock::boot_id() const {
  const auto id = read_file("/proc/sys/kernel/random/boot_id");
  return fmt::format("{}/{}", id ? trim(*id) : "unknown", start_of_process(1).value_or("0"));
}

bool SystemClock::wait_until(BootTime until) {
  for (;;) {
    if (interrupt_.requested()) return false;
    const auto rest = until - uptime();
    if (rest <= Duration{0}) return true;
    pollfd wake{interrupt_.fd(), POLLIN, 0};
    poll(&wake, 1, static_cast<int>(std::min<Duration::rep>(rest.count(), 60'000)));
  }
}

std::string format_local_clock(Instant at) {
  const auto parts = local(at);
  return fmt::format("{:02}:{:02}", parts.tm_hour, parts.tm_min);
}

Zone local_zone(Instant at) {
  const auto parts = local(at);
  return {std::chrono::seconds{parts.tm_gmtoff}, parts.tm_zone != nullptr ? parts.tm_zone : ""};
}

}  // namespace hasync
