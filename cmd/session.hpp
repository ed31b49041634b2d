// What every command is handed: where the files are, how results and messages are said, and the real clock and
// processes.
#pragma once
#include <string>
#include <string_view>

#include "agent/apply.hpp"
#include "config/model.hpp"
#include "os/clock.hpp"
#include "os/interrupt.hpp"
#include "os/log.hpp"
#include "os/process.hpp"
#include "report/format.hpp"
#include "store/state.hpp"

namespace hasync::cmd {

class Session {
 public:
  Session();

  // Set from the command line before a command runs; --config and --state-dir win over HASYNC_CONFIG and
  // HASYNC_STATE_DIR.
  std::string config_path;
  std::string state_folder;
  report::Format format = report::Format::text;
  bool shows_lines = false;  // --diff
  Verbosity verbosity = Verbosity::quiet;

  Interrupt interrupt;
  SystemClock clock{interrupt};
  SystemProcessRunner runner{interrupt};

  // Checked to the last file and program they name.
  Result<config::Config> load_config() const;
  // This program with these settings, for the schedule of this user.
  Result<agent::Installer> installer() const;
  store::StatePaths state() const { return {state_folder}; }
  Log log() const { return Log{verbosity}; }
  // What the operator asked for; stdout is for nothing else.
  void print(std::string_view text);
  // Why something printed did not arrive, as on a full disk; a reader that has enough, as head(1), is no trouble.
  Result<void> all_printed() const;

 private:
  int print_trouble_ = 0;  // errno
};

}  // namespace hasync::cmd
