// Whatever the scheduler, a run is started at each due instant, once, and at no other time.
#include <algorithm>
#include <map>
#include <random>

#include "firings.hpp"
#include "schedule/calendar.hpp"
#include "schedule/units.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

const std::vector<std::chrono::minutes> every_kind{
    1min,  2min,  3min,  4min,  5min,    6min,  7min,    11min, 12min, 13min,    15min,
    20min, 25min, 30min, 45min, 59min,   60min, 61min,   90min, 2h,    180min,   4h,
    6h,    7h,    8h,    12h,   1439min, 24h,   1441min, 36h,   72h,   10079min, 168h};

struct Span {
  Instant from, until;
};
// Months in which clocks go forward and back, one with a leap day, and one over a year's end.
const std::vector<Span> months{{at("2026-09-20T00:00:00Z"), at("2026-11-04T00:00:00Z")},
                               {at("2027-03-08T00:00:00Z"), at("2027-04-08T00:00:00Z")},
                               {at("2028-02-14T00:00:00Z"), at("2028-03-15T00:00:00Z")},
                               {at("2026-12-15T00:00:00Z"), at("2027-01-15T00:00:00Z")}};

// Every minute of the span asked for itself.
std::vector<Instant> due_between(const Grid& grid, Instant from, Instant until) {
  std::vector<Instant> all;
  const long every = grid.every / 1min, first = (from - grid.anchor) / 1min, end = (until - grid.anchor) / 1min;
  for (long since_anchor = first; since_anchor < end; ++since_anchor)
    if (since_anchor >= 0 && since_anchor % every == 0) all.push_back(grid.anchor + std::chrono::minutes{since_anchor});
  return all;
}

// `agent sync` as a scheduler starts it.
struct Agent {
  Grid grid{};
  Instant applied{};
  std::optional<Instant> last{};
  std::vector<Instant> ran{};

  void start(Instant now) {
    if (is_due(grid, applied, last, now)) ran.push_back(*(last = now));
  }
};

}  // namespace

TEST_CASE("a month of systemd's elapses and the due test make exactly the grid") {
  std::mt19937 random{20261125};
  for (const auto& month : months)
    for (const auto every : every_kind) {
      // An anchor of the month itself, and one of 1970: any minute of a week.
      for (const auto anchor :
           {month.from + std::chrono::minutes{random() % 4320}, Instant{std::chrono::minutes{random() % 10'080}}}) {
        const Grid grid{anchor, every};
        const auto said = systemd_calendar(grid);
        const auto elapses = firings::SystemdCalendar{said.expression}.between(month.from, month.until);
        const auto due = due_between(grid, month.from, month.until);
        INFO(tell(grid) << ": " << said.expression);
        const auto first_due = std::lower_bound(elapses.begin(), elapses.end(), anchor);
        if (said.exact) CHECK(std::vector<Instant>(first_due, elapses.end()) == due);
        CHECK(std::includes(elapses.begin(), elapses.end(), due.begin(), due.end()));
        Agent agent{grid, month.from};
        for (const auto elapse : elapses) agent.start(elapse + Duration{random() % 1000});  // AccuracySec=1s
        std::vector<Instant> ran;
        for (const auto run : agent.ran) ran.push_back(std::chrono::floor<std::chrono::minutes>(run));
        CHECK(ran == due);
      }
    }
}

TEST_CASE("a month of cron's ticks and the due test make exactly the grid, whatever the zone and its clock changes") {
  struct Zone {
    const char* name;
    const char* posix;  // the rules of today, which need no zone database
    bool shifts;
  };
  const std::vector<Zone> zones{{"UTC", "UTC0", false},
                                {"Asia/Kolkata", "IST-5:30", false},
                                {"Asia/Kathmandu", "<+0545>-5:45", false},
                                {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", true},
                                {"America/New_York", "EST5EDT,M3.2.0,M11.1.0", true},
                                {"America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0", true},
                                {"Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true},
                                {"Pacific/Chatham", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", true},
                                {"Antarctica/Troll", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", true}};
  for (const auto& zone : zones) {
    int forward = 0, back = 0;
    for (const auto& month : months) {
      const auto offset = firings::offsets(zone.posix, month.from, month.until);
      for (std::size_t minute = 1; minute < offset.size(); ++minute) {
        if (offset[minute] > offset[minute - 1]) ++forward;
        if (offset[minute] < offset[minute - 1]) ++back;
      }
      for (const std::chrono::minutes every : {1min, 2min, 5min, 7min, 15min, 20min, 30min, 45min, 60min, 90min, 420min,
                                               1440min, 4320min, 10079min, 10080min}) {
        const Grid grid{std::chrono::floor<std::chrono::minutes>(month.from + every / 3), every};
        Agent agent{grid, month.from};
        long utc_minute = (month.from - Instant{}) / 1min;
        firings::CronDaemon cron{cron_minutes(grid), utc_minute + offset.front() - 1};
        for (const long east : offset) {
          for (int starts = cron.wake(utc_minute + east); starts > 0; --starts)
            agent.start(Instant{std::chrono::minutes{utc_minute}});
          ++utc_minute;
        }
        INFO(zone.name << ", " << tell(grid) << ": " << cron_minutes(grid));
        CHECK(agent.ran == due_between(grid, month.from, month.until));
      }
    }
    INFO(zone.name);
    CHECK((forward > 0 && back > 0) == zone.shifts);
  }
}

TEST_CASE("cron takes the entry of the sync for a wildcard, which a clock change neither skips nor holds back") {
  const Installation daily{
      "/usr/bin/hasync", "/etc/hasync/hasync.yaml", "/var/lib/hasync", {at("2026-11-24T02:07:00Z"), 24h}, 30s};
  CHECK(crontab_lines(daily).starts_with("7,22,37,52 * * * * "));
}

TEST_CASE("a clock that jumps loses no due instant that comes after, and costs one run at most") {
  struct Jump {
    long at_minute;  // of the machine's own time, which does not jump
    std::chrono::minutes by;
  };
  const auto start = at("2028-02-28T20:00:00Z");
  const std::vector<Jump> jumps{{500, 3min},    {1000, 47min}, {2000, 5h},        {3000, -2min},
                                {4000, -61min}, {5000, -26h},  {7000, 366 * 24h}, {9000, -366 * 24h}};
  const auto minutes_of = [](Instant now) { return (now - Instant{}) / 1min; };
  for (const auto every : every_kind) {
    const Grid grid{std::chrono::floor<std::chrono::minutes>(start + every / 2), every};
    Agent agent{grid, start};
    firings::CronDaemon cron{cron_minutes(grid), minutes_of(start) - 1};
    std::chrono::minutes ahead{0};
    auto jump = jumps.begin();
    auto since = start;  // what the clock said after its last jump
    std::size_t ran_before = 0;
    const auto end_stretch = [&](Instant until) {
      const auto due = due_between(grid, since, until);
      auto ran = agent.ran;
      std::sort(ran.begin(), ran.end());
      INFO(tell(grid) << ", while the clock went from " << format_rfc3339(since) << " to " << format_rfc3339(until));
      CHECK(std::includes(ran.begin(), ran.end(), due.begin(), due.end()));
      CHECK(agent.ran.size() - ran_before <= due.size() + 1);
      ran_before = agent.ran.size();
    };
    for (long minute = 0; minute < 12'000; ++minute) {
      auto now = start + std::chrono::minutes{minute} + ahead;
      if (jump != jumps.end() && jump->at_minute == minute) {
        end_stretch(now);
        ahead += jump->by;
        since = now += (jump++)->by;
      }
      for (int starts = cron.wake(minutes_of(now)); starts > 0; --starts) agent.start(now);
    }
    end_stretch(start + std::chrono::minutes{12'000} + ahead);
  }
}
