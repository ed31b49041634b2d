#include "store/sync_runs.hpp"

#include <algorithm>
#include <array>

namespace hasync::store {
namespace {

constexpr std::array result_names{"running", "success", "unchanged", "held", "failed", "skipped", "interrupted"};
constexpr std::array state_names{"published", "held", "pruned"};

template <typename Enum, std::size_t N>
Enum named(const std::array<const char*, N>& names, std::string_view name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}
const std::string select_runs =
    "SELECT id, started, finished, trigger, result, point, changed, deleted, files, bytes, transferred, note FROM "
    "sync_runs ";

SyncRun run_from_row(const Statement& row) {
  return {row.integer(0),
          row.instant(1),
          row.maybe_instant(2),
          row.text(3),
          named<SyncResult>(result_names, row.text(4)),
          row.maybe_text(5),
          row.integer(6),
          row.integer(7),
          row.integer(8),
          row.integer(9),
          row.integer(10),
          row.text(11)};
}

Point point_from(const Statement& row) {
  return {row.text(0),    row.instant(1), named<PointState>(state_names, row.text(2)),
          row.integer(3), row.integer(4), row.maybe_integer(5)};
}

Result<std::optional<SyncRun>> one_run(Database& database, std::string_view sql) {
  HASYNC_TRY(auto query, database.prepare(sql));
  return first_row(query, run_from_row);
}

}  // namespace

std::string_view sync_result_name(SyncResult result) { return result_names.at(static_cast<std::size_t>(result)); }
std::string_view point_state_name(PointState state) { return state_names.at(static_cast<std::size_t>(state)); }

Result<std::int64_t> add_run(Database& database, const SyncRun& run) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT INTO sync_runs (started, finished, trigger, result, point, changed, deleted, "
                              "files, bytes, transferred, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(run.started).bind(run.finished).bind(run.trigger).bind(sync_result_name(run.result)).bind(run.point);
  insert.bind(run.changed).bind(run.deleted).bind(run.files).bind(run.bytes).bind(run.transferred).bind(run.note);
  HASYNC_CHECK(insert.run());
  return database.last_id();
}

Result<void> update_run(Database& database, const SyncRun& run) {
  HASYNC_TRY(auto update,
             database.prepare("UPDATE sync_runs SET finished = ?, result = ?, point = ?, changed = ?, deleted = ?, "
                              "files = ?, bytes = ?, transferred = ?, note = ? WHERE id = ?"));
  update.bind(run.finished).bind(sync_result_name(run.result)).bind(run.point).bind(run.changed).bind(run.deleted);
  return update.bind(run.files).bind(run.bytes).bind(run.transferred).bind(run.note).bind(run.id).run();
}

Result<std::vector<SyncRun>> unfinished_runs(Database& database) {
  HASYNC_TRY(auto query, database.prepare(select_runs + "WHERE result = 'running' ORDER BY id"));
  return all_rows(query, run_from_row);
}

Result<std::vector<SyncRun>> list_runs(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare(select_runs + "WHERE started >= ? ORDER BY started DESC, id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, run_from_row);
}

Result<std::optional<SyncRun>> newest_run(Database& database) {
  return one_run(database, select_runs + "WHERE result <> 'skipped' ORDER BY id DESC LIMIT 1");
}

Result<std::vector<SyncRun>> runs_between(Database& database, Instant from, Instant until) {
  HASYNC_TRY(auto query, database.prepare(select_runs + "WHERE started >= ? AND started < ? ORDER BY started, id"));
  query.bind(from).bind(until);
  return all_rows(query, run_from_row);
}

Result<std::optional<SyncRun>> run_before(Database& database, Instant at) {
  HASYNC_TRY(auto query, database.prepare(select_runs + "WHERE started < ? AND result <> 'skipped' ORDER BY started "
                                                        "DESC, id DESC LIMIT 1"));
  query.bind(at);
  return first_row(query, run_from_row);
}

Result<std::optional<SyncRun>> run_from(Database& database, Instant at) {
  HASYNC_TRY(auto query,
             database.prepare(select_runs + "WHERE started >= ? AND result <> 'skipped' ORDER BY started, id LIMIT 1"));
  query.bind(at);
  return first_row(query, run_from_row);
}

Result<bool> has_run_between(Database& database, Instant from, Instant until) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT EXISTS (SELECT 1 FROM sync_runs WHERE started >= ? AND started < ?)"));
  query.bind(from).bind(until);
  HASYNC_CHECK(query.step());
  return query.integer(0) != 0;
}

Result<std::optional<SyncRun>> newest_good_run(Database& database) {
  return one_run(database, select_runs + "WHERE result IN ('success', 'unchanged') ORDER BY id DESC LIMIT 1");
}

Result<std::int64_t> lately_per_second(Database& database, std::int64_t enough) {
  HASYNC_TRY(auto query, database.prepare("SELECT transferred * 1000 / max(finished - started, 1) FROM sync_runs "
                                          "WHERE result = 'success' AND transferred >= ? ORDER BY id DESC LIMIT 1"));
  query.bind(enough);
  HASYNC_TRY(const bool there_is_one, query.step());
  return there_is_one ? query.integer(0) : 0;
}

Result<std::int64_t> failures_since_good_run(Database& database) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT count(*) FROM sync_runs WHERE result IN ('failed', 'held') AND id > "
                              "coalesce((SELECT max(id) FROM sync_runs WHERE result IN ('success', 'unchanged')), 0)"));
  HASYNC_CHECK(query.step());
  return query.integer(0);
}

Result<std::int64_t> failures_before(Database& database, std::int64_t id) {
  HASYNC_TRY(
      auto query,
      database.prepare(
          "SELECT count(*) FROM sync_runs WHERE result IN ('failed', 'held') AND id < ?1 AND id > coalesce((SELECT "
          "max(id) FROM sync_runs WHERE result IN ('success', 'unchanged') AND id < ?1), 0)"));
  query.bind(id);
  HASYNC_CHECK(query.step());
  return query.integer(0);
}

Result<void> add_point(Database& database, const Point& point) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT INTO points (id, at, state, files, bytes, run) VALUES (?, ?, ?, ?, ?, ?)"));
  insert.bind(point.id).bind(point.at).bind(point_state_name(point.state)).bind(point.files).bind(point.bytes);
  return insert.bind(point.run).run();
}

Result<void> set_point_time(Database& database, const std::string& id, Instant at) {
  HASYNC_TRY(auto update, database.prepare("UPDATE points SET at = ? WHERE id = ?"));
  return update.bind(at).bind(id).run();
}

Result<void> set_point_state(Database& database, const std::string& id, PointState state) {
  HASYNC_TRY(auto update, database.prepare("UPDATE points SET state = ? WHERE id = ?"));
  return update.bind(point_state_name(state)).bind(id).run();
}

Result<std::vector<Point>> list_points(Database& database) {
  // By the run that made them, not by the clock, which may have been set back. A point that a crash left without its
  // run is still named by that.
  HASYNC_TRY(
      auto query,
      database.prepare("SELECT id, at, state, files, bytes, run FROM points WHERE state <> 'pruned' ORDER BY "
                       "coalesce(run, (SELECT max(made.id) FROM sync_runs AS made WHERE made.point = points.id), 0) "
                       "DESC, at DESC, id DESC"));
  return all_rows(query, point_from);
}

Result<std::optional<Point>> held_point(Database& database) {
  HASYNC_TRY(auto query, database.prepare("SELECT id, at, state, files, bytes, run FROM points WHERE state = 'held' "
                                          "ORDER BY run DESC, id DESC LIMIT 1"));
  return first_row(query, point_from);
}

Result<std::optional<Point>> find_point(Database& database, const std::string& id) {
  HASYNC_TRY(auto query, database.prepare("SELECT id, at, state, files, bytes, run FROM points WHERE id = ?"));
  query.bind(id);
  return first_row(query, point_from);
}

}  // namespace hasync::store
