#include <random>
#include <set>

#include "schedule/calendar.hpp"
#include "schedule/grid.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

// The contract's words, counted out one by one.
std::optional<Instant> oracle_latest(const Grid& grid, Instant now) {
  std::optional<Instant> latest;
  for (auto due = grid.anchor; due <= now; due += grid.every) latest = due;
  return latest;
}

}  // namespace

TEST_CASE("due instants are anchor + k × every, for many random grids") {
  std::mt19937 random{20261124};
  for (int round = 0; round < 20000; ++round) {
    const auto every = std::chrono::minutes{1 + random() % 10080};
    const auto anchor = at("2024-02-28T00:00:00Z") + std::chrono::minutes{random() % 2000000};
    const auto now =
        anchor + (static_cast<int>(random() % 4000) - 1000) * every / 10 + std::chrono::milliseconds{random() % 3};
    const Grid grid{anchor, every};
    const auto expected = oracle_latest(grid, now);
    CHECK(latest_due(grid, now) == expected);
    CHECK(next_due(grid, now) == (expected ? *expected + every : anchor));
  }
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

TEST_CASE("a month of cron's ticks and the due test make exactly the grid, in zones of every offset") {
  for (const auto every :
       {1min, 5min, 7min, 15min, 20min, 30min, 45min, 60min, 90min, 420min, 1440min, 4320min, 10080min})
    for (const auto offset : {0min, 60min, -210min, 345min, 765min}) {
      const Grid grid{at("2026-01-31T23:07:00Z"), every};
      const auto applied = grid.anchor - 1h;
      std::set<int> minutes;
      const auto field = cron_minutes(grid);
      for (std::size_t from = 0; field != "*" && from < field.size();
           from = std::min(field.find(',', from), field.size() - 1) + 1)
        minutes.insert(std::stoi(field.substr(from)));
      std::optional<Instant> last;
      std::vector<Instant> ran;
      for (auto now = applied; now < applied + 744h; now += 1min) {
        const auto local_minute =
            static_cast<int>(std::chrono::floor<std::chrono::minutes>((now + offset).time_since_epoch()).count() % 60);
        if (field != "*" && !minutes.contains(local_minute)) continue;
        if (is_due(grid, applied, last, now)) ran.push_back(*(last = now));
      }
      std::vector<Instant> expected;
      for (auto due = grid.anchor; due < applied + 744h; due += every) expected.push_back(due);
      CHECK(ran == expected);
    }
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
