#include "store/state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "store/migrations.hpp"

namespace hasync::store {

Result<Database> open_state(const StatePaths& paths) {
  std::error_code error;
  const auto parent = std::filesystem::path{paths.folder}.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return fail(os_error(fmt::format("cannot make the state folder {}", paths.folder), error.value()));
  if (std::filesystem::exists(paths.folder, error) && !std::filesystem::is_directory(paths.folder, error))
    return fail(
        ExitCode::failed,
        fmt::format("the state folder {} is a file, not a folder; name another with --state-dir", paths.folder));
  if (::mkdir(paths.folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(os_error(fmt::format("cannot make the state folder {}", paths.folder), errno));
  HASYNC_TRY(auto database, Database::open(paths.database()));
  HASYNC_CHECK(migrate(database));
  return database;
}

}  // namespace hasync::store
