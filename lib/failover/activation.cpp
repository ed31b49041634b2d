#include "failover/activation.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "os/tree.hpp"

namespace hasync::failover {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string staging_path(const std::string& live) { return live + ".hasync-new"; }

Result<std::string> copy_point(const std::string& point, const std::string& live, Duration timeout,
                               ProcessRunner& runner) {
  const auto staging = staging_path(live);
  if (std::error_code none; !fs::is_directory(point, none))
    return fail(ExitCode::failed, fmt::format("{} is not there", point));
  HASYNC_CHECK(make_folders(fs::path{live}.parent_path().string()));
  HASYNC_CHECK(remove_tree(staging));
  HASYNC_TRY(const auto ended, runner.run({.argv = {"cp", "--archive", "--reflink=auto", "--sparse=auto",
                                                    "--no-target-directory", "--", point, staging},
                                           .environment = {"LC_ALL=C"},
                                           .timeout = timeout}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (!ended.succeeded())
    return fail(ExitCode::failed, fmt::format("cannot copy {} to {}: {}", point, staging, tell_end(ended)));
  HASYNC_CHECK(sync_filesystem(staging));
  return file_identity(staging);
}

Result<std::string> activate(const std::string& live, const std::string& identity, const std::string& stamp) {
  const auto staging = staging_path(live), aside = live + ".hasync-" + stamp;
  if (identity.empty()) return fail(ExitCode::failed, fmt::format("the journal does not know the copy for {}", live));
  if (file_identity(live) != identity && file_identity(staging) == identity) {
    if (file_identity(live).empty()) {
      HASYNC_CHECK(move_durably(staging, live));
      return fmt::format("{} is in place, nothing stood there before", live);
    }
    if (!file_identity(aside).empty())
      return fail(ExitCode::failed, fmt::format("{} is there already; move it away, then: hasync promote", aside));
    // The copy takes the name that what stands at `live` will have: so one exchange does both, and live content never
    // has a name that a later copy may overwrite.
    HASYNC_CHECK(move_durably(staging, aside));
  }
  if (file_identity(live) != identity) {
    if (file_identity(aside) != identity)
      return fail(ExitCode::failed, fmt::format("the copy {} is gone; start anew: hasync promote", staging));
    HASYNC_CHECK(exchange(aside, live));
  }
  return fmt::format("{} is in place{}", live, file_identity(aside).empty() ? "" : ", what stood there is " + aside);
}

}  // namespace hasync::failover
