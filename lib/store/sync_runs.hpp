// The record of sync runs and of the recovery points they made.
#pragma once
#include <vector>

#include "store/rows.hpp"

namespace hasync::store {

enum class SyncResult { running, success, unchanged, held, failed, skipped, interrupted };
std::string_view sync_result_name(SyncResult result);

struct SyncRun {
  std::int64_t id = 0;
  Instant started{};
  std::optional<Instant> finished{};
  std::string trigger{};  // "schedule" or "operator"
  SyncResult result = SyncResult::running;
  std::optional<std::string> point{};  // the point it was to make, or for an unchanged run the one it found still true
  std::int64_t changed = 0, deleted = 0;
  std::int64_t files = 0, bytes = 0, transferred = 0;
  std::string note{};  // why it failed, or what is worth knowing of a success
};

// Records a run as `run.result`; `run.id` is not read. Gives the id.
Result<std::int64_t> add_run(Database& database, const SyncRun& run);
// Everything but id, started and trigger.
Result<void> update_run(Database& database, const SyncRun& run);
Result<std::vector<SyncRun>> unfinished_runs(Database& database);
Result<std::vector<SyncRun>> list_runs(Database& database, const Range& range);
// The newest run that was carried out (skipped ones were not), finished or not.
Result<std::optional<SyncRun>> newest_run(Database& database);
// Those that started at `from` or later and before `until`, oldest first.
Result<std::vector<SyncRun>> runs_between(Database& database, Instant from, Instant until);
// Of those that were carried out: the newest that started before `at`, and the first that started at `at` or later.
Result<std::optional<SyncRun>> run_before(Database& database, Instant at);
Result<std::optional<SyncRun>> run_from(Database& database, Instant at);
// Whether one, of whatever result, started at `from` or later, and before `until`.
Result<bool> has_run_between(Database& database, Instant from, Instant until);
// The newest whose result is success or unchanged.
Result<std::optional<SyncRun>> newest_good_run(Database& database);
// Bytes per second, in all of its time, of the newest good run that had at least `enough` to fetch; 0 where none had.
Result<std::int64_t> lately_per_second(Database& database, std::int64_t enough);
// Failed and held runs since the newest good one.
Result<std::int64_t> failures_since_good_run(Database& database);
// Failed and held runs between the good run `id` and the good one before it.
Result<std::int64_t> failures_before(Database& database, std::int64_t id);

enum class PointState { published, held, pruned };
std::string_view point_state_name(PointState state);

struct Point {
  std::string id{};  // its folder's name in STORE/points
  Instant
      at{};  // when its content was last known to be true on the primary: the start of the newest run that found it so
  PointState state = PointState::published;
  std::int64_t files = 0, bytes = 0;
  std::optional<std::int64_t> run{};
};

Result<void> add_point(Database& database, const Point& point);
Result<void> set_point_time(Database& database, const std::string& id, Instant at);
Result<void> set_point_state(Database& database, const std::string& id, PointState state);
// Newest first; pruned ones are left out.
Result<std::vector<Point>> list_points(Database& database);
// The newest that is held.
Result<std::optional<Point>> held_point(Database& database);
Result<std::optional<Point>> find_point(Database& database, const std::string& id);

}  // namespace hasync::store
