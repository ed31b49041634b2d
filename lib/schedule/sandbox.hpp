// What a unit may do (systemd.exec(5)): as little as its job allows, each relaxation with its reason beside it. Pure.
// A sandbox must never keep a promotion from succeeding, nor a sync from bringing what a sync by hand brings.
#pragma once
#include <string>
#include <vector>

#include "schedule/units.hpp"

namespace hasync::schedule {

enum class Job { sync, heartbeat, notify, housekeeping };

// The lines of its [Service] section. A user's own manager has no privileges to give away, so there only what a process
// can deny itself is said.
std::string sandbox(Job job, Manager manager, const Installation& installation);

// A path as a word of a unit's list of paths, with what stands before it: -"/a b". (There, unlike in ExecStart=, a
// backslash is an ordinary byte.)
std::string unit_path(std::string_view prefix, std::string_view path);

}  // namespace hasync::schedule
