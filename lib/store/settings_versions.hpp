// The settings as they were: what an undo goes back to, and what was applied.
#pragma once
#include <optional>
#include <vector>

#include "store/sqlite.hpp"

namespace hasync::store {

struct SettingsVersion {
  std::int64_t id = 0;
  std::string file{};  // absolute
  Instant at{};        // since when the file holds this text
  std::string who{};
  std::string what{};  // "config set sync.keep=5"
  std::string text{};
  std::optional<std::int64_t> restores{};  // of an undo: the version that it went back to
};

inline constexpr int kept_versions = 20;

// Also forgets all but the newest `kept_versions` of that file. Call inside a Transaction.
Result<std::int64_t> add_version(Database& database, const SettingsVersion& version);
// Newest first.
Result<std::vector<SettingsVersion>> list_versions(Database& database, const std::string& file);

struct AppliedSettings {
  Instant at{};
  std::string who{}, text{};
};
Result<void> set_applied_settings(Database& database, const AppliedSettings& settings);
Result<void> clear_applied_settings(Database& database);
Result<std::optional<AppliedSettings>> read_applied_settings(Database& database);

}  // namespace hasync::store
