#include "store/retention.hpp"

#include <array>

namespace hasync::store {
namespace {

constexpr int rows_at_once = 5000;

struct Rule {
  const char* table;
  const char* condition;  // one parameter: the instant
};

constexpr std::array rules{
    Rule{"attempts",
         "at < ? AND id <> (SELECT max(id) FROM attempts) AND id <> coalesce((SELECT max(id) FROM attempts WHERE alive "
         "= 1), 0)"},
    Rule{"episodes", "ended < ?"},
    Rule{"sync_runs",
         "started < ? AND result <> 'running' AND id <> coalesce((SELECT max(id) FROM sync_runs WHERE result IN "
         "('success', 'unchanged')), 0)"},
    Rule{"points", "state = 'pruned' AND at < ?"},
    Rule{"failovers", "finished < ? AND NOT (kind = 'promotion' AND result = 'failed' AND acknowledged IS NULL)"},
    Rule{"mails", "queued < ? AND id NOT IN (SELECT mail FROM recipients WHERE state = 'queued')"},
    Rule{"events", "at < ?"},
};

}  // namespace

Result<std::int64_t> forget_before(Database& database, Instant before) {
  std::int64_t total = 0;
  for (const auto& rule : rules) {
    const std::string table = rule.table;
    const auto key = table == "points" ? "id" : "rowid";
    const auto sql = "DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM " + table + " WHERE " +
                     rule.condition + " LIMIT " + std::to_string(rows_at_once) + ")";
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
