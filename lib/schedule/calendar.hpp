// How a grid is said to systemd and to cron. Where they cannot say it, they tick, and `agent sync` asks the grid
// whether a run is due; it always asks, so a tick too many is harmless.
#pragma once
#include <string>

#include "schedule/grid.hpp"

namespace hasync::schedule {

// An OnCalendar= expression in UTC (systemd.time(7)). Exact where `every` divides an hour, is whole hours that divide a
// day, a day or a week; otherwise a tick each gcd(every, 60 min).
struct Calendar {
  std::string expression;
  bool exact = false;
};
Calendar systemd_calendar(const Grid& grid);

// The minute field of crontab(5). Every zone's offset is a multiple of 15 min, so a list of minutes with the period
// gcd(every, 15 min) holds every due instant whatever the machine's zone, and in spite of daylight saving.
std::string cron_minutes(const Grid& grid);

}  // namespace hasync::schedule
