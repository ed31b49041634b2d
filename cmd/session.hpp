// What every command is handed: where the files are, how results and messages are said, and the real clock and
// processes.
#pragma once
#include <string>
#include <string_view>

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
  Verbosity verbosity = Verbosity::quiet;

  Interrupt interrupt;
  SystemClock clock{interrupt};
  SystemProcessRunner runner{interrupt};

  Result<config::Config> load_config() const;
  store::StatePaths state() const { return {state_folder}; }
  Log log() const { return Log{verbosity}; }
  // stdout is for results only.
  void print(std::string_view text) const;
  bool stdout_is_terminal() const;
  bool may_colour() const;
  // The absolute path of this program, for what starts it later.
  std::string program() const;
};

}  // namespace hasync::cmd
