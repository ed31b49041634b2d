#include "schedule/install.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "schedule/cron.hpp"
#include "schedule/file_changes.hpp"
#include "schedule/timers.hpp"

namespace hasync::schedule {
namespace {

constexpr std::array names{"systemd", "systemd-user", "cron.d", "crontab"};
constexpr std::array managers{Scheduler::systemd, Scheduler::systemd_user};

const std::string& folder_of(Scheduler manager, const Places& places) {
  return manager == Scheduler::systemd ? places.systemd_folder : places.systemd_user_folder;
}

std::string cron_d_entry(const Places& places) { return places.cron_d_folder + "/hasync"; }

Result<void> check_place(Scheduler scheduler, const Places& places) {
  const bool of_root = scheduler == Scheduler::systemd || scheduler == Scheduler::cron_d;
  if (of_root && folder_of(Scheduler::systemd, places).empty())
    return fail(ExitCode::failed, fmt::format("only root can install for {}; run it as root, or choose systemd-user or "
                                              "crontab with --scheduler",
                                              scheduler_name(scheduler)));
  if (scheduler == Scheduler::cron_d && !is_there(places.cron_d_folder))
    return fail(ExitCode::failed,
                fmt::format("there is no {}; install cron, or choose another with --scheduler", places.cron_d_folder));
  return {};
}

// A newline ends an entry, whatever it is quoted with.
Result<void> check_words(const Installation& installation) {
  for (const auto& path : {installation.program, installation.config, installation.state_folder, installation.store})
    if (std::any_of(path.begin(), path.end(), [](unsigned char byte) { return byte < ' '; }))
      return fail(ExitCode::failed,
                  fmt::format("{} has a control character in it, which no entry of a scheduler can hold; rename it",
                              printable(path)));
  return {};
}

Result<void> remove_cron_d(InstallStage& stage, const Places& places) {
  if (!places.cron_d_folder.empty()) HASYNC_CHECK(add_change(stage, cron_d_entry(places), std::nullopt));
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
  const bool root = ::geteuid() == 0, systemd = is_there("/run/systemd/system");
  if (root) return systemd ? Scheduler::systemd : Scheduler::cron_d;
  return systemd && is_there(fmt::format("/run/user/{}/systemd", ::geteuid())) ? Scheduler::systemd_user
                                                                               : Scheduler::crontab;
}

Places places_for_this_user() {
  Places places;
  if (const auto* user = ::getpwuid(::geteuid()); user != nullptr) {
    places.user = user->pw_name;
    places.systemd_user_folder = std::string{user->pw_dir} + "/.config/systemd/user";
  }
  if (::geteuid() == 0) {
    places.systemd_folder = "/etc/systemd/system";
    places.cron_d_folder = "/etc/cron.d";
  }
  return places;
}

Result<InstallPlan> plan_install(const Installation& installation, Scheduler scheduler, const Places& places,
                                 ProcessRunner& runner) {
  InstallPlan plan;
  HASYNC_CHECK(check_place(scheduler, places));
  HASYNC_CHECK(check_words(installation));
  for (const auto each : managers)
    HASYNC_CHECK(each == scheduler ? plan_units(plan.install, installation, each, folder_of(each, places), runner)
                                   : plan_no_units(plan.remove, each, folder_of(each, places), runner));
  if (scheduler == Scheduler::cron_d || scheduler == Scheduler::crontab) HASYNC_CHECK(check_cron(plan, scheduler));
  if (scheduler == Scheduler::cron_d)
    HASYNC_CHECK(add_change(plan.install, cron_d_entry(places), cron_d_file(installation, places.user)));
  else
    HASYNC_CHECK(remove_cron_d(plan.remove, places));
  HASYNC_CHECK(plan_crontab(plan, scheduler == Scheduler::crontab ? crontab_lines(installation) : "", runner));
  for (const auto* stage : {&plan.install, &plan.remove}) HASYNC_CHECK(check_folders(*stage));
  return plan;
}

Result<InstallPlan> plan_uninstall(const Places& places, ProcessRunner& runner) {
  InstallPlan plan;
  for (const auto each : managers) HASYNC_CHECK(plan_no_units(plan.remove, each, folder_of(each, places), runner));
  HASYNC_CHECK(remove_cron_d(plan.remove, places));
  HASYNC_CHECK(plan_crontab(plan, "", runner));
  HASYNC_CHECK(check_folders(plan.remove));
  return plan;
}

Result<bool> is_installed(const Installation& installation, Scheduler scheduler, const Places& places,
                          ProcessRunner& runner) {
  InstallPlan plan;
  if (scheduler == Scheduler::cron_d) {
    HASYNC_CHECK(add_change(plan.install, cron_d_entry(places), cron_d_file(installation, places.user)));
  } else if (scheduler == Scheduler::crontab) {
    HASYNC_CHECK(plan_crontab(plan, crontab_lines(installation), runner));
  } else {
    for (const auto& unit : units(installation, manager_of(scheduler)))
      HASYNC_CHECK(add_change(plan.install, folder_of(scheduler, places) + "/" + unit.name, unit.text));
  }
  return plan.changes_nothing();
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
