#include "report/local_time.hpp"

#include <fmt/format.h>

namespace hasync::report {

std::string tell_local(Instant at, const Zone& zone) {
  if (zone.name == "UTC") return "";
  const auto shown = at + zone.offset;
  const bool same_day = std::chrono::floor<std::chrono::days>(at) == std::chrono::floor<std::chrono::days>(shown);
  return fmt::format(" ({}{} {})", same_day ? "" : format_day(shown) + " ", format_clock(shown), zone.name);
}

std::string tell_shift(const Zone& from, const Zone& to) {
  if (from.offset == to.offset) return "";
  return fmt::format("the clock here goes {} {}, from {} to {}", from.offset < to.offset ? "forward" : "back",
                     tell_exactly(std::chrono::abs(to.offset - from.offset)), from.name, to.name);
}

}  // namespace hasync::report
