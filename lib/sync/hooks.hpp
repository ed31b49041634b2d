// Hooks: what the settings have run on this node around a run, and around each of its datasets. Those after are run for
// whatever has begun, once, whether or not it came to anything.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"
#include "store/sync_runs.hpp"

namespace hasync::sync {

enum class When { before, after };
std::string_view when_name(When when);

// The run that hooks are run for.
struct HookedRun {
  std::int64_t id = 0;
  std::string trigger;
  std::string point;  // the one that it is to make
};
// What an after-hook is told.
struct Came {
  std::string result;     // as of a run
  std::string point{};    // the one that is there now
  std::string message{};  // why it failed or is held
};
Came came_to(const Error& error);

// Those for a dataset, or with no name those for the run itself.
std::vector<config::Hook> hooks_for(const std::vector<config::Hook>& hooks, const std::string& dataset);
// What it finds in its environment; `came`: nothing for one before.
std::vector<std::string> hook_environment(const config::Config& settings, const HookedRun& run, When when,
                                          const config::Hook& hook, const Came& came);
// What is wrong with how one ended; nothing: it did what it should.
std::optional<Error> judge_hook(When when, const config::Hook& hook, const Result<ProcessResult>& ended);

// The hooks of one run.
class Hooks {
 public:
  Hooks(const config::Config& settings, ProcessRunner& runner) : settings_(settings), runner_(runner) {}

  void are_for(HookedRun run) { run_ = std::move(run); }

  // The run as a whole, or a dataset by its name, begins. An error: it must not go on; the hooks after it are run all
  // the same.
  Result<void> begin(const std::string& dataset = {});
  // It has ended, unless that was told before or it never began.
  void end(const std::string& dataset, const Came& came);
  void end_run(const Came& came) { end({}, came); }
  // All datasets that have begun and not ended.
  void end_datasets(const Came& came);

  // What went wrong after, since this was last asked for.
  std::vector<std::string> take_complaints();

 private:
  std::optional<Error> run(When when, const config::Hook& hook, const Came& came);

  const config::Config& settings_;
  ProcessRunner& runner_;
  HookedRun run_;
  std::vector<std::string> begun_;  // and not ended
  std::vector<std::string> complaints_;
};

}  // namespace hasync::sync
