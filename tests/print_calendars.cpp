// Every OnCalendar= expression that hasync can write, and when tests/unit/schedule/firings.cpp takes it to elapse, for
// tests/integration/test_calendars.py to ask the real systemd. A line: EXPRESSION, a tab, the next elapses after BASE.
//   print_calendars BASE COUNT
#include <fmt/format.h>

#include <set>

#include "schedule/calendar.hpp"
#include "unit/schedule/firings.hpp"

using namespace hasync;
using namespace std::chrono_literals;

namespace {

// All that the program accepts: each `every` with each phase it can have within a week.
std::set<std::string> every_expression() {
  std::set<std::string> all;
  for (auto every = 1min; every <= 168h; every += 1min) {
    // An `every` that no calendar can say gives ticks within an hour.
    const auto phases = schedule::systemd_calendar({Instant{}, every}).exact ? every : std::chrono::minutes{1h};
    for (auto phase = 0min; phase < phases; phase += 1min)
      all.insert(schedule::systemd_calendar({Instant{} + phase, every}).expression);
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto base = parse_rfc3339(argv[1]);
  if (!base) return 2;
  for (const auto& expression : every_expression()) {
    fmt::print("{}\t", expression);
    for (const auto at : firings::SystemdCalendar{expression}.after(*base, std::stoul(argv[2])))
      fmt::print(" {}", format_rfc3339(at));
    fmt::print("\n");
  }
}
