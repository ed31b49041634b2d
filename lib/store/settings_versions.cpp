#include "store/settings_versions.hpp"

#include "store/rows.hpp"

namespace hasync::store {
namespace {

SettingsVersion version_from(const Statement& row) {
  SettingsVersion version{row.integer(0), row.text(1), row.instant(2), row.text(3), row.text(4), row.text(5), {}};
  if (!row.is_null(6)) version.restores = row.integer(6);
  return version;
}

}  // namespace

Result<std::int64_t> add_version(Database& database, const SettingsVersion& version) {
  HASYNC_TRY(auto insert, database.prepare("INSERT INTO settings_versions (file, at, who, what, text, restores) "
                                           "VALUES (?, ?, ?, ?, ?, ?)"));
  HASYNC_CHECK(insert.bind(version.file)
                   .bind(version.at)
                   .bind(version.who)
                   .bind(version.what)
                   .bind(version.text)
                   .bind(version.restores)
                   .run());
  const auto id = database.last_id();
  HASYNC_TRY(auto forget,
             database.prepare("DELETE FROM settings_versions WHERE file = ?1 AND id NOT IN "
                              "(SELECT id FROM settings_versions WHERE file = ?1 ORDER BY id DESC LIMIT ?2)"));
  HASYNC_CHECK(forget.bind(version.file).bind(kept_versions).run());
  return id;
}

Result<std::vector<SettingsVersion>> list_versions(Database& database, const std::string& file) {
  HASYNC_TRY(auto query, database.prepare("SELECT id, file, at, who, what, text, restores FROM settings_versions "
                                          "WHERE file = ? ORDER BY id DESC"));
  query.bind(file);
  return all_rows(query, version_from);
}

Result<void> set_applied_settings(Database& database, const AppliedSettings& settings) {
  HASYNC_TRY(auto insert,
             database.prepare("INSERT OR REPLACE INTO applied_settings (id, at, who, text) VALUES (1, ?, ?, ?)"));
  return insert.bind(settings.at).bind(settings.who).bind(settings.text).run();
}

Result<void> clear_applied_settings(Database& database) { return database.execute("DELETE FROM applied_settings"); }

Result<std::optional<AppliedSettings>> read_applied_settings(Database& database) {
  HASYNC_TRY(auto query, database.prepare("SELECT at, who, text FROM applied_settings"));
  return first_row(query, [](const Statement& row) {
    return AppliedSettings{row.instant(0), row.text(1), row.text(2)};
  });
}

}  // namespace hasync::store
