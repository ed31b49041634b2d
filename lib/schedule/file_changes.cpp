#include "schedule/file_changes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "os/tree.hpp"

namespace hasync::schedule {
namespace {

namespace fs = std::filesystem;

// What is there, as text; of a symlink, where it leads.
Result<std::optional<std::string>> content_of(const std::string& path) {
  if (!is_there(path)) return std::nullopt;
  std::error_code error;
  if (fs::is_symlink(path, error)) return "-> " + fs::read_symlink(path, error).string() + "\n";
  HASYNC_TRY(auto content, read_file(path));
  return std::optional{std::move(content)};
}

Result<void> run_all(const std::vector<std::vector<std::string>>& commands, ProcessRunner& runner) {
  for (const auto& argv : commands) {
    HASYNC_TRY(const auto ended, runner.run({.argv = argv, .timeout = std::chrono::minutes{2}}));
    if (!ended.succeeded()) return fail(ExitCode::failed, fmt::format("{}: {}", shell_line(argv), tell_end(ended)));
  }
  return {};
}

Result<void> change(const FileChange& change) {
  if (change.after) {
    HASYNC_CHECK(make_folders(fs::path{change.path}.parent_path().string()));
    return replace_file(change.path, *change.after);
  }
  if (::unlink(change.path.c_str()) != 0 && errno != ENOENT)
    return fail(os_error(fmt::format("cannot remove {}", change.path), errno));
  return {};
}

}  // namespace

bool is_there(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

Result<bool> add_change(InstallStage& stage, const std::string& path, std::optional<std::string> wanted) {
  for (const auto& left : left_beside(path)) stage.files.push_back({left, "", std::nullopt});
  HASYNC_TRY(auto now, content_of(path));
  if (now == wanted) return false;
  stage.files.push_back({path, std::move(now), std::move(wanted)});
  return true;
}

Result<void> check_folders(const InstallStage& stage) {
  for (const auto& file : stage.files) {
    const auto folder = nearest_there(fs::path{file.path}.parent_path().string());
    if (::access(folder.c_str(), W_OK) == 0) continue;
    const auto error = os_error(fmt::format("cannot {} {}", file.after ? "write" : "remove", file.path), errno);
    return fail(ExitCode::failed,
                fmt::format("{}; {}; nothing was changed", error.message,
                            file.after ? "make its folder writable, or choose another with --scheduler, as crontab"
                                       : "it would go on starting hasync, so make its folder writable first"));
  }
  return {};
}

Result<void> carry_out(const InstallStage& stage, ProcessRunner& runner) {
  for (const auto& folder : stage.folders)
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return fail(os_error(fmt::format("cannot make the folder {}", folder), errno));
  HASYNC_CHECK(run_all(stage.before_files, runner));
  for (const auto& each : stage.files) HASYNC_CHECK(change(each));
  HASYNC_CHECK(run_all(stage.after_files, runner));
  for (const auto& folder : stage.empty_folders) ::rmdir(folder.c_str());  // one that is not empty stays
  return {};
}

}  // namespace hasync::schedule
