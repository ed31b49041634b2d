// The record of attempts and episodes.
#pragma once
#include <vector>

#include "store/rows.hpp"

namespace hasync::store {

struct Attempt {
  std::int64_t id = 0;
  Instant at{};
  bool alive = false;
  Duration duration{0};
  int failures = 0;    // consecutive failures with this attempt counted; 0 when alive
  BootTime uptime{};   // when it ended
  std::string boot{};  // the boot (Clock::boot_id) in which `uptime` counts
  std::optional<std::int64_t> episode{};
  std::string evidence{};  // "web 3 ms, ssh refused"
};

// From the first failed attempt to the next success.
struct Episode {
  std::int64_t id = 0;
  Instant began{};
  std::optional<Instant> ended{};
  int failures = 0;
  std::optional<Instant> detected{};   // when the failures reached the limit
  std::optional<std::string> acted{};  // what was done about it then; none: not acted upon
  std::string evidence{};              // of its newest failed attempt
};

Result<std::int64_t> add_attempt(Database& database, const Attempt& attempt);
Result<std::optional<Attempt>> newest_attempt(Database& database);
Result<std::optional<Attempt>> newest_success(Database& database);
Result<bool> has_attempt_between(Database& database, Instant from, Instant until);
Result<std::vector<Attempt>> list_attempts(Database& database, const Range& range);

Result<std::int64_t> add_episode(Database& database, const Episode& episode);
Result<void> update_episode(Database& database, const Episode& episode);
// The newest episode, when it has not ended.
Result<std::optional<Episode>> open_episode(Database& database);
Result<std::optional<Episode>> find_episode(Database& database, std::int64_t id);
Result<std::vector<Episode>> list_episodes(Database& database, const Range& range);

}  // namespace hasync::store
