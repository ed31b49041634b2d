#include "schedule/cron.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "os/atomic_file.hpp"
#include "schedule/crontab.hpp"

namespace hasync::schedule {
namespace {

constexpr auto patience = std::chrono::seconds{20};
constexpr std::array daemons{"cron", "crond", "fcron", "bcron-sched"};
// systemd-cron has no daemon: it makes timers of the entries.
constexpr auto* generator = "systemd-crontab-generator";

bool is_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

bool is_generated() {
  return is_program(fmt::format("/lib/systemd/system-generators/{}", generator)) ||
         is_program(fmt::format("/usr/lib/systemd/system-generators/{}", generator));
}

bool is_cron_installed() {
  return is_generated() || std::any_of(daemons.begin(), daemons.end(), [](const std::string& name) {
           return is_program("/usr/sbin/" + name) || is_program("/usr/bin/" + name) || is_program("/sbin/" + name) ||
                  is_program("/usr/local/sbin/" + name);
         });
}

// crontab(1) says "no crontab for USER", and "You (USER) are not allowed to use this program", with exit status 1.
Result<ProcessResult> list(ProcessRunner& runner) {
  return runner.run(
      {.argv = {"crontab", "-l"}, .environment = {"LC_ALL=C"}, .timeout = patience, .output_limit = 1U << 20U});
}

Result<void> check_use(ProcessRunner& runner) {
  const auto listed = list(runner);
  if (!listed)
    return fail(ExitCode::failed,
                listed.error().message + "; install cron (apt-get install cron), or choose another with --scheduler");
  if (listed->errors.find("not allowed") != std::string::npos)
    return fail(ExitCode::failed,
                "this user may not use crontab(1), see /etc/cron.allow and /etc/cron.deny; or choose "
                "another with --scheduler, as systemd-user");
  return {};
}

}  // namespace

Result<std::string> read_crontab(ProcessRunner& runner) {
  const auto listed = list(runner);
  if (!listed) return std::string{};
  if (listed->succeeded()) return listed->output;
  for (const auto* none : {"no crontab for", "not allowed"})
    if (listed->errors.find(none) != std::string::npos) return std::string{};
  return fail(ExitCode::failed, "cannot read the crontab: " + tell_end(*listed));
}

Result<void> plan_crontab(InstallPlan& plan, const std::string& lines, ProcessRunner& runner) {
  if (!lines.empty()) HASYNC_CHECK(check_use(runner));
  HASYNC_TRY(auto now, read_crontab(runner));
  HASYNC_TRY(auto wanted, with_block(now, lines));
  if (now == wanted) return {};
  plan.crontab_before = std::move(now);
  plan.crontab_after = std::move(wanted);
  return {};
}

// crontab(1) knows no lock: who writes between our look and our write loses, which takes milliseconds; who writes right
// after it is noticed here, who does so later by hasync check.
Result<void> write_crontab(const InstallPlan& plan, ProcessRunner& runner) {
  constexpr auto* changed = "the crontab was changed by someone else meanwhile; theirs was kept, run the command again";
  HASYNC_TRY(const auto now, read_crontab(runner));
  if (now != plan.crontab_before) return fail(ExitCode::failed, changed);
  // From a file, not from our output: killed at the wrong moment, we would have it replaced by an empty one.
  HASYNC_TRY(const auto file, ScratchFile::holding(*plan.crontab_after));
  // An empty one goes: there was none before it held our block alone.
  const std::vector<std::string> argv{"crontab", plan.crontab_after->empty() ? "-r" : file.path()};
  HASYNC_TRY(const auto ended, runner.run({.argv = argv, .timeout = patience}));
  if (!ended.succeeded()) return fail(ExitCode::failed, "cannot write the crontab: " + tell_end(ended));
  HASYNC_TRY(const auto written, read_crontab(runner));
  return written == plan.crontab_after ? Result<void>{} : fail(ExitCode::failed, changed);
}

std::string trouble_with_cron() {
  if (is_generated() || runs_process_named({daemons.begin(), daemons.end()}).value_or(true)) return {};
  return "cron is not running, so nothing starts the agents; start it, as with: systemctl enable --now cron";
}

Result<void> check_cron(InstallPlan& plan, Scheduler scheduler) {
  if (auto trouble = trouble_with_cron(); !trouble.empty()) {
    if (!is_cron_installed())
      return fail(ExitCode::failed,
                  fmt::format("no cron is installed, so nothing would start what is in {}; install it "
                              "(apt-get install cron), or choose another with --scheduler",
                              scheduler == Scheduler::cron_d ? "/etc/cron.d" : "the crontab"));
    plan.warnings.push_back(std::move(trouble));
  }
  return {};
}

}  // namespace hasync::schedule
