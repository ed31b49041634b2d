// Putting the schedule into place and taking it away: what there is, what there must be, and the difference as a plan
// that can be printed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "os/process.hpp"
#include "schedule/units.hpp"

namespace hasync::schedule {

enum class Scheduler { systemd, systemd_user, cron_d, crontab };
std::string_view scheduler_name(Scheduler scheduler);
Result<Scheduler> scheduler_from(std::string_view name);

// Where the entries live. The folders of the system are root's; for an ordinary user they are empty, and left alone.
struct Places {
  std::string systemd_folder;       // /etc/systemd/system
  std::string systemd_user_folder;  // ~/.config/systemd/user
  std::string cron_d_folder;        // /etc/cron.d
  std::string user;                 // whom cron.d starts the agents as
};

struct FileChange {
  std::string path;
  std::optional<std::string> before;  // none: it is not there
  std::optional<std::string> after;   // none: it goes
};

// Folders, then commands, files and commands: of the scheduler that is to start the agents, or of the ones that no
// longer shall.
struct InstallStage {
  std::vector<std::string> folders;  // that must be there before an agent can start
  std::vector<std::vector<std::string>> before_files;
  std::vector<FileChange> files;
  std::vector<std::vector<std::string>> after_files;
  std::vector<std::string> empty_folders;  // that go with the files if nothing else is in them, the innermost first

  bool changes_nothing() const {
    return folders.empty() && files.empty() && before_files.empty() && after_files.empty();
  }
};

struct InstallPlan {
  InstallStage install;
  std::optional<std::string> crontab_before, crontab_after;  // the user's whole crontab, when it changes
  InstallStage remove;                                       // last: a node without any schedule would be worse
  std::vector<std::string> warnings;                         // why what is installed may start nothing

  bool changes_nothing() const { return install.changes_nothing() && remove.changes_nothing() && !crontab_after; }
  std::vector<FileChange> files() const;
};

// systemd where it runs (/run/systemd/system) and we are root, the user's own manager where that runs, cron otherwise.
Scheduler detect_scheduler();
Places places_for_this_user();

// Reads what is there, and asks systemd what is in force. Entries that another scheduler had of ours go. An unchanged
// installation gives an empty plan. An error where the chosen scheduler cannot be had here, or a folder cannot be
// written: before anything is done.
Result<InstallPlan> plan_install(const Installation& installation, Scheduler scheduler, const Places& places,
                                 ProcessRunner& runner);
// All that an installation has made, by whatever scheduler, goes.
Result<InstallPlan> plan_uninstall(const Places& places, ProcessRunner& runner);
// Each file is replaced whole. Killed in between, the next plan holds the rest.
Result<void> carry_out(const InstallPlan& plan, ProcessRunner& runner);

// Whether the entries of that scheduler are what they would be for this installation; asks no scheduler but crontab(1).
Result<bool> is_installed(const Installation& installation, Scheduler scheduler, const Places& places,
                          ProcessRunner& runner);

}  // namespace hasync::schedule
