#include "schedule/calendar.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>

namespace hasync::schedule {
namespace {

using std::chrono::days;
using std::chrono::minutes;

long whole_minutes(Duration length) { return std::chrono::floor<minutes>(length).count(); }

// "07/15"; systemd refuses a step of a whole hour, where one minute says the same.
std::string minute_field(long first, long step) {
  return step == 60 ? fmt::format("{:02}", first) : fmt::format("{:02}/{}", first, step);
}

long modulo(long value, long by) { return ((value % by) + by) % by; }

}  // namespace

Calendar systemd_calendar(const Grid& grid) {
  constexpr long hour = 60, day = 24 * hour, week = 7 * day;
  const auto every = whole_minutes(grid.every);
  const auto anchor = whole_minutes(grid.anchor.time_since_epoch());
  const auto of_day = modulo(anchor, day);
  if (hour % every == 0) return {fmt::format("*-*-* *:{}:00 UTC", minute_field(modulo(anchor, every), every)), true};
  if (every == week) {
    static constexpr std::array names{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970-01-01 was a Thursday
    return {fmt::format("{} *-*-* {:02}:{:02}:00 UTC", names.at(static_cast<std::size_t>(modulo(anchor, week) / day)),
                        of_day / hour, of_day % hour),
            true};
  }
  if (every == day) return {fmt::format("*-*-* {:02}:{:02}:00 UTC", of_day / hour, of_day % hour), true};
  if (every % hour == 0 && day % every == 0)
    return {fmt::format("*-*-* {:02}/{}:{:02}:00 UTC", modulo(anchor, every) / hour, every / hour, of_day % hour),
            true};
  const auto tick = std::gcd(every, hour);
  return {fmt::format("*-*-* *:{}:00 UTC", minute_field(modulo(anchor, tick), tick)), false};
}

std::string cron_minutes(const Grid& grid) {
  const auto period = std::gcd(whole_minutes(grid.every), 15L);
  if (period == 1) return "*";
  std::string list;
  for (auto minute = modulo(whole_minutes(grid.anchor.time_since_epoch()), period); minute < 60; minute += period)
    list += fmt::format("{}{}", list.empty() ? "" : ",", minute);
  return list;
}

}  // namespace hasync::schedule
