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
Result<bool> add_change(InstallStage& stage, const std::string& path, std::optional<std::string> wanted) {
  std::optional<std::string> now;
  if (exists(path)) {
    HASYNC_TRY(now, read_file(path));
  }
  if (now == wanted) return false;
  stage.files.push_back({path, now, std::move(wanted)});
  return true;
}

std::vector<std::string> systemctl(Scheduler scheduler, std::vector<std::string> words) {
  words.insert(words.begin(), "systemctl");
  if (scheduler == Scheduler::systemd_user) words.insert(words.begin() + 1, "--user");
  return words;
}

// The found of those that are enabled and waiting (systemctl(1), show). ExitCode::failed where systemd does not answer.
Result<std::vector<std::string>> in_force(Scheduler scheduler, const std::vector<std::string>& timers,
                                          ProcessRunner& runner) {
  auto argv = systemctl(scheduler, {"show", "--property=Id,ActiveState,UnitFileState", "--"});
  argv.insert(argv.end(), timers.begin(), timers.end());
  HASYNC_TRY(const auto ended, runner.run({.argv = argv, .timeout = std::chrono::seconds{20}}));
  if (!ended.succeeded()) return fail(ExitCode::failed, "systemd does not run here: " + tell_end(ended));
  std::vector<std::string> found;
  std::string name, active, enabled;
  const auto take = [&] {
    if (active == "active" && enabled == "enabled") found.push_back(name);
    name.clear(), active.clear(), enabled.clear();
  };
  for (const auto& line : split(ended.output, '\n')) {  // a block a unit, an empty line between two
    if (line.empty()) take();
    if (line.starts_with("Id=")) name = line.substr(3);
    if (line.starts_with("ActiveState=")) active = line.substr(12);
    if (line.starts_with("UnitFileState=")) enabled = line.substr(14);
  }
  take();
  return found;
}

bool is_timer(const UnitFile& unit) { return unit.name.ends_with(".timer"); }

std::vector<std::string> timers_of(const std::vector<UnitFile>& all) {
  std::vector<std::string> found;
  for (const auto& unit : all)
    if (is_timer(unit)) found.push_back(unit.name);
  return found;
}

// A timer whose file is as it should be, but which an earlier apply could not start, or somebody stopped, is started
// too.
Result<void> plan_units(InstallStage& stage, const Installation& installation, Scheduler scheduler,
                        const std::string& folder, ProcessRunner& runner) {
  const auto all = units(installation);
  const auto running = in_force(scheduler, timers_of(all), runner);
  if (!running)
    return fail(ExitCode::failed, running.error().message + "; choose another with --scheduler, as cron.d or crontab");
  std::vector<std::string> started;
  for (const auto& unit : all) {
    HASYNC_TRY(const bool changed, add_change(stage, folder + "/" + unit.name, unit.text));
    const bool runs = std::find(running->begin(), running->end(), unit.name) != running->end();
    if (is_timer(unit) && (changed || !runs)) started.push_back(unit.name);
  }
  if (!stage.files.empty()) stage.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
  if (started.empty()) return {};
  for (const auto* verb : {"enable", "restart"}) {
    auto argv = systemctl(scheduler, {verb});
    argv.insert(argv.end(), started.begin(), started.end());
    stage.after_files.push_back(std::move(argv));
  }
  return {};
}

// Where systemd does not answer, the files alone go: then nothing of them is in force either.
Result<void> plan_no_units(InstallStage& stage, const Installation& installation, Scheduler scheduler,
                           const std::string& folder, ProcessRunner& runner) {
  if (folder.empty()) return {};
  std::vector<std::string> timers;
  for (const auto& unit : units(installation)) {
    HASYNC_TRY(const bool there, add_change(stage, folder + "/" + unit.name, std::nullopt));
    if (there && is_timer(unit)) timers.push_back(unit.name);
  }
  if (stage.files.empty()) return {};
  if (!in_force(scheduler, timers, runner)) {
    for (const auto& name : timers)
      HASYNC_CHECK(add_change(stage, fmt::format("{}/timers.target.wants/{}", folder, name), std::nullopt));
    return {};
  }
  if (!timers.empty()) {
    auto disable = systemctl(scheduler, {"disable", "--now"});
    disable.insert(disable.end(), timers.begin(), timers.end());
    stage.before_files.push_back(std::move(disable));
  }
  stage.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
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

Result<void> write_crontab(const InstallPlan& plan, ProcessRunner& runner) {
  HASYNC_TRY(const auto now, read_crontab(runner));
  if (now != plan.crontab_before)
    return fail(ExitCode::failed, "the crontab was changed by someone else meanwhile; run hasync apply again");
  HASYNC_TRY(const auto ended,
             runner.run({.argv = {"crontab", "-"}, .input = *plan.crontab_after, .timeout = std::chrono::seconds{20}}));
  if (!ended.succeeded()) return fail(ExitCode::failed, "cannot write the crontab: " + tell_end(ended));
  return {};
}

Result<void> carry_out(const InstallStage& stage, ProcessRunner& runner) {
  HASYNC_CHECK(run_all(stage.before_files, runner));
  for (const auto& change : stage.files) {
    if (change.after) {
      std::error_code error;
      fs::create_directories(fs::path{change.path}.parent_path(), error);
      if (error) return fail(os_error(fmt::format("cannot make the folder of {}", change.path), error.value()));
      HASYNC_CHECK(replace_file(change.path, *change.after));
    } else if (::unlink(change.path.c_str()) != 0 && errno != ENOENT) {
      return fail(os_error(fmt::format("cannot remove {}", change.path), errno));
    }
  }
  return run_all(stage.after_files, runner);
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
    HASYNC_CHECK(each == scheduler ? plan_units(plan.install, installation, each, folder, runner)
                                   : plan_no_units(plan.remove, installation, each, folder, runner));
  }
  const auto cron_d = places.cron_d_folder + "/hasync";
  if (scheduler == Scheduler::cron_d && !exists(places.cron_d_folder))
    return fail(ExitCode::failed,
                fmt::format("there is no {}; install cron, or choose another with --scheduler", places.cron_d_folder));
  HASYNC_CHECK(scheduler == Scheduler::cron_d ? add_change(plan.install, cron_d, cron_d_file(installation, places.user))
                                              : add_change(plan.remove, cron_d, std::nullopt));
  HASYNC_CHECK(plan_crontab(plan, scheduler == Scheduler::crontab ? crontab_lines(installation) : "", runner));
  return plan;
}

std::vector<FileChange> InstallPlan::files() const {
  auto all = install.files;
  all.insert(all.end(), remove.files.begin(), remove.files.end());
  return all;
}

Result<void> carry_out(const InstallPlan& plan, ProcessRunner& runner) {
  HASYNC_CHECK(carry_out(plan.install, runner));
  if (plan.crontab_after) HASYNC_CHECK(write_crontab(plan, runner));
  return carry_out(plan.remove, runner);
}

}  // namespace hasync::schedule
