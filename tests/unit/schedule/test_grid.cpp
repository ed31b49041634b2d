#include <random>

#include "schedule/grid.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

// The oracle: from the anchor in strides of 2^n steps, as wide as they come and then ever smaller, in 128 bits and
// without a division.
__extension__ using Wide = __int128;

struct Walk {
  Wide steps = -1;  // of the newest due instant; -1: before the anchor
  Wide at = 0;

  Walk(const Grid& grid, Instant now) {
    const Wide goal = to_ms(now), every = grid.every.count();
    at = to_ms(grid.anchor);
    if (at > goal) return;
    steps = 0;
    Wide stride = 1;
    while (at + stride * every <= goal) stride *= 2;
    for (; stride > 0; stride /= 2)
      if (at + stride * every <= goal) {
        at += stride * every;
        steps += stride;
      }
  }
};

// A run is due when a due instant came after both: the grid was applied (at it counts), the last run started.
bool oracle_due(const Grid& grid, Instant applied, const std::optional<Instant>& last, Instant now) {
  auto since = Instant::min() + Duration{1};
  if (applied <= now) since = std::max(since, applied - Duration{1});
  if (last && *last <= now) since = std::max(since, *last);
  return Walk{grid, now}.steps > Walk{grid, since}.steps;
}

// A million of these are compared; a CHECK for each would take longer than all the rest.
struct Trial {
  Grid grid{};
  Instant now{}, applied{};
  std::optional<Instant> last{};

  bool holds() const {
    const Walk walk{grid, now};
    const auto latest = latest_due(grid, now);
    const auto next = next_due(grid, now);
    if (latest.has_value() != (walk.steps >= 0) || (latest && to_ms(*latest) != walk.at)) return false;
    if (to_ms(next) != (walk.steps < 0 ? walk.at : walk.at + grid.every.count())) return false;
    std::vector<Instant> coming{next, next + grid.every, next + 2 * grid.every};
    while (!coming.empty() && coming.back() > last_instant) coming.pop_back();
    if (upcoming(grid, now, 3) != coming) return false;
    return is_due(grid, applied, last, now) == oracle_due(grid, applied, last, now);
  }
};

constexpr auto in_year_1970 = Instant{};
const auto in_year_9999 = at("9999-12-01T00:00:00Z");

}  // namespace

TEST_CASE("a million random grids and moments, against an oracle that counts another way") {
  std::mt19937_64 random{20261125};
  const auto below = [&](long limit) { return static_cast<long>(random() % static_cast<unsigned long>(limit)); };
  const std::vector<std::chrono::minutes> special{1min, 45min, 60min, 7h, 24h, 72h, 10079min, 168h};
  int failed = 0, due = 0, before_anchor = 0;
  for (int round = 0; round < 1'000'000; ++round) {
    Trial trial;
    const auto kind = below(4);
    trial.grid.every =
        below(3) == 0 ? special[static_cast<std::size_t>(below(8))] : std::chrono::minutes{1 + below(10080)};
    const auto span = (in_year_9999 - in_year_1970) / 1min;
    trial.grid.anchor = kind == 0   ? in_year_1970 + std::chrono::minutes{below(span)}
                        : kind == 1 ? in_year_1970
                        : kind == 2 ? in_year_9999 - 168h * 3
                                    : at("2024-02-28T00:00:00Z") + std::chrono::minutes{below(2'000'000)};
    // Anywhere, or within a few steps, and often at a due instant to the millisecond.
    trial.now = below(4) == 0 ? in_year_1970 + Duration{below((in_year_9999 - in_year_1970).count())}
                              : trial.grid.anchor + (below(40) - 4) * trial.grid.every + Duration{below(3) - 1};
    const auto near_now = [&] { return trial.now + (below(20) - 15) * trial.grid.every / 4 + Duration{below(3) - 1}; };
    trial.applied = near_now();
    if (below(3) != 0) trial.last = near_now();
    if (!trial.holds() && ++failed < 5)
      UNSCOPED_INFO(tell(trial.grid) << " at " << format_rfc3339(trial.now) << ", applied "
                                     << format_rfc3339(trial.applied) << ", last run "
                                     << (trial.last ? format_rfc3339(*trial.last) : "none"));
    due += is_due(trial.grid, trial.applied, trial.last, trial.now) ? 1 : 0;
    before_anchor += trial.now < trial.grid.anchor ? 1 : 0;
  }
  CHECK(failed == 0);
  CHECK(due > 100'000);
  CHECK(due < 900'000);
  CHECK(before_anchor > 50'000);
}

TEST_CASE("what is coming ends with the last instant that can be written") {
  const Grid weekly{at("9999-12-18T12:00:00Z"), 168h};
  CHECK(upcoming(weekly, at("2026-11-24T00:00:00Z"), 5) ==
        std::vector{at("9999-12-18T12:00:00Z"), at("9999-12-25T12:00:00Z")});
  CHECK(upcoming({at("9999-12-31T23:59:00Z"), 1min}, at("9999-12-31T23:59:00Z"), 5).empty());
  CHECK(format_rfc3339(upcoming({at("0000-01-01T00:00:00Z"), 1min}, at("9999-12-31T23:58:59.999Z"), 5).back()) ==
        "9999-12-31T23:59:00Z");
}

TEST_CASE("HH:MM is its next occurrence, nothing the next quarter of an hour, an absolute time itself") {
  const auto now = at("2024-02-29T23:50:00Z");
  CHECK(anchor_for(std::chrono::minutes{120}, now) == at("2024-03-01T02:00:00Z"));
  CHECK(anchor_for(std::chrono::minutes{1430}, now) == now);
  CHECK(anchor_for(std::nullopt, now) == at("2024-03-01T00:00:00Z"));
  CHECK(anchor_for(std::nullopt, at("2026-12-31T23:45:00Z")) == at("2026-12-31T23:45:00Z"));
  CHECK(anchor_for(at("2020-01-01T00:00:00Z"), now) == at("2020-01-01T00:00:00Z"));
}

TEST_CASE("a run is due once for each instant, and once for all that were missed") {
  const Grid grid{at("2026-11-24T02:00:00Z"), 15min};
  const auto applied = at("2026-11-24T01:00:00Z");
  CHECK_FALSE(is_due(grid, applied, std::nullopt, at("2026-11-24T01:59:59Z")));
  CHECK(is_due(grid, applied, std::nullopt, at("2026-11-24T02:00:00Z")));
  CHECK_FALSE(is_due(grid, applied, at("2026-11-24T02:00:00Z"), at("2026-11-24T02:14:59Z")));
  CHECK(is_due(grid, applied, at("2026-11-24T02:00:00Z"), at("2026-11-24T09:07:00Z")));
  CHECK_FALSE(is_due(grid, applied, at("2026-11-24T09:07:00Z"), at("2026-11-24T09:14:00Z")));
}

TEST_CASE("a past anchor does not make a run due at once, and a clock set back does not block for ever") {
  const Grid grid{at("2020-01-01T00:00:00Z"), 1h};
  const auto applied = at("2026-11-24T02:10:00Z");
  CHECK_FALSE(is_due(grid, applied, std::nullopt, at("2026-11-24T02:30:00Z")));
  CHECK(is_due(grid, applied, std::nullopt, at("2026-11-24T03:00:00Z")));
  CHECK(is_due(grid, applied, at("2031-01-01T00:00:00Z"), at("2026-11-24T05:00:00Z")));
  CHECK(is_due(grid, at("2031-01-01T00:00:00Z"), std::nullopt, at("2026-11-24T05:00:00Z")));
}

TEST_CASE("a run outlasts what falls due while it goes on, but not what a scheduler is about to start") {
  const Grid grid{at("2026-11-24T02:00:00Z"), 1min};
  const auto during = [&](const char* started, const char* finished) {
    return outlasted(grid, at(started), at(finished));
  };
  CHECK(during("2026-11-24T02:00:01Z", "2026-11-24T02:00:59Z").empty());
  CHECK(during("2026-11-24T02:00:01Z", "2026-11-24T02:01:04Z").empty());
  CHECK(during("2026-11-24T02:00:01Z", "2026-11-24T02:02:05Z") ==
        std::vector{at("2026-11-24T02:01:00Z"), at("2026-11-24T02:02:00Z")});
  CHECK(during("2026-11-24T02:00:00Z", "2026-11-24T02:01:30Z") == std::vector{at("2026-11-24T02:01:00Z")});
  CHECK(during("2026-11-24T01:00:00Z", "2026-11-24T01:30:00Z").empty());
}
