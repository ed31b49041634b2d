#include "schedule/timers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "schedule/file_changes.hpp"

namespace hasync::schedule {
namespace {

namespace fs = std::filesystem;

bool is_timer(const std::string& unit) { return unit.ends_with(".timer"); }

// A user's own manager is found by the folder it runs in, which a login has in its environment, but sudo and cron do
// not.
std::vector<std::string> environment_of(Scheduler scheduler) {
  const auto folder = fmt::format("/run/user/{}", ::geteuid());
  if (scheduler == Scheduler::systemd || !is_there(folder)) return {};
  return {"XDG_RUNTIME_DIR=" + folder};
}

std::vector<std::string> systemctl(Scheduler scheduler, std::vector<std::string> words) {
  words.insert(words.begin(), "systemctl");
  if (scheduler == Scheduler::systemd_user) words.insert(words.begin() + 1, "--user");
  const auto environment = environment_of(scheduler);
  if (!environment.empty()) words.insert(words.begin(), {"env", environment.front()});
  return words;
}

struct InForce {
  std::vector<std::string> timers{};  // enabled and waiting
  std::vector<std::string> active{};  // enabled or not
  std::vector<std::string> stale{};   // read before their files were changed
};

// What systemd knows of our units (systemctl(1), show). ExitCode::failed where it does not answer.
Result<InForce> in_force(Scheduler scheduler, ProcessRunner& runner) {
  auto argv = systemctl(scheduler, {"show", "--property=Id,ActiveState,UnitFileState,NeedDaemonReload", "--"});
  const auto names = unit_names();
  argv.insert(argv.end(), names.begin(), names.end());
  const auto asked = runner.run({.argv = argv, .timeout = std::chrono::seconds{20}});
  if (!asked) return fail(ExitCode::failed, "systemd does not run here: " + asked.error().message);
  if (!asked->succeeded()) return fail(ExitCode::failed, "systemd does not run here: " + tell_end(*asked));
  InForce found;
  std::string name, active, enabled;
  const auto take = [&] {
    if (is_timer(name) && active == "active") found.active.push_back(name);
    if (is_timer(name) && active == "active" && enabled == "enabled") found.timers.push_back(name);
    name.clear(), active.clear(), enabled.clear();
  };
  for (const auto& line : split(asked->output, '\n')) {  // a block a unit, an empty line between two
    if (line.empty()) take();
    if (line.starts_with("Id=")) name = line.substr(3);
    if (line.starts_with("ActiveState=")) active = line.substr(12);
    if (line.starts_with("UnitFileState=")) enabled = line.substr(14);
    if (line == "NeedDaemonReload=yes") found.stale.push_back(name);
  }
  take();
  return found;
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string link_of(const std::string& folder, const std::string& timer) {
  return fmt::format("{}/timers.target.wants/{}", folder, timer);
}

// A sync can make its store anywhere, but not from within its sandbox.
bool lacks_store(const Installation& installation) {
  std::error_code none;
  return !installation.store.empty() && !fs::exists(installation.store, none) &&
         fs::is_directory(fs::path{installation.store}.parent_path(), none);
}

}  // namespace

Manager manager_of(Scheduler scheduler) {
  return scheduler == Scheduler::systemd_user ? Manager::user : Manager::system;
}

Result<void> plan_units(InstallStage& stage, const Installation& installation, Scheduler scheduler,
                        const std::string& folder, ProcessRunner& runner) {
  if (installation.program.find_first_of("\"'\\") != std::string::npos)
    return fail(ExitCode::failed,
                fmt::format("systemd starts no program with a quote or a backslash in its path, as {}; "
                            "install hasync elsewhere, or choose another with --scheduler",
                            printable(installation.program)));
  const auto known = in_force(scheduler, runner);
  if (!known)
    return fail(ExitCode::failed, known.error().message + "; choose another with --scheduler, as cron.d or crontab");
  if (scheduler == Scheduler::systemd && lacks_store(installation)) stage.folders.push_back(installation.store);
  std::vector<std::string> started;
  for (const auto& unit : units(installation, manager_of(scheduler))) {
    HASYNC_TRY(const bool changed, add_change(stage, folder + "/" + unit.name, unit.text));
    const bool runs = is_among(known->timers, unit.name) && !is_among(known->stale, unit.name);
    if (is_timer(unit.name) && (changed || !runs)) started.push_back(unit.name);
  }
  if (!stage.files.empty() || !known->stale.empty())
    stage.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
  if (started.empty()) return {};
  for (const auto* verb : {"enable", "restart"}) {
    auto argv = systemctl(scheduler, {verb});
    argv.insert(argv.end(), started.begin(), started.end());
    stage.after_files.push_back(std::move(argv));
  }
  return {};
}

Result<void> plan_no_units(InstallStage& stage, Scheduler scheduler, const std::string& folder, ProcessRunner& runner) {
  if (folder.empty()) return {};
  std::vector<std::string> timers, links;
  for (const auto& name : unit_names()) {
    HASYNC_TRY(const bool there, add_change(stage, fmt::format("{}/{}", folder, name), std::nullopt));
    if (is_timer(name)) (there ? timers : links).push_back(name);
  }
  for (const auto& name : unit_names())
    if (is_timer(name)) HASYNC_CHECK(add_change(stage, link_of(folder, name), std::nullopt));
  if (stage.files.empty()) return {};
  const auto known = in_force(scheduler, runner);
  if (known)  // one whose file somebody has removed goes on until it is stopped
    links.erase(
        std::remove_if(links.begin(), links.end(), [&](const auto& name) { return !is_among(known->active, name); }),
        links.end());
  stage.empty_folders.push_back(folder + "/timers.target.wants");
  // For a user, an apply has made these too, up to ~/.config.
  fs::path above{folder};
  for (int depth = 0; scheduler == Scheduler::systemd_user && depth < 3; ++depth, above = above.parent_path())
    stage.empty_folders.push_back(above.string());
  if (!known) return {};
  const auto before = [&](std::vector<std::string> words, const std::vector<std::string>& names) {
    if (names.empty()) return;
    auto argv = systemctl(scheduler, std::move(words));
    argv.insert(argv.end(), names.begin(), names.end());
    stage.before_files.push_back(std::move(argv));
  };
  before({"disable", "--now"}, timers);
  before({"stop"}, links);
  stage.after_files.push_back(systemctl(scheduler, {"daemon-reload"}));
  return {};
}

}  // namespace hasync::schedule
