#include "store/refusals.hpp"

namespace hasync::store {
namespace {

constexpr auto counted_together = std::chrono::minutes{1};

Refusal refusal_from(const Statement& row) {
  return {row.instant(0), row.integer(1), row.text(2), row.text(3), row.text(4)};
}

}  // namespace

Result<void> count_refusal(Database& database, const Refusal& refusal) {
  HASYNC_TRY(auto transaction, Transaction::begin(database));
  HASYNC_TRY(auto newest, database.prepare("SELECT max(id) FROM refusals WHERE at > ? AND at <= ?"));
  HASYNC_CHECK(newest.bind(refusal.at - counted_together).bind(refusal.at).step());
  if (const auto id = newest.maybe_integer(0)) {
    HASYNC_TRY(auto update, database.prepare("UPDATE refusals SET count = count + 1 WHERE id = ?"));
    HASYNC_CHECK(update.bind(*id).run());
  } else {
    HASYNC_TRY(auto insert,
               database.prepare("INSERT INTO refusals (at, count, command, reason, source) VALUES (?, 1, ?, ?, ?)"));
    HASYNC_CHECK(insert.bind(refusal.at).bind(refusal.command).bind(refusal.reason).bind(refusal.from).run());
  }
  return transaction.commit();
}

Result<std::vector<Refusal>> list_refusals(Database& database, const Range& range) {
  HASYNC_TRY(auto query, database.prepare("SELECT at, count, command, reason, source FROM refusals WHERE at >= ? ORDER "
                                          "BY at DESC, id DESC LIMIT ?"));
  query.bind(range.since.value_or(Instant{})).bind(range.limit);
  return all_rows(query, refusal_from);
}

Result<std::int64_t> refused_since(Database& database, Instant since) {
  HASYNC_TRY(auto query, database.prepare("SELECT coalesce(sum(count), 0) FROM refusals WHERE at >= ?"));
  HASYNC_CHECK(query.bind(since).step());
  return query.integer(0);
}

}  // namespace hasync::store
