// The two kinds of time hasync knows: UTC instants for people and records, boot time for measuring intervals.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace hasync {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Duration>;  // UTC; a day is 86,400 s

// Time since boot, suspend included (clock_gettime(2) CLOCK_BOOTTIME): never jumps, comparable only within one boot.
struct BootClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

constexpr Instant instant_from_ms(long long since_epoch) { return Instant{Duration{since_epoch}}; }
constexpr long long to_ms(Instant at) { return at.time_since_epoch().count(); }

// The last that RFC 3339 can say: 9999-12-31T23:59:59.999Z.
inline constexpr Instant last_instant = instant_from_ms(253'402'300'799'999);

// "2026-11-23T02:45:00Z"; milliseconds are written only where there are any.
std::string format_rfc3339(Instant at);
// RFC 3339 ending in Z; any other offset is an error that says so. Fractions finer than 1 ms are cut off.
Result<Instant> parse_rfc3339(std::string_view text);

std::string format_clock(Instant at);  // "02:45" UTC, seconds cut off
std::string format_day(Instant at);    // "Tue 24 Nov" UTC

// Time of day since midnight UTC, from "HH:MM".
Result<std::chrono::minutes> parse_time_of_day(std::string_view text);

// "30s", "15m", "2h", "1d", "1h30m", as in hasync.yaml(5). A bare number is an error that suggests the unit; "0" alone
// is zero.
Result<Duration> parse_duration(std::string_view text);
// The shortest text parse_duration() reads back as the same value; below a second "250ms".
std::string format_duration(Duration value);
// For people, two units at most: "3 h 41 min", "14 s", "1.4 s", "250 ms".
std::string tell_duration(Duration value);
// All of it, to the millisecond: "6 d 23 h 59 min", "30 s", "1 s 5 ms".
std::string tell_exactly(Duration value);
// "3 min old"; of what lies in the future: "of the future, 1 h ahead: this node's clock was set back"
std::string tell_age(Duration age);

}  // namespace hasync
