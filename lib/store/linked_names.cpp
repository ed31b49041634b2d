#include "store/linked_names.hpp"

#include <limits>
#include <utility>

#include "store/rows.hpp"

namespace hasync::store {
namespace {

constexpr const char* schema = R"(
PRAGMA journal_mode = OFF;
CREATE TABLE names (
  name TEXT PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, bytes INTEGER NOT NULL,
  is_fetched INTEGER NOT NULL DEFAULT 0, first TEXT
) WITHOUT ROWID;
CREATE INDEX names_by_file ON names (device, inode);
BEGIN
)";

}  // namespace

Result<void> LinkedNames::open() {
  HASYNC_TRY(auto database, Database::open_temporary());
  database_ = std::make_unique<Database>(std::move(database));
  HASYNC_CHECK(database_->execute(schema));
  HASYNC_TRY(insert_,
             database_->prepare("INSERT OR IGNORE INTO names (name, device, inode, bytes) VALUES (?, ?, ?, ?)"));
  HASYNC_TRY(remove_, database_->prepare("DELETE FROM names WHERE name = ?"));
  HASYNC_TRY(fetched_, database_->prepare("UPDATE names SET is_fetched = 1 WHERE name = ?"));
  HASYNC_TRY(file_, database_->prepare("SELECT 1 FROM names WHERE device = ? AND inode = ?"));
  HASYNC_TRY(at_source_, database_->prepare("UPDATE names SET first = ? WHERE name = ?"));
  return {};
}

Result<void> LinkedNames::add(const std::string& name, const FileId& file, std::int64_t bytes) {
  if (!database_) HASYNC_CHECK(open());
  return insert_->bind(name).bind(file.device).bind(file.inode).bind(bytes).run();
}

Result<void> LinkedNames::remove(const std::string& name) {
  return database_ ? remove_->bind(name).run() : Result<void>{};
}

Result<void> LinkedNames::set_fetched(const std::string& name) {
  return database_ ? fetched_->bind(name).run() : Result<void>{};
}

Result<void> LinkedNames::keep_shared() {
  if (!database_) return {};
  return database_->execute(
      "DELETE FROM names WHERE (device, inode) IN (SELECT device, inode FROM names GROUP BY device, inode HAVING "
      "count(*) < 2)");
}

Result<bool> LinkedNames::any() {
  if (!database_) return false;
  HASYNC_TRY(auto query, database_->prepare("SELECT 1 FROM names LIMIT 1"));
  return query.step();
}

Result<bool> LinkedNames::has_file(const FileId& file) {
  if (!database_) return false;
  HASYNC_TRY(const bool found, file_->bind(file.device).bind(file.inode).step());
  file_->reset();
  return found;
}

Result<void> LinkedNames::each_name(const OnName& on_name) {
  if (!database_) return {};
  HASYNC_TRY(auto query, database_->prepare("SELECT name FROM names ORDER BY name"));
  return each_row(query, [&](const Statement& row) { return on_name(row.text(0)); });
}

Result<void> LinkedNames::set_at_source(const std::string& name, const std::optional<std::string>& leads_to) {
  return database_ ? at_source_->bind(leads_to.value_or(name)).bind(name).run() : Result<void>{};
}

// A name may lead to one that leads to another. Each round halves the way.
Result<void> LinkedNames::lead_to_the_first() {
  HASYNC_TRY(auto any_on_the_way,
             database_->prepare("SELECT 1 FROM names JOIN names AS next ON next.name = names.first "
                                "WHERE next.first <> names.first LIMIT 1"));
  for (int round = 0; round < std::numeric_limits<std::int64_t>::digits; ++round) {
    HASYNC_TRY(const bool there_is_one, any_on_the_way.step());
    any_on_the_way.reset();
    if (!there_is_one) break;
    HASYNC_CHECK(
        database_->execute("UPDATE names SET first = coalesce((SELECT next.first FROM names AS next WHERE next.name = "
                           "names.first), first) WHERE first <> name"));
  }
  return {};
}

Result<void> LinkedNames::each_file(const std::function<Result<void>(const std::vector<LinkedName>& names)>& on_file) {
  if (!database_) return {};
  HASYNC_CHECK(lead_to_the_first());
  HASYNC_TRY(auto query, database_->prepare("SELECT name, bytes, is_fetched, first, device, inode FROM names WHERE "
                                            "first IS NOT NULL ORDER BY device, inode, name"));
  FileId file;
  std::vector<LinkedName> names;
  const auto take = [&](const Statement& row) -> Result<void> {
    const FileId next{row.integer(4), row.integer(5)};
    if (!names.empty() && next != file) HASYNC_CHECK(on_file(std::exchange(names, {})));
    file = next;
    names.push_back({row.text(0), row.integer(1), row.integer(2) == 1, row.text(3)});
    return {};
  };
  HASYNC_CHECK(each_row(query, take));
  return names.empty() ? Result<void>{} : on_file(names);
}

}  // namespace hasync::store
