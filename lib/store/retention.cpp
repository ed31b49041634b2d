#include "store/retention.hpp"

#include <fmt/format.h>

#include <array>

namespace hasync::store {
namespace {

constexpr int rows_at_once = 5000;

struct Rule {
  const char* table;
  const char* key;
  const char* condition;  // one parameter: the instant
};

constexpr std::array rules{
    Rule{"attempts", "rowid",
         "at < ? AND id <> (SELECT max(id) FROM attempts) AND id <> coalesce((SELECT max(id) FROM attempts WHERE alive "
         "= 1), 0)"},
    Rule{"episodes", "rowid", "ended < ?"},
    Rule{"sync_runs", "rowid",
         "started < ? AND result <> 'running' AND id <> coalesce((SELECT max(id) FROM sync_runs WHERE result IN "
         "('success', 'unchanged')), 0)"},
    Rule{"points", "id", "state = 'pruned' AND at < ?"},
    Rule{"failovers", "rowid",
         "finished < ? AND NOT (kind = 'promotion' AND result = 'failed' AND acknowledged IS NULL)"},
    Rule{"mails", "rowid", "queued < ? AND id NOT IN (SELECT mail FROM recipients WHERE state = 'queued')"},
    Rule{"events", "rowid", "at < ?"},
    Rule{"refusals", "rowid", "at < ?"},
};

}  // namespace

Result<std::int64_t> forget_before(Database& database, Instant before) {
  std::int64_t total = 0;
  for (const auto& rule : rules) {
    const auto sql = fmt::format("DELETE FROM {0} WHERE {1} IN (SELECT {1} FROM {0} WHERE {2} LIMIT {3})", rule.table,
                                 rule.key, rule.condition, rows_at_once);
    for (std::int64_t removed = rows_at_once; removed == rows_at_once; total += removed) {
      HASYNC_TRY(auto transaction, Transaction::begin(database));
      HASYNC_TRY(auto forget, database.prepare(sql));
      HASYNC_CHECK(forget.bind(before).run());
      HASYNC_TRY(auto count, database.prepare("SELECT changes()"));
      HASYNC_CHECK(count.step());
      removed = count.integer(0);
      HASYNC_CHECK(transaction.commit());
    }
  }
  HASYNC_CHECK(database.execute("PRAGMA wal_checkpoint(PASSIVE)"));
  return total;
}

}  // namespace hasync::store
