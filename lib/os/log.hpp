// Messages for people, on stderr. Under systemd each line carries its priority (sd-daemon(3)); `info` is said only when
// somebody asked for it, so that a success under cron is silent.
#pragma once
#include <string_view>

namespace hasync {

enum class Severity { error = 3, warning = 4, notice = 5, info = 6 };
enum class Verbosity { quiet, verbose };

// As it is, past every priority; trouble with it is ignored.
void say_on_stderr(std::string_view text);

// To where sshd(8) says who was let in (syslog(3), LOG_AUTHPRIV), printable.
void say_to_syslog(std::string_view line);

class Log {
 public:
  explicit Log(Verbosity verbosity);
  void error(std::string_view line) const { say(Severity::error, line); }
  void warning(std::string_view line) const { say(Severity::warning, line); }
  // For whoever watches: the journal, or a terminal.
  void notice(std::string_view line) const {
    if (verbosity_ == Verbosity::verbose || watched_) say(Severity::notice, line);
  }
  void info(std::string_view line) const {
    if (verbosity_ == Verbosity::verbose) say(Severity::info, line);
  }
  // How far something is that takes long, for whoever keeps a log.
  void progress(std::string_view line) const { say(Severity::info, line); }
  bool to_journal() const { return to_journal_; }

 private:
  void say(Severity severity, std::string_view line) const;
  Verbosity verbosity_;
  bool to_journal_;
  bool watched_;
};

}  // namespace hasync
