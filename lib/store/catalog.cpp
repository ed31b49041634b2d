#include "store/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "store/rows.hpp"

namespace hasync::store {
namespace {

// What a point that is made from nothing holds is all created in it.
constexpr auto version_1 = R"sql(
CREATE TABLE IF NOT EXISTS points (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, base INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
  point INTEGER NOT NULL, dataset TEXT NOT NULL, path TEXT NOT NULL,
  what INTEGER NOT NULL, folder INTEGER NOT NULL, bytes INTEGER NOT NULL, checksum TEXT NOT NULL,
  PRIMARY KEY (point, dataset, path)
) STRICT, WITHOUT ROWID;
)sql";

// As with the changes, what became a link in a point. all_links: those of its base are on record, too.
constexpr auto version_2 = R"sql(
ALTER TABLE points ADD COLUMN all_links INTEGER NOT NULL DEFAULT 0;
CREATE TABLE links (
  point INTEGER NOT NULL, dataset TEXT NOT NULL, path TEXT NOT NULL,
  PRIMARY KEY (point, dataset, path)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array schemas{version_1, version_2};

Result<std::size_t> version_of(Database& database) {
  HASYNC_TRY(auto version, database.prepare("PRAGMA user_version"));
  HASYNC_CHECK(version.step());
  return static_cast<std::size_t>(version.integer(0));
}

Result<Database> open_and_prepare(const std::string& path) {
  HASYNC_TRY(auto database, Database::open(path));
  HASYNC_TRY(auto version, version_of(database));
  if (version >= schemas.size()) return database;
  HASYNC_TRY(auto transaction, Transaction::begin(database));
  HASYNC_TRY(version, version_of(database));  // another process may have been faster
  for (; version < schemas.size(); ++version) HASYNC_CHECK(database.execute(schemas.at(version)));
  HASYNC_CHECK(database.execute(fmt::format("PRAGMA user_version = {}", schemas.size())));
  HASYNC_CHECK(transaction.commit());
  return database;
}

Change change_of(const Statement& row) {
  return {.what = static_cast<What>(std::clamp<std::int64_t>(row.integer(1), 0, 4)),
          .folder = row.integer(2) != 0,
          .path = row.text(0),
          .bytes = row.integer(3),
          .checksum = row.text(4)};
}

Result<void> each_change_of(Statement& query, const OnChange& on_change) {
  return each_row(query, [&](const Statement& row) { return on_change(change_of(row)); });
}

}  // namespace

std::string_view what_name(What what) {
  static constexpr std::array<std::string_view, 5> names{"created", "changed", "attributes", "deleted", "linked"};
  return names.at(static_cast<std::size_t>(what));
}

Result<Catalog> Catalog::open(const StoreFolder& store) {
  auto database = open_and_prepare(store.catalog());
  if (!database && Database::is_damaged(store.catalog())) {
    for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(store.catalog() + end);
    database = open_and_prepare(store.catalog());
  }
  if (!database) return fail(database.error());
  return Catalog{std::make_unique<Database>(std::move(*database))};
}

Result<void> Catalog::begin(const std::string& point, const std::optional<std::string>& base) {
  HASYNC_TRY(auto transaction, Transaction::begin(*database_));
  HASYNC_TRY(const auto from, base ? number_of(*base) : Result<std::int64_t>{0});
  HASYNC_TRY(auto insert, database_->prepare("INSERT INTO points (id, base, all_links) VALUES (?, ?, coalesce((SELECT "
                                             "all_links FROM points WHERE number = ?), ?))"));
  insert.bind(point);
  if (from == 0)
    insert.bind_null();
  else
    insert.bind(from);
  HASYNC_CHECK(insert.bind(from).bind(base ? 0 : 1).run());
  being_made_ = database_->last_id();
  const std::string row = "INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)";
  HASYNC_TRY(insert_, database_->prepare("INSERT OR REPLACE " + row));
  HASYNC_TRY(insert_unless_there_, database_->prepare("INSERT OR IGNORE " + row));
  HASYNC_TRY(insert_link_, database_->prepare("INSERT OR IGNORE INTO links VALUES (?, ?, ?)"));
  HASYNC_TRY(checksum_,
             database_->prepare("UPDATE changes SET checksum = ? WHERE point = ? AND dataset = ? AND path = ?"));
  HASYNC_TRY(bytes_, database_->prepare("SELECT bytes FROM changes WHERE point = ? AND dataset = ? AND path = ?"));
  transaction_.emplace(std::move(transaction));
  return {};
}

Result<void> Catalog::add(const std::string& dataset, const Change& change) {
  HASYNC_CHECK(add_link(dataset, change));
  if (change.leads_to)
    HASYNC_CHECK(add_with(*insert_unless_there_, dataset,
                          {.what = What::linked, .path = *change.leads_to, .bytes = change.bytes}));
  const bool is_weak = change.what == What::deleted || change.what == What::linked;
  return add_with(is_weak ? *insert_unless_there_ : *insert_, dataset, change);
}

Result<void> Catalog::correct(const std::string& dataset, const Change& change) {
  return add_with(*insert_, dataset, change);
}

Result<void> Catalog::add_with(Statement& insert, const std::string& dataset, const Change& change) const {
  insert.bind(being_made_).bind(dataset).bind(change.path).bind(static_cast<int>(change.what));
  return insert.bind(change.folder ? 1 : 0).bind(change.bytes).bind(change.checksum).run();
}

Result<void> Catalog::add_link(const std::string& dataset, const Change& change) {
  if (!change.leads_to) return {};
  HASYNC_CHECK(insert_link_->bind(being_made_).bind(dataset).bind(change.path).run());
  return insert_link_->bind(being_made_).bind(dataset).bind(*change.leads_to).run();
}

Result<void> Catalog::set_checksum(const std::string& dataset, const std::string& path, const std::string& checksum) {
  return checksum_->bind(checksum).bind(being_made_).bind(dataset).bind(path).run();
}

Result<std::int64_t> Catalog::bytes_planned(const std::string& dataset, const std::string& path) {
  HASYNC_TRY(const bool there_is_one, bytes_->bind(being_made_).bind(dataset).bind(path).step());
  const auto bytes = there_is_one ? bytes_->integer(0) : -1;
  bytes_->reset();
  return bytes;
}

Result<void> Catalog::commit() {
  HASYNC_CHECK(transaction_->commit());
  roll_back();
  return {};
}

void Catalog::roll_back() {
  insert_.reset();
  insert_unless_there_.reset();
  insert_link_.reset();
  checksum_.reset();
  bytes_.reset();
  transaction_.reset();
}

Result<void> Catalog::each_change(const std::string& point, const std::string& dataset, const OnChange& on_change) {
  HASYNC_TRY(auto query,
             database_->prepare("SELECT path, what, folder, bytes, checksum FROM changes WHERE point = (SELECT number "
                                "FROM points WHERE id = ?) AND dataset = ? ORDER BY path DESC"));
  query.bind(point).bind(dataset);
  return each_change_of(query, on_change);
}

Result<bool> Catalog::derives(const std::string& point, const std::string& earlier) {
  HASYNC_TRY(const auto number, number_of(earlier));
  HASYNC_TRY(const auto line, lineage(point));
  return number != 0 && std::find(line.begin(), line.end(), number) != line.end();
}

Result<std::string> Catalog::numbers_since(const std::string& earlier, const std::string& point) {
  HASYNC_TRY(const auto number, number_of(earlier));
  HASYNC_TRY(auto line, lineage(point));
  line.erase(std::find(line.begin(), line.end(), number), line.end());
  return fmt::format("{}", fmt::join(line, ","));
}

Result<void> Catalog::each_change_since(const std::string& earlier, const std::string& point,
                                        const std::string& dataset, const OnChange& on_change) {
  HASYNC_TRY(const auto numbers, numbers_since(earlier, point));
  // SQLite takes the other columns from the row that has the maximum (lang_select.html, "Bare columns").
  HASYNC_TRY(auto query, database_->prepare(fmt::format("SELECT path, what, folder, bytes, checksum, max(point) FROM "
                                                        "changes WHERE point IN ({}) AND dataset = ? GROUP BY path "
                                                        "ORDER BY path DESC",
                                                        numbers)));
  query.bind(dataset);
  return each_change_of(query, on_change);
}

Result<std::int64_t> Catalog::count_since(const std::string& earlier, const std::string& point,
                                          const std::string& dataset) {
  HASYNC_TRY(const auto numbers, numbers_since(earlier, point));
  HASYNC_TRY(auto query, database_->prepare(
                             fmt::format("SELECT count(*) FROM changes WHERE point IN ({}) AND dataset = ?", numbers)));
  query.bind(dataset);
  HASYNC_CHECK(query.step());
  return query.integer(0);
}

Result<bool> Catalog::knows_links(const std::string& point) {
  HASYNC_TRY(auto known, database_->prepare("SELECT all_links FROM points WHERE id = ?"));
  known.bind(point);
  HASYNC_TRY(const auto all, first_row(known, [](const Statement& row) { return row.integer(0) == 1; }));
  return all.value_or(false);
}

Result<void> Catalog::each_link(const std::string& point, const std::string& dataset, const OnName& on_name) {
  HASYNC_TRY(const auto line, lineage(point));
  HASYNC_TRY(auto query, database_->prepare(fmt::format("SELECT path FROM links WHERE point IN ({}) AND dataset = ?",
                                                        fmt::join(line, ","))));
  query.bind(dataset);
  return each_row(query, [&](const Statement& row) { return on_name(row.text(0)); });
}

Result<void> Catalog::learn_links(const std::string& point, const std::function<Result<void>(const OnLink&)>& each) {
  HASYNC_TRY(auto transaction, Transaction::begin(*database_));
  HASYNC_TRY(auto insert, database_->prepare("INSERT INTO points (id, all_links) VALUES (?, 1) ON CONFLICT (id) DO "
                                             "UPDATE SET all_links = 1"));
  HASYNC_CHECK(insert.bind(point).run());
  HASYNC_TRY(auto insert_link,
             database_->prepare("INSERT OR IGNORE INTO links SELECT number, ?, ? FROM points WHERE id = ?"));
  HASYNC_CHECK(each([&](const std::string& dataset, const std::string& name) {
    return insert_link.bind(dataset).bind(name).bind(point).run();
  }));
  return transaction.commit();
}

Result<std::string> Catalog::checksum_in(const std::string& point, const std::string& dataset,
                                         const std::string& path) {
  if (point != asked_point_) {
    HASYNC_TRY(asked_lineage_, lineage(point));
    HASYNC_TRY(lookup_, database_->prepare("SELECT checksum FROM changes WHERE point = ? AND dataset = ? AND path = ? "
                                           "AND checksum <> ''"));
    asked_point_ = point;
  }
  for (const auto number : asked_lineage_) {
    HASYNC_TRY(const bool there_is_one, lookup_->bind(number).bind(dataset).bind(path).step());
    const auto found = there_is_one ? lookup_->text(0) : std::string{};
    lookup_->reset();
    if (there_is_one) return found;
  }
  return std::string{};
}

Result<std::int64_t> Catalog::number_of(const std::string& point) {
  HASYNC_TRY(auto query, database_->prepare("SELECT number FROM points WHERE id = ?"));
  query.bind(point);
  HASYNC_TRY(const auto number, first_row(query, [](const Statement& row) { return row.integer(0); }));
  return number.value_or(0);
}

Result<std::vector<std::int64_t>> Catalog::lineage(const std::string& point) {
  HASYNC_TRY(auto query,
             database_->prepare("WITH RECURSIVE line (number, base) AS (SELECT number, base FROM points WHERE id = ? "
                                "UNION ALL SELECT earlier.number, earlier.base FROM points AS earlier JOIN line ON "
                                "earlier.number = line.base) SELECT number FROM line ORDER BY number DESC"));
  query.bind(point);
  return all_rows(query, [](const Statement& row) { return row.integer(0); });
}

// The newest that was made from it takes its place: what that one changed lies over what this one holds, and so no row
// of all that they share is touched.
Result<void> Catalog::forget(const std::string& point) {
  HASYNC_TRY(const auto number, number_of(point));
  if (number == 0) return {};
  HASYNC_TRY(auto transaction, Transaction::begin(*database_));
  HASYNC_TRY(auto query, database_->prepare("SELECT number FROM points WHERE base = ? ORDER BY number DESC"));
  query.bind(number);
  HASYNC_TRY(const auto later, all_rows(query, [](const Statement& row) { return row.integer(0); }));
  if (!later.empty()) HASYNC_CHECK(lay_over(number, later.front()));
  for (std::size_t at = 1; at < later.size(); ++at) HASYNC_CHECK(drop(later[at]));
  if (later.empty()) HASYNC_CHECK(drop(number));
  return transaction.commit();
}

Result<void> Catalog::drop(std::int64_t number) {
  return database_->execute(
      fmt::format("DELETE FROM changes WHERE point = {0}; DELETE FROM links WHERE point = {0}; "
                  "DELETE FROM points WHERE number = {0}; "
                  "UPDATE points SET base = NULL, all_links = 0 WHERE base = {0}",
                  number));
}

Result<void> Catalog::lay_over(std::int64_t below, std::int64_t above) {
  const auto attributes = static_cast<int>(What::attributes), linked = static_cast<int>(What::linked),
             deleted = static_cast<int>(What::deleted);
  HASYNC_CHECK(database_->execute(
      fmt::format("DELETE FROM links WHERE point = {0} AND (dataset, path) IN (SELECT dataset, path FROM changes WHERE "
                  "point = {1} AND what = {2}); UPDATE OR REPLACE links SET point = {0} WHERE point = {1}",
                  below, above, deleted)));
  // Where the content stays, so does the checksum of below.
  HASYNC_CHECK(database_->execute(fmt::format(
      "UPDATE changes SET checksum = coalesce((SELECT under.checksum FROM changes AS under WHERE under.point = {0} AND "
      "under.dataset = changes.dataset AND under.path = changes.path), '') "
      "WHERE point = {1} AND what IN ({2}, {3}) AND checksum = ''; "
      "UPDATE OR REPLACE changes SET point = {0} WHERE point = {1}",
      below, above, attributes, linked)));
  // Nothing is below the oldest that could still be there.
  HASYNC_CHECK(database_->execute(fmt::format(
      "DELETE FROM changes WHERE point = {0} AND what = {1} AND (SELECT base FROM points WHERE number = {0}) "
      "IS NULL",
      below, deleted)));
  return database_->execute(
      fmt::format("UPDATE points SET base = (SELECT base FROM points WHERE number = {0}) WHERE number = {1}; UPDATE "
                  "points SET base = {0} WHERE base = {1}; DELETE FROM points WHERE number = {0}; UPDATE points SET "
                  "number = {0} WHERE number = {1}",
                  below, above));
}

Result<void> Catalog::keep_only(const std::vector<std::string>& there) {
  HASYNC_TRY(auto query, database_->prepare("SELECT id FROM points"));
  HASYNC_TRY(const auto recorded, all_rows(query, [](const Statement& row) { return row.text(0); }));
  for (const auto& id : recorded)
    if (std::find(there.begin(), there.end(), id) == there.end()) HASYNC_CHECK(forget(id));
  return {};
}

}  // namespace hasync::store
