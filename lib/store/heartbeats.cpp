#include "store/heartbeats.hpp"

namespace hasync::store {
namespace {

const std::string select_attempts =
    "SELECT id, at, alive, duration, failures, uptime, boot, episode, evidence FROM attempts ";
const std::string select_episodes = "SELECT id, began, ended, failures, detected, acted, evidence FROM episodes ";

Attempt attempt_from(const Statement& row) {
  return {row.integer(0),
          row.instant(1),
          row.integer(2) != 0,
          row.duration(3),
          static_cast<int>(row.integer(4)),
          BootTime{Duration{row.integer(5)}},
          row.text(6),
          row.maybe_integer(7),
          row.text(8)};
}

Episode episode_from(const Statement& row) {
  return {row.integer(0),       row.instant(1),    row.maybe_instant(2), static_cast<int>(row.integer(3)),
          row.maybe_instant(4), row.maybe_text(5), row.text(6)};
}

}  // namespace

Result<std::int64_t> add_attempt(Database& database, const Attempt& attempt) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT INTO attempts (at, alive, duration, failures, uptime, boot, episode, evidence) "
                              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(attempt.at).bind(attempt.alive ? 1 : 0).bind(attempt.duration).bind(attempt.failures);
  insert.bind(attempt.uptime.time_since_epoch()).bind(attempt.boot).bind(attempt.episode).bind(attempt.evidence);
  HASYNC_CHECK(insert.run());
  return database.last_id();
}

Result<std::optional<Attempt>> newest_attempt(Database& database) {
  HASYNC_TRY(auto query, database.prepare(select_attempts + "ORDER BY id DESC LIMIT 1"));
  return first_row(query, attempt_from);
}

Result<std::optional<Attempt>> newest_success(Database& database) {
  HASYNC_TRY(auto query, database.prepare(select_attempts + "WHERE alive = 1 ORDER BY id DESC LIMIT 1"));
  return first_row(query, attempt_from);
}

Result<bool> has_attempt_between(Database& database, Instant from, Instant until) {
  HASYNC_TRY(auto query, database.prepare("SELECT EXISTS (SELECT 1 FROM attempts WHERE at >= ? AND at < ?)"));
  query.bind(from).bind(until);
  HASYNC_CHECK(query.step());
  return query.integer(0) != 0;
}

Result<std::vector<Attempt>> list_attempts(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare(select_attempts + "WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, attempt_from);
}

Result<std::int64_t> add_episode(Database& database, const Episode& episode) {
  HASYNC_TRY(auto insert, database.prepare("INSERT INTO episodes (began, ended, failures, detected, acted, evidence) "
                                           "VALUES (?, ?, ?, ?, ?, ?)"));
  insert.bind(episode.began).bind(episode.ended).bind(episode.failures).bind(episode.detected).bind(episode.acted);
  HASYNC_CHECK(insert.bind(episode.evidence).run());
  return database.last_id();
}

Result<void> update_episode(Database& database, const Episode& episode) {
  HASYNC_TRY(auto update,
             database.prepare("UPDATE episodes SET ended = ?, failures = ?, detected = ?, acted = ?, evidence = ? "
                              "WHERE id = ?"));
  update.bind(episode.ended).bind(episode.failures).bind(episode.detected).bind(episode.acted).bind(episode.evidence);
  return update.bind(episode.id).run();
}

Result<std::optional<Episode>> open_episode(Database& database) {
  HASYNC_TRY(auto query,
             database.prepare(select_episodes + "WHERE id = (SELECT max(id) FROM episodes) AND ended IS NULL"));
  return first_row(query, episode_from);
}

Result<std::optional<Episode>> find_episode(Database& database, std::int64_t id) {
  HASYNC_TRY(auto query, database.prepare(select_episodes + "WHERE id = ?"));
  query.bind(id);
  return first_row(query, episode_from);
}

Result<std::vector<Episode>> list_episodes(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare(select_episodes + "WHERE began >= ? ORDER BY id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, episode_from);
}

}  // namespace hasync::store
