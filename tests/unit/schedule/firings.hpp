// When systemd and Debian's cron start what a generated calendar says, as models of their own: nothing here calls the
// code that generates. tests/integration/test_calendars.py holds the first of them against the real systemd.
#pragma once
#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hasync::firings {

// The part of systemd.time(7) that hasync uses: "[DAY] *-*-* HOUR:MINUTE:00 UTC", where hour and minute are a number,
// FIRST/STEP or *.
class SystemdCalendar {
 public:
  explicit SystemdCalendar(const std::string& expression);  // throws on anything else
  // The first `count` elapses after `after`.
  std::vector<Instant> after(Instant after, std::size_t count) const;
  std::vector<Instant> between(Instant from, Instant until) const;  // from <= elapse < until

 private:
  std::optional<unsigned> weekday_;  // 0 is Sunday
  std::vector<int> hours_, minutes_;
};

// Debian's cron (3.0pl1) with one entry "FIELD * * * *": woken at each minute of the local clock, it compares that with
// its own, the virtual minute. cron(8): an entry with * in the hour field is a wildcard, and is run by the new time at
// once whenever the clock has moved; an entry of fixed times would be made up for, or not repeated.
class CronDaemon {
 public:
  CronDaemon(const std::string& field, long local_minute);  // throws on anything but * and a list
  // How often the entry is started when the local clock says this minute (minutes since 1970, local).
  int wake(long local_minute);

 private:
  bool matches(long local_minute) const { return minutes_.test(static_cast<std::size_t>(local_minute % 60)); }
  std::bitset<60> minutes_;
  long virtual_minute_;
};

// The machine's zone as cron follows it: it looks at the offset anew only when daylight saving begins or ends. `zone`
// is a POSIX TZ string, which needs no zone database. Minutes east of UTC, one for each minute of [from, until).
std::vector<long> offsets(const std::string& zone, Instant from, Instant until);

}  // namespace hasync::firings
