// Our units in systemd's hands, or in those of the user's own manager.
#pragma once
#include "schedule/install.hpp"

namespace hasync::schedule {

// A timer whose file is as it should be, but which an earlier apply could not start, or somebody stopped, is started
// too; so is what systemd has not read since its file was changed.
Result<void> plan_units(InstallStage& stage, const Installation& installation, Scheduler scheduler,
                        const std::string& folder, ProcessRunner& runner);

// Where systemd does not answer, the files alone go: then nothing of them is in force either.
Result<void> plan_no_units(InstallStage& stage, Scheduler scheduler, const std::string& folder, ProcessRunner& runner);

Manager manager_of(Scheduler scheduler);

}  // namespace hasync::schedule
