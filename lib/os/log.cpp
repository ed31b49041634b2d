#include "os/log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace hasync {
namespace {

// systemd.exec(5): JOURNAL_STREAM is "DEVICE:INODE" of the stream that leads to the journal.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat here {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &here) != 0) return false;
  return fmt::format("{}:{}", here.st_dev, here.st_ino) == stream;
}

}  // namespace

Log::Log(Verbosity verbosity) : verbosity_(verbosity), to_journal_(stderr_is_journal()) {}

void Log::say(Severity severity, std::string_view line) const {
  if (to_journal_)
    fmt::print(stderr, "<{}>{}\n", static_cast<int>(severity), line);
  else if (severity == Severity::info)
    fmt::print(stderr, "{}\n", line);
  else
    fmt::print(stderr, "hasync: {}{}\n", severity == Severity::warning ? "warning: " : "", line);
}

}  // namespace hasync
