#include "sync/hooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace hasync::sync {
namespace {

// Of what a hook prints only the last line is of use; of a message it is told, more could keep it from being started.
constexpr std::size_t kept_output = 4096, longest_message = 4096;

}  // namespace

std::string_view when_name(When when) { return when == When::before ? "before" : "after"; }

Came came_to(const Error& error) {
  const auto result = error.code == ExitCode::interrupted ? store::SyncResult::interrupted : store::SyncResult::failed;
  return {std::string{store::sync_result_name(result)}, {}, describe(error)};
}

std::vector<config::Hook> hooks_for(const std::vector<config::Hook>& hooks, const std::string& dataset) {
  std::vector<config::Hook> those;
  std::copy_if(hooks.begin(), hooks.end(), std::back_inserter(those),
               [&](const config::Hook& hook) { return hook.dataset == dataset; });
  return those;
}

std::vector<std::string> hook_environment(const config::Config& settings, const HookedRun& run, When when,
                                          const config::Hook& hook, const Came& came) {
  return {fmt::format("HASYNC_HOOK={}", when_name(when)),
          "HASYNC_NODE=" + settings.node.name,
          "HASYNC_PEER=" + settings.peer.name,
          fmt::format("HASYNC_RUN={}", run.id),
          "HASYNC_TRIGGER=" + run.trigger,
          "HASYNC_DATASET=" + hook.dataset,
          "HASYNC_STORE=" + settings.sync.store,
          "HASYNC_POINT=" + (when == When::before ? run.point : came.point),
          "HASYNC_RESULT=" + came.result,
          "HASYNC_MESSAGE=" + printable(came.message).substr(0, longest_message)};
}

std::optional<Error> judge_hook(When when, const config::Hook& hook, const Result<ProcessResult>& ended) {
  const auto failed = [&](std::string_view why) {
    return Error{ExitCode::failed,
                 fmt::format("the hook \"{}\" (sync.{}) failed: {}", printable(hook.name), when_name(when), why)};
  };
  if (!ended) return failed(ended.error().message);
  if (ended->succeeded()) return std::nullopt;
  if (ended->end == ProcessResult::End::interrupted) return Error{ExitCode::interrupted, "interrupted"};
  return failed(fmt::format("{}: {}", shell_line(hook.run), tell_end(*ended)));
}

Result<void> Hooks::begin(const std::string& dataset) {
  begun_.push_back(dataset);
  for (const auto& hook : hooks_for(settings_.sync.before, dataset))
    if (auto error = run(When::before, hook, {})) return fail(std::move(*error));
  return {};
}

void Hooks::end(const std::string& dataset, const Came& came) {
  if (std::erase(begun_, dataset) == 0) return;
  for (const auto& hook : hooks_for(settings_.sync.after, dataset))
    if (const auto error = run(When::after, hook, came)) complaints_.push_back(describe(*error));
}

void Hooks::end_datasets(const Came& came) {
  const auto begun = begun_;
  for (const auto& dataset : begun)
    if (!dataset.empty()) end(dataset, came);
}

std::vector<std::string> Hooks::take_complaints() { return std::exchange(complaints_, {}); }

std::optional<Error> Hooks::run(When when, const config::Hook& hook, const Came& came) {
  // No `inherit`: what a hook leaves running must not hold the store's lock.
  return judge_hook(when, hook,
                    runner_.run({.argv = hook.run,
                                 .environment = hook_environment(settings_, run_, when, hook, came),
                                 .timeout = hook.timeout,
                                 .on_interrupt = when == When::before ? OnInterrupt::end : OnInterrupt::go_on,
                                 .output_limit = kept_output}));
}

}  // namespace hasync::sync
