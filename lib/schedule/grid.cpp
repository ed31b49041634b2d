#include "schedule/grid.hpp"

#include <fmt/format.h>

namespace hasync::schedule {

Instant anchor_for(const std::optional<config::StartTime>& start, Instant now) {
  using namespace std::chrono;
  if (!start) return ceil<duration<long, std::ratio<900>>>(now);
  if (const auto* at = std::get_if<Instant>(&*start)) return *at;
  const Instant today = floor<days>(now) + std::get<minutes>(*start);
  return today >= now ? today : today + days{1};
}

std::optional<Instant> latest_due(const Grid& grid, Instant now) {
  if (now < grid.anchor) return std::nullopt;
  return grid.anchor + (now - grid.anchor) / grid.every * grid.every;
}

Instant next_due(const Grid& grid, Instant after) {
  const auto latest = latest_due(grid, after);
  return latest ? *latest + grid.every : grid.anchor;
}

std::vector<Instant> upcoming(const Grid& grid, Instant after, int count) {
  std::vector<Instant> instants;
  for (int left = count; left > 0; --left) {
    after = next_due(grid, after);
    if (after > last_instant) break;
    instants.push_back(after);
  }
  return instants;
}

bool is_due(const Grid& grid, Instant applied_at, const std::optional<Instant>& last_started, Instant now) {
  const auto latest = latest_due(grid, now);
  if (!latest || (*latest < applied_at && applied_at <= now)) return false;
  return !last_started || *last_started > now || *last_started < *latest;
}

std::vector<Instant> outlasted(const Grid& grid, Instant started, Instant finished) {
  constexpr auto may_still_start = std::chrono::seconds{5};
  std::vector<Instant> instants;
  for (auto due = next_due(grid, started); due <= finished - may_still_start; due += grid.every)
    instants.push_back(due);
  return instants;
}

std::string tell(const Grid& grid) {
  return fmt::format("every {} from {}", tell_exactly(grid.every), format_rfc3339(grid.anchor));
}

}  // namespace hasync::schedule
