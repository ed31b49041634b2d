#include "agent/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace hasync::agent {
namespace {

using store::SettingsVersion;

const SettingsVersion* find_version(const std::vector<SettingsVersion>& versions, std::int64_t id) {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const SettingsVersion& each) { return each.id == id; });
  return found == versions.end() ? nullptr : &*found;
}

// Where an undo has gone back to, and that perhaps from another.
std::int64_t stands_at(const std::vector<SettingsVersion>& versions, const SettingsVersion& newest) {
  auto id = newest.id;
  const auto* version = &newest;
  while (version != nullptr && version->restores) {
    id = *version->restores;
    version = find_version(versions, id);
  }
  return id;
}

}  // namespace

Result<void> keep_version(store::Database& database, const config::Edited& edited, const Authored& by) {
  HASYNC_TRY(auto transaction, store::Transaction::begin(database));
  HASYNC_TRY(const auto versions, store::list_versions(database, by.file));
  if (versions.empty() || versions.front().text != edited.before)
    HASYNC_CHECK(store::add_version(
        database, {.file = by.file,
                   .at = by.at,
                   .who = versions.empty() ? "" : "somebody",
                   .what = versions.empty() ? "as it was found" : "changed by other means than hasync",
                   .text = edited.before}));
  HASYNC_CHECK(store::add_version(
      database,
      {.file = by.file, .at = by.at, .who = by.who, .what = by.what, .text = edited.text, .restores = by.restores}));
  return transaction.commit();
}

Result<SettingsVersion> version_before(const std::vector<SettingsVersion>& versions, std::string_view text) {
  // What was written by other means is newer than all that is kept.
  const bool known = !versions.empty() && versions.front().text == text;
  const auto from = known ? stands_at(versions, versions.front()) : std::numeric_limits<std::int64_t>::max();
  for (const auto& version : versions)
    if (version.id < from && version.text != text) return version;
  return fail(ExitCode::failed,
              fmt::format("there is nothing to go back to: {}",
                          versions.empty() ? "no edit by hasync is known" : "this is the oldest version that is kept"));
}

Result<SettingsVersion> version_called(const std::vector<SettingsVersion>& versions, std::int64_t id) {
  if (const auto* version = find_version(versions, id)) return *version;
  return fail(ExitCode::usage, fmt::format("there is no version {}; see: hasync config versions", id));
}

}  // namespace hasync::agent
