#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <limits>

namespace hasync {
namespace {

using namespace std::chrono;

struct Civil {
  year_month_day date{};
  hh_mm_ss<Duration> clock;
};

Civil civil(Instant at) {
  const auto day = floor<days>(at);
  return {year_month_day{day}, hh_mm_ss<Duration>{at - day}};
}

// The number made of exactly `width` digits at `text[from]`, or -1.
int digits(std::string_view text, std::size_t from, std::size_t width) {
  if (text.size() < from + width) return -1;
  int value = 0;
  for (const char digit : text.substr(from, width)) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  return value;
}

struct Unit {
  std::string_view name;
  Duration size;
};
constexpr std::array units{Unit{"d", days{1}}, Unit{"h", hours{1}}, Unit{"m", minutes{1}}, Unit{"s", seconds{1}},
                           Unit{"ms", milliseconds{1}}};

}  // namespace

std::string format_rfc3339(Instant at) {
  const auto [date, clock] = civil(at);
  auto text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:03}", clock.subseconds().count());
  return text + "Z";
}

Result<Instant> parse_rfc3339(std::string_view text) {
  const auto malformed = [&](std::string_view why) {
    return fail(ExitCode::usage, fmt::format("\"{}\" is not a UTC time: {} (write 2026-11-24T02:00:00Z)", text, why));
  };
  const int year_number = digits(text, 0, 4), month_number = digits(text, 5, 2), day_number = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (text.size() < 20 || year_number < 0 || text[4] != '-' || month_number < 0 || text[7] != '-' || day_number < 0 ||
      (text[10] != 'T' && text[10] != 't') || hour < 0 || text[13] != ':' || minute < 0 || text[16] != ':' ||
      second < 0)
    return malformed("the form is wrong");
  std::size_t at = 19;
  int thousandths = 0;
  if (text[at] == '.') {
    int scale = 100;
    const auto first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      thousandths += (text[at] - '0') * scale;
    if (at == first) return malformed("a digit must follow the point");
  }
  if (text.substr(at) != "Z" && text.substr(at) != "z")
    return malformed("it must end in Z, other offsets are not accepted");
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return malformed("there is no such time");
  return Instant{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + milliseconds{thousandths};
}

std::string format_clock(Instant at) {
  const auto clock = civil(at).clock;
  return fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
}

std::string format_day(Instant at) {
  static constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto date = civil(at).date;
  return fmt::format("{} {} {}", names.at(weekday{floor<days>(at)}.c_encoding()), unsigned{date.day()},
                     month_names.at(unsigned{date.month()} - 1));
}

Result<minutes> parse_time_of_day(std::string_view text) {
  const int hour = digits(text, 0, 2), minute = digits(text, 3, 2);
  if (text.size() != 5 || hour < 0 || text[2] != ':' || minute < 0 || hour > 23 || minute > 59)
    return fail(ExitCode::usage, fmt::format("\"{}\" is not a time of day: write HH:MM in UTC, as 02:00", text));
  return hours{hour} + minutes{minute};
}

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  const auto malformed = [&](std::string_view why) {
    return fail(ExitCode::usage, fmt::format("\"{}\" {} (durations are 30s, 15m, 2h, 1d, 1h30m)", text, why));
  };
  if (text.empty()) return malformed("is not a duration");
  Duration total{0};
  auto smallest = Duration::max();
  for (std::size_t at = 0; at < text.size();) {
    const auto first = at;
    long long count = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      count = count * 10 + (text[at] - '0');
      if (count > 1'000'000'000) return malformed("is too long");
    }
    if (at == first) return malformed("is not a duration");
    const auto unit_from = at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0) ++at;
    const auto name = text.substr(unit_from, at - unit_from);
    if (name.empty() && at == text.size() && first == 0)
      return fail(ExitCode::usage, fmt::format("\"{}\" has no unit; did you mean {}m?", text, text));
    if (name.empty()) return malformed("is not a duration");
    const auto* unit = std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == name; });
    if (unit == units.end()) return malformed(fmt::format("has an unknown unit \"{}\"", name));
    if (unit->size >= smallest) return malformed("has its units in the wrong order");
    smallest = unit->size;
    if (count > (Duration::max() - total) / unit->size) return malformed("is too long");
    total += count * unit->size;
  }
  return total;
}

std::string format_duration(Duration value) {
  if (value.count() == 0) return "0";
  std::string text = value.count() < 0 ? "-" : "";
  auto rest = value.count() < 0 ? -value : value;
  for (const auto& unit : units) {
    if (const auto count = rest / unit.size; count > 0) text += fmt::format("{}{}", count, unit.name);
    rest %= unit.size;
  }
  return text;
}

std::string tell_duration(Duration value) {
  struct Told {
    std::string_view name;
    Duration size;
  };
  static constexpr std::array told{Told{"d", days{1}}, Told{"h", hours{1}}, Told{"min", minutes{1}},
                                   Told{"s", seconds{1}}};
  if (value < Duration{0}) return "-" + tell_duration(-value);
  if (value < seconds{1}) return fmt::format("{} ms", value.count());
  if (value < seconds{10} && value % seconds{1} >= milliseconds{100})
    return fmt::format("{}.{} s", value / seconds{1}, value % seconds{1} / milliseconds{100});
  for (std::size_t at = 0; at < told.size(); ++at) {
    const auto count = value / told.at(at).size;
    if (count == 0) continue;
    auto text = fmt::format("{} {}", count, told.at(at).name);
    if (at + 1 < told.size())
      if (const auto next = value % told.at(at).size / told.at(at + 1).size; next > 0)
        text += fmt::format(" {} {}", next, told.at(at + 1).name);
    return text;
  }
  return "0 s";
}

std::string tell_exactly(Duration value) {
  static constexpr std::array names{"d", "h", "min", "s", "ms"};
  if (value < Duration{0}) return "-" + tell_exactly(-value);
  std::string text;
  for (std::size_t at = 0; at < units.size(); value %= units.at(at++).size)
    if (const auto count = value / units.at(at).size; count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", count, names.at(at));
  return text.empty() ? "0 s" : text;
}

std::string tell_age(Duration age) {
  if (age >= Duration{0}) return tell_duration(age) + " old";
  return fmt::format("of the future, {} ahead: this node's clock was set back", tell_duration(-age));
}

}  // namespace hasync
