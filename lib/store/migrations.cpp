#include "store/migrations.hpp"

#include <fmt/format.h>

#include <array>

namespace hasync::store {
namespace {

// Times are UTC milliseconds, lengths milliseconds.
constexpr auto version_1 = R"sql(
CREATE TABLE node (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  role TEXT NOT NULL CHECK (role IN ('primary', 'secondary')),
  term INTEGER NOT NULL,
  role_since INTEGER NOT NULL,
  paused_since INTEGER, paused_until INTEGER, pause_reason TEXT,
  anchor INTEGER, run_every INTEGER, applied_at INTEGER, scheduler TEXT,
  peer_role TEXT, peer_term INTEGER, peer_version TEXT, peer_told_at INTEGER, peer_clock_offset INTEGER
) STRICT;
CREATE TABLE sync_runs (
  id INTEGER PRIMARY KEY,
  started INTEGER NOT NULL, finished INTEGER,
  trigger TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('running', 'success', 'unchanged', 'held', 'failed', 'skipped', 'interrupted')),
  point TEXT,
  changed INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
  files INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, transferred INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX sync_runs_by_start ON sync_runs (started);
CREATE INDEX sync_runs_by_result ON sync_runs (result, started);
CREATE TABLE points (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('published', 'held', 'pruned')),
  files INTEGER NOT NULL, bytes INTEGER NOT NULL,
  run INTEGER REFERENCES sync_runs (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE episodes (
  id INTEGER PRIMARY KEY,
  began INTEGER NOT NULL, ended INTEGER,
  failures INTEGER NOT NULL,
  detected INTEGER, acted TEXT,
  evidence TEXT NOT NULL
) STRICT;
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  alive INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  uptime INTEGER NOT NULL, boot TEXT NOT NULL,
  episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
  evidence TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_time ON attempts (at);
CREATE INDEX attempts_alive ON attempts (alive, id);
CREATE TABLE failovers (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL, finished INTEGER,
  kind TEXT NOT NULL CHECK (kind IN ('promotion', 'demotion', 'standby')),
  trigger TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('running', 'done', 'failed', 'refused', 'standby', 'given up')),
  episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
  point TEXT, term INTEGER NOT NULL,
  guards TEXT NOT NULL, forced TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  acknowledged INTEGER
) STRICT;
CREATE UNIQUE INDEX failovers_one_running ON failovers (result) WHERE result = 'running';
CREATE TABLE steps (
  failover INTEGER NOT NULL REFERENCES failovers (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed', 'passed over')),
  tries INTEGER NOT NULL DEFAULT 0,
  started INTEGER, finished INTEGER,
  evidence TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (failover, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL, kind TEXT NOT NULL, summary TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at);
CREATE TABLE mails (
  id INTEGER PRIMARY KEY,
  event INTEGER REFERENCES events (id) ON DELETE SET NULL,
  queued INTEGER NOT NULL,
  sender TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,
  tries INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL, note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE recipients (
  mail INTEGER NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
  at INTEGER, reply TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (mail, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_by_state ON recipients (state);
)sql";

constexpr auto version_2 = R"sql(
CREATE TABLE settings_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  file TEXT NOT NULL,
  at INTEGER NOT NULL,
  who TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL,
  restores INTEGER
) STRICT;
CREATE INDEX settings_versions_by_file ON settings_versions (file, id);
CREATE TABLE applied_settings (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL,
  who TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
)sql";

constexpr auto version_3 = R"sql(
CREATE TABLE point_datasets (
  point TEXT NOT NULL REFERENCES points (id) ON DELETE CASCADE,
  dataset TEXT NOT NULL,
  files INTEGER NOT NULL, bytes INTEGER NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, attributes INTEGER NOT NULL, deleted INTEGER NOT NULL,
  file_system TEXT NOT NULL,
  PRIMARY KEY (point, dataset)
) STRICT, WITHOUT ROWID;
)sql";

constexpr auto version_4 = R"sql(
CREATE TABLE refusals (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL, count INTEGER NOT NULL,
  command TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_by_time ON refusals (at);
)sql";

constexpr auto version_5 = R"sql(
ALTER TABLE node ADD COLUMN peer_has_aes INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array migrations{version_1, version_2, version_3, version_4, version_5};
static_assert(migrations.size() == schema_version);

Result<int> version_of(Database& database) {
  HASYNC_TRY(auto query, database.prepare("PRAGMA user_version"));
  HASYNC_CHECK(query.step());
  return static_cast<int>(query.integer(0));
}

Error newer(const Database& database, int version) {
  return {
      ExitCode::failed,
      fmt::format("store {}: was written by a newer hasync (schema {}, this one knows {}); install that version here",
                  database.path(), version, schema_version)};
}

}  // namespace

Result<void> migrate(Database& database) {
  HASYNC_TRY(int version, version_of(database));
  if (version == schema_version) return {};
  HASYNC_TRY(auto transaction, Transaction::begin(database));
  HASYNC_TRY(version, version_of(database));  // another process may have been faster
  if (version > schema_version) return fail(newer(database, version));
  for (; version < schema_version; ++version)
    HASYNC_CHECK(database.execute(migrations.at(static_cast<std::size_t>(version))));
  HASYNC_CHECK(database.execute(fmt::format("PRAGMA user_version = {}", schema_version)));
  return transaction.commit();
}

Result<void> require_current(Database& database) {
  HASYNC_TRY(const int version, version_of(database));
  if (version > schema_version) return fail(newer(database, version));
  if (version < schema_version)
    return fail(
        ExitCode::failed,
        fmt::format("store {}: has an older schema; any hasync agent run brings it up to date", database.path()));
  return {};
}

}  // namespace hasync::store
