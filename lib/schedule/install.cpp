#include "schedule/install.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "schedule/crontab.hpp"

namespace hasync::schedule {
namespace {

namespace fs = std::filesystem;
constexpr std::array names{"systemd", "systemd-user", "cron.d", "crontab"};

bool exists(const std::string& path) {
  std::error_code none;
  return fs::exists(path, none);
}

// Adds the change that makes `path` hold `wanted` (none: not be there), unless it does already.
Result<bool> add_change(InstallPlan& plan, const std::string& path, std::optional<std::string> wanted) {
  std::optional<std::string> now;
  if (exists(path)) {
    HASYNC_TRY(now, read_file(path));
  }
  if (now == wanted) return false;
  plan.files.push_back({path, now, std::move(wanted)});
  return true;
}

std::vector<std::string> systemctl(Scheduler scheduler, std::vector<std::string> words) {
  words.insert(words.begin(), "systemctl");
  if (scheduler == Scheduler::systemd_user) words.insert(words.begin() + 1, "--user");
  return words;
}

Result<void> plan_units(InstallPlan& plan, const Installation& installation, Scheduler scheduler,
                        const std::string& folder) {
  std::vector<std::string> restarted;
  bool any = false;
  for (const auto& unit : units(installation)) {
    HASYNC_TRY(const bool changed, add_change(plan, folder + "/" + unit.name, unit.text));
    any = any || changed;
    if (changed && unit.name.ends_with(".timer")) restarted.push_back(unit.name);
  }
  if (any) plan.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
  if (restarted.empty()) return {};
  auto enable = systemctl(scheduler, {"enable"}), restart = systemctl(scheduler, {"restart"});
  enable.insert(enable.end(), restarted.begin(), restarted.end());
  restart.insert(restart.end(), restarted.begin(), restarted.end());
  plan.after_files.push_back(std::move(enable));
  plan.after_files.push_back(std::move(restart));
  return {};
}

Result<void> plan_no_units(InstallPlan& plan, const Installation& installation, Scheduler scheduler,
                           const std::string& folder) {
  std::vector<std::string> timers;
  bool any = false;
  for (const auto& unit : units(installation)) {
    if (folder.empty()) return {};
    HASYNC_TRY(const bool there, add_change(plan, folder + "/" + unit.name, std::nullopt));
    any = any || there;
    if (there && unit.name.ends_with(".timer")) timers.push_back(unit.name);
  }
  if (!timers.empty()) {
    auto disable = systemctl(scheduler, {"disable", "--now"});
    disable.insert(disable.end(), timers.begin(), timers.end());
    plan.before_files.push_back(std::move(disable));
  }
  if (any) plan.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
  return {};
}

// crontab(1) says "no crontab for USER" with exit 1; without the program there is none either.
Result<std::string> read_crontab(ProcessRunner& runner) {
  const auto listed = runner.run({.argv = {"crontab", "-l"},
                                  .environment = {"LC_ALL=C"},
                                  .timeout = std::chrono::seconds{20},
                                  .output_limit = 1U << 20U});
  if (!listed) return std::string{};
  if (listed->succeeded()) return listed->output;
  if (listed->errors.find("no crontab for") != std::string::npos) return std::string{};
  return fail(ExitCode::failed, "cannot read the crontab: " + tell_end(*listed));
}

Result<void> plan_crontab(InstallPlan& plan, const std::string& lines, ProcessRunner& runner) {
  HASYNC_TRY(auto now, read_crontab(runner));
  HASYNC_TRY(auto wanted, with_block(now, lines));
  if (now == wanted) return {};
  plan.crontab_before = std::move(now);
  plan.crontab_after = std::move(wanted);
  return {};
}

Result<void> run_all(const std::vector<std::vector<std::string>>& commands, ProcessRunner& runner) {
  for (const auto& argv : commands) {
    HASYNC_TRY(const auto ended, runner.run({.argv = argv, .timeout = std::chrono::minutes{2}}));
    if (!ended.succeeded()) return fail(ExitCode::failed, fmt::format("{}: {}", shell_line(argv), tell_end(ended)));
  }
  return {};
}

}  // namespace

std::string_view scheduler_name(Scheduler scheduler) { return names.at(static_cast<std::size_t>(scheduler)); }

Result<Scheduler> scheduler_from(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return fail(ExitCode::usage,
                fmt::format("unknown scheduler \"{}\"; one of systemd, systemd-user, cron.d, crontab", name));
  return static_cast<Scheduler>(found - names.begin());
}

Scheduler detect_scheduler() {
  const bool root = ::geteuid() == 0, systemd = exists("/run/systemd/system");
  if (root) return systemd ? Scheduler::systemd : Scheduler::cron_d;
  return systemd && exists(fmt::format("/run/user/{}/systemd", ::geteuid())) ? Scheduler::systemd_user
                                                                             : Scheduler::crontab;
}

Places places_for_this_user() {
  Places places;
  if (const auto* user = ::getpwuid(::geteuid()); user != nullptr) {
    places.user = user->pw_name;
    places.systemd_user_folder = std::string{user->pw_dir} + "/.config/systemd/user";
  }
  return places;
}

Result<InstallPlan> plan_install(const Installation& installation, Scheduler scheduler, const Places& places,
                                 ProcessRunner& runner) {
  InstallPlan plan;
  for (const auto each : {Scheduler::systemd, Scheduler::systemd_user}) {
    const auto& folder = each == Scheduler::systemd ? places.systemd_folder : places.systemd_user_folder;
    HASYNC_CHECK(each == scheduler ? plan_units(plan, installation, each, folder)
                                   : plan_no_units(plan, installation, each, folder));
  }
  const auto cron_d = places.cron_d_folder + "/hasync";
  if (scheduler == Scheduler::cron_d && !exists(places.cron_d_folder))
    return fail(ExitCode::failed,
                fmt::format("there is no {}; install cron, or choose another with --scheduler", places.cron_d_folder));
  HASYNC_CHECK(add_change(
      plan, cron_d,
      scheduler == Scheduler::cron_d ? std::optional{cron_d_file(installation, places.user)} : std::nullopt));
  HASYNC_CHECK(plan_crontab(plan, scheduler == Scheduler::crontab ? crontab_lines(installation) : "", runner));
  return plan;
}

Result<void> carry_out(const InstallPlan& plan, ProcessRunner& runner) {
  HASYNC_CHECK(run_all(plan.before_files, runner));
  for (const auto& change : plan.files) {
    if (change.after) {
      std::error_code error;
      fs::create_directories(fs::path{change.path}.parent_path(), error);
      if (error) return fail(os_error(fmt::format("cannot make the folder of {}", change.path), error.value()));
      HASYNC_CHECK(replace_file(change.path, *change.after));
    } else if (::unlink(change.path.c_str()) != 0 && errno != ENOENT) {
      return fail(os_error(fmt::format("cannot remove {}", change.path), errno));
    }
  }
  if (plan.crontab_after) {
    HASYNC_TRY(const auto now, read_crontab(runner));
    if (now != plan.crontab_before)
      return fail(ExitCode::failed, "the crontab was changed by someone else meanwhile; run hasync apply again");
    HASYNC_TRY(
        const auto ended,
        runner.run({.argv = {"crontab", "-"}, .input = *plan.crontab_after, .timeout = std::chrono::seconds{20}}));
    if (!ended.succeeded()) return fail(ExitCode::failed, "cannot write the crontab: " + tell_end(ended));
  }
  return run_all(plan.after_files, runner);
}

}  // namespace hasync::schedule
