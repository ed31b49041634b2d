// cron(8) and crontab(1): the user's crontab read and written as a whole, and whether a cron is there to start
// anything.
#pragma once
#include "schedule/install.hpp"

namespace hasync::schedule {

// Of the running user; none where there is no crontab, nor a crontab(1) that this user may use.
Result<std::string> read_crontab(ProcessRunner& runner);

// Our block of the crontab becomes `lines`; none: it goes.
Result<void> plan_crontab(InstallPlan& plan, const std::string& lines, ProcessRunner& runner);
// Refused when somebody changed it since it was planned.
Result<void> write_crontab(const InstallPlan& plan, ProcessRunner& runner);

// An error where no cron is installed, a warning in the plan where none runs: entries that nothing starts.
Result<void> check_cron(InstallPlan& plan, Scheduler scheduler);
// As that warning; empty where a cron runs, or where it cannot be told.
std::string trouble_with_cron();

}  // namespace hasync::schedule
