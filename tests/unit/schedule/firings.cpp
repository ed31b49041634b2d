#include "firings.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <regex>
#include <stdexcept>

#include "base/text.hpp"

namespace hasync::firings {
namespace {

using namespace std::chrono;

std::vector<int> numbers(const std::string& field, int end) {
  if (field == "*") return numbers("0/1", end);
  const auto slash = field.find('/');
  std::vector<int> all{std::stoi(field)};
  if (slash == std::string::npos) return all;
  for (const int step = std::stoi(field.substr(slash + 1)); all.back() + step < end;) all.push_back(all.back() + step);
  return all;
}

}  // namespace

SystemdCalendar::SystemdCalendar(const std::string& expression) {
  static const std::regex form{
      R"((?:(Sun|Mon|Tue|Wed|Thu|Fri|Sat) )?\*-\*-\* (\*|\d\d(?:/\d+)?):(\d\d(?:/\d+)?):00 UTC)"};
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  std::smatch parts;
  if (!std::regex_match(expression, parts, form)) throw std::invalid_argument{expression};
  if (parts[1].matched)
    weekday_ = static_cast<unsigned>(std::find(days.begin(), days.end(), parts[1].str()) - days.begin());
  hours_ = numbers(parts[2].str(), 24);
  minutes_ = numbers(parts[3].str(), 60);
}

std::vector<Instant> SystemdCalendar::after(Instant after, std::size_t count) const {
  std::vector<Instant> elapses;
  for (auto day = floor<days>(after);; day += days{1}) {
    if (weekday_ && weekday{day}.c_encoding() != *weekday_) continue;
    for (const int hour : hours_)
      for (const int minute : minutes_) {
        const Instant at = day + hours{hour} + minutes{minute};
        if (at <= after) continue;
        if (elapses.size() == count) return elapses;
        elapses.push_back(at);
      }
  }
}

std::vector<Instant> SystemdCalendar::between(Instant from, Instant until) const {
  auto elapses = after(from - milliseconds{1}, static_cast<std::size_t>((until - from) / minutes{1}));
  elapses.erase(std::lower_bound(elapses.begin(), elapses.end(), until), elapses.end());
  return elapses;
}

CronDaemon::CronDaemon(const std::string& field, long local_minute) : virtual_minute_(local_minute) {
  if (field == "*") {
    minutes_.set();
    return;
  }
  for (const auto& minute : split(field, ',')) minutes_.set(std::stoul(minute));
}

int CronDaemon::wake(long local_minute) {
  constexpr long large = 3 * 60, small = 5;
  const auto ahead = local_minute - virtual_minute_;
  int starts = 0;
  if (0 < ahead && ahead <= small) {  // woken late: each minute in its turn
    while (virtual_minute_ < local_minute) starts += matches(++virtual_minute_) ? 1 : 0;
    return starts;
  }
  // The clock has moved. A wildcard is run by the new time; the virtual minute waits for a clock that was set back a
  // little to come up again.
  if (ahead > 0 || ahead < -large) virtual_minute_ = local_minute;
  return matches(local_minute) ? 1 : 0;
}

std::vector<long> offsets(const std::string& zone, Instant from, Instant until) {
  setenv("TZ", zone.c_str(), 1);
  tzset();
  std::vector<long> all;
  auto daylight = std::numeric_limits<int>::min();
  for (auto at = from; at < until; at += minutes{1}) {
    const auto seconds = static_cast<std::time_t>(to_ms(at) / 1000);
    tm local{};
    localtime_r(&seconds, &local);
    all.push_back(local.tm_isdst == daylight ? all.back() : local.tm_gmtoff / 60);
    daylight = local.tm_isdst;
  }
  unsetenv("TZ");
  tzset();
  return all;
}

}  // namespace hasync::firings
