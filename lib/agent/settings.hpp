// The settings as they were before: every edit is kept, with who made it and when, and can be taken back.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/compare.hpp"
#include "store/settings_versions.hpp"

namespace hasync::agent {

// Of an edit that is about to be written.
struct Authored {
  std::string file;  // absolute
  Instant at{};
  std::string who, what;
  std::optional<std::int64_t> restores{};
};

// Keeps both texts; what somebody wrote by other means since the last edit becomes a version of its own.
Result<void> keep_version(store::Database& database, const config::Edited& edited, const Authored& by);

// What an undo goes back to from `text`: the newest version before it that differs; after an undo, one before that.
// `versions` newest first. Pure.
Result<store::SettingsVersion> version_before(const std::vector<store::SettingsVersion>& versions,
                                              std::string_view text);

// The version of that number. An error that says where to look for others.
Result<store::SettingsVersion> version_called(const std::vector<store::SettingsVersion>& versions, std::int64_t id);

}  // namespace hasync::agent
