#include "os/private_copy.hpp"

#include <fmt/format.h>

namespace hasync {
namespace {

const std::vector<std::string> exact{"cp", "--archive", "--reflink=auto", "--sparse=auto"};

}  // namespace

std::vector<std::string> copy_argv(const std::string& from, const std::string& to) {
  auto argv = exact;
  argv.insert(argv.end(), {"--no-target-directory", "--", from, to});
  return argv;
}

std::vector<std::string> copy_some_argv(const std::string& from, const std::vector<std::string>& names,
                                        const std::string& into) {
  std::vector<std::string> argv{"env", "--chdir=" + from};
  argv.insert(argv.end(), exact.begin(), exact.end());
  argv.insert(argv.end(), {"--parents", "--target-directory=" + into, "--"});
  argv.insert(argv.end(), names.begin(), names.end());
  return argv;
}

Result<void> run_copy(std::vector<std::string> argv, const std::string& copying, const CopyBounds& bounds,
                      ProcessRunner& runner) {
  HASYNC_TRY(const auto ended, runner.run({.argv = std::move(argv),
                                           .environment = {"LC_ALL=C"},
                                           .timeout = bounds.timeout,
                                           .inherit = bounds.inherit}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (!ended.succeeded()) return fail(ExitCode::failed, fmt::format("cannot copy {}: {}", copying, tell_end(ended)));
  return {};
}

}  // namespace hasync
