// The difference between the entries that are there and those that shall be, file by file.
#pragma once
#include "schedule/install.hpp"

namespace hasync::schedule {

// Also a symlink that leads nowhere.
bool is_there(const std::string& path);

// Adds the change that makes `path` hold `wanted` (none: not be there), unless it does already. Gives whether it was
// added. What an apply that was killed left beside it goes in any case.
Result<bool> add_change(InstallStage& stage, const std::string& path, std::optional<std::string> wanted);

// Before anything is changed: whether all of it can be. The error names the other schedulers.
Result<void> check_folders(const InstallStage& stage);

Result<void> carry_out(const InstallStage& stage, ProcessRunner& runner);

}  // namespace hasync::schedule
