#include "os/log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>
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

// fmt::print(3) throws where stderr is closed or on a full disk; what cannot be said must not end a promotion.
void say_on_stderr(std::string_view text) { static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); }

void say_to_syslog(std::string_view line) {
  ::openlog("hasync", LOG_PID, LOG_AUTHPRIV);
  ::syslog(LOG_NOTICE, "%.*s", static_cast<int>(line.size()), line.data());
  ::closelog();
}

Log::Log(Verbosity verbosity)
    : verbosity_(verbosity), to_journal_(stderr_is_journal()), watched_(to_journal_ || ::isatty(STDERR_FILENO) == 1) {}

void Log::say(Severity severity, std::string_view line) const {
  const auto priority = fmt::format("<{}>", static_cast<int>(severity));
  const auto* const name = severity >= Severity::notice    ? ""
                           : severity == Severity::warning ? "hasync: warning: "
                                                           : "hasync: ";
  say_on_stderr(fmt::format("{}{}\n", to_journal_ ? priority : name, line));
}

}  // namespace hasync
