#include "store/failovers.hpp"

#include <algorithm>
#include <array>

namespace hasync::store {
namespace {

constexpr std::array kind_names{"promotion", "demotion", "standby"};
constexpr std::array result_names{"running", "done", "failed", "refused", "standby", "given up"};
constexpr std::array state_names{"pending", "running", "done", "failed", "passed over"};

template <typename Enum, std::size_t N>
Enum named(const std::array<const char*, N>& names, std::string_view name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

const std::string select_failovers =
    "SELECT id, at, finished, kind, trigger, result, episode, point, term, guards, forced, note, acknowledged FROM "
    "failovers ";

FailoverRecord failover_from(const Statement& row) {
  return {row.integer(0),       row.instant(1),
          row.maybe_instant(2), named<FailoverKind>(kind_names, row.text(3)),
          row.text(4),          named<FailoverResult>(result_names, row.text(5)),
          row.maybe_integer(6), row.maybe_text(7),
          row.integer(8),       row.text(9),
          row.text(10),         row.text(11),
          row.maybe_instant(12)};
}

StepRecord step_from(const Statement& row) {
  return {static_cast<int>(row.integer(0)),
          row.text(1),
          row.text(2),
          row.text(3),
          named<StepState>(state_names, row.text(4)),
          static_cast<int>(row.integer(5)),
          row.maybe_instant(6),
          row.maybe_instant(7),
          row.text(8)};
}

Result<std::optional<FailoverRecord>> one_failover(Database& database, std::string_view condition) {
  HASYNC_TRY(auto query, database.prepare(select_failovers + std::string{condition}));
  return first_row(query, failover_from);
}

}  // namespace

std::string_view failover_kind_name(FailoverKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }
std::string_view failover_result_name(FailoverResult result) {
  return result_names.at(static_cast<std::size_t>(result));
}
std::string_view step_state_name(StepState state) { return state_names.at(static_cast<std::size_t>(state)); }

Result<std::int64_t> add_failover(Database& database, const FailoverRecord& failover,
                                  const std::vector<StepRecord>& steps) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT INTO failovers (at, finished, kind, trigger, result, episode, point, term, "
                              "guards, forced, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(failover.at).bind(failover.finished).bind(failover_kind_name(failover.kind)).bind(failover.trigger);
  insert.bind(failover_result_name(failover.result)).bind(failover.episode).bind(failover.point).bind(failover.term);
  HASYNC_CHECK(insert.bind(failover.guards).bind(failover.forced).bind(failover.note).run());
  const auto id = database.last_id();
  HASYNC_TRY(auto add_step, database.prepare("INSERT INTO steps (failover, seq, kind, name, spec, state) "
                                             "VALUES (?, ?, ?, ?, ?, 'pending')"));
  for (const auto& step : steps)
    HASYNC_CHECK(add_step.bind(id).bind(step.seq).bind(step.kind).bind(step.name).bind(step.spec).run());
  return id;
}

Result<void> update_failover(Database& database, const FailoverRecord& failover) {
  HASYNC_TRY(auto update,
             database.prepare("UPDATE failovers SET finished = ?, result = ?, guards = ?, forced = ?, note = ? WHERE "
                              "id = ?"));
  return update.bind(failover.finished)
      .bind(failover_result_name(failover.result))
      .bind(failover.guards)
      .bind(failover.forced)
      .bind(failover.note)
      .bind(failover.id)
      .run();
}

Result<void> update_step(Database& database, std::int64_t failover, const StepRecord& step) {
  HASYNC_TRY(auto update,
             database.prepare("UPDATE steps SET state = ?, tries = ?, started = ?, finished = ?, evidence = ? "
                              "WHERE failover = ? AND seq = ?"));
  update.bind(step_state_name(step.state)).bind(step.tries).bind(step.started).bind(step.finished).bind(step.evidence);
  return update.bind(failover).bind(step.seq).run();
}

Result<std::vector<StepRecord>> steps_of(Database& database, std::int64_t failover) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT seq, kind, name, spec, state, tries, started, finished, evidence FROM steps "
                              "WHERE failover = ? ORDER BY seq"));
  query.bind(failover);
  return all_rows(query, step_from);
}

Result<std::optional<FailoverRecord>> unfinished_failover(Database& database) {
  return one_failover(database, "WHERE result = 'running' ORDER BY id DESC LIMIT 1");
}

Result<std::optional<FailoverRecord>> unacknowledged_failover(Database& database) {
  return one_failover(
      database, "WHERE kind = 'promotion' AND result = 'failed' AND acknowledged IS NULL ORDER BY id DESC LIMIT 1");
}

Result<std::int64_t> failed_since(Database& database, FailoverKind kind, Instant since) {
  HASYNC_TRY(auto query,
             database.prepare("SELECT count(*) FROM failovers WHERE kind = ? AND result = 'failed' AND at >= ?"));
  HASYNC_CHECK(query.bind(failover_kind_name(kind)).bind(since).step());
  return query.integer(0);
}

Result<void> acknowledge_failovers(Database& database, Instant at) {
  HASYNC_TRY(auto update, database.prepare("UPDATE failovers SET acknowledged = ? WHERE acknowledged IS NULL "
                                           "AND result <> 'running'"));
  return update.bind(at).run();
}

Result<std::vector<FailoverRecord>> list_failovers(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare(select_failovers + "WHERE at >= ? ORDER BY id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, failover_from);
}

}  // namespace hasync::store
