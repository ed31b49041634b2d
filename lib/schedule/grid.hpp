// When sync runs are due: anchor + k × every, k ≥ 0, in UTC. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"

namespace hasync::schedule {

struct Grid {
  Instant anchor{};
  Duration every{0};
};

// HH:MM is its next occurrence at or after `now`, an absolute time is itself, nothing is the next quarter of an hour.
Instant anchor_for(const std::optional<config::StartTime>& start, Instant now);

// The newest due instant at or before `now`; none before the anchor.
std::optional<Instant> latest_due(const Grid& grid, Instant now);
// The first due instant after `after`.
Instant next_due(const Grid& grid, Instant after);
// At most `count`: none is later than what RFC 3339 can say.
std::vector<Instant> upcoming(const Grid& grid, Instant after, int count);

// Whether a run is due at `now`: one due instant has come since the grid was applied and since the last run started.
// However many were missed, one run makes good for them. What lies in the future was recorded before the clock
// was set back, and counts as nothing.
bool is_due(const Grid& grid, Instant applied_at, const std::optional<Instant>& last_started, Instant now);

// The due instants that a run from `started` to `finished` was in the way of. One that came in the last few seconds may
// still be carried out, by a scheduler that is about to start it.
std::vector<Instant> outlasted(const Grid& grid, Instant started, Instant finished);

// "every 15 min from 2026-11-24T02:00:00Z"
std::string tell(const Grid& grid);

}  // namespace hasync::schedule
