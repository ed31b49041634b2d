// The one door through which other programs are started: argv only, in a process group of their own, with a deadline.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "os/interrupt.hpp"

namespace hasync {

// What a request to stop means for a program: its end, or nothing, where it puts in order what must not stay as it is.
enum class OnInterrupt { end, go_on };

// When it is over: what a program leaves behind may hold its output, and say more.
enum class OverWhen { program_ends, output_ends };

struct ProcessSpec {
  std::vector<std::string> argv;           // argv[0] without a slash is looked up in PATH
  std::vector<std::string> environment{};  // "NAME=value", over what we have ourselves
  std::string input{};                     // its standard input
  int input_file = -1;                     // a descriptor that is its standard input instead
  Duration timeout = std::chrono::minutes{1};
  Duration grace = std::chrono::seconds{5};  // from TERM to KILL
  OnInterrupt on_interrupt = OnInterrupt::end;
  OverWhen over_when = OverWhen::program_ends;
  const Interrupt* also_ended_by = nullptr;  // a request that is not for all of us, but for this program
  // So much is kept of stdout, its first bytes, and of stderr, its first half and its last: there causes are told.
  std::size_t output_limit = 65'536;
  std::vector<int> inherit{};                         // descriptors the program keeps, under the same numbers
  std::function<void(std::string_view)> on_output{};  // stdout as it comes, instead of keeping it
  // stdout as it comes, too; an error ends the program, and is what run() gives.
  std::function<Result<void>(std::string_view)> sink{};
  std::int64_t bytes_per_second = 0;  // the most that is read of stdout; 0: as it comes
  std::function<void()> on_tick{};    // about once a second while it runs, whether or not it says anything
  std::function<void(const std::string& process)> on_started{};  // what names it to end_left_over
};

struct ProcessResult {
  enum class End { exited, signalled, timed_out, interrupted };
  End end = End::exited;
  int code = 0;  // exit status, or the signal's number
  std::string output{};
  std::string errors{};
  Duration elapsed{0};

  bool succeeded() const { return end == End::exited && code == 0; }
};

// "exit status 3: last line of stderr", "killed by signal 9 (Killed)", "no end after 30 s", "interrupted".
std::string tell_end(const ProcessResult& result);

// The absolute path of the running program, for what starts it later.
Result<std::string> own_program();

// "process 438 started at 15750 since boot 1f2e…", which no other process is ever called.
std::string name_of_process(int pid);

// When it started, in ticks since the kernel's boot: field 22 of /proc/PID/stat (proc(5)). None when there is no such
// process, or it has ended and waits for its parent to notice.
std::optional<std::string> start_of_process(int pid);

// Whether a process of this machine, not of a container on it, has one of these names (/proc/PID/status); none where
// others' processes cannot be seen.
std::optional<bool> runs_process_named(const std::vector<std::string>& names);

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // An error only when the program could not be started at all (missing, not executable). On a deadline or an
  // interrupt, unless it is to go on, the whole group gets TERM, then KILL. A child left behind that holds the pipes is
  // not waited for, unless the output is.
  virtual Result<ProcessResult> run(const ProcessSpec& spec) = 0;
  // Ends what a run() left behind, when we were killed or by itself, with all of its group: TERM, then KILL. Whether it
  // was still there; a later process with the same pid is left alone.
  virtual bool end_left_over(const std::string& process) = 0;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  explicit SystemProcessRunner(const Interrupt& interrupt) : interrupt_(interrupt) {}
  Result<ProcessResult> run(const ProcessSpec& spec) override;
  bool end_left_over(const std::string& process) override;

 private:
  const Interrupt& interrupt_;
};

}  // namespace hasync
