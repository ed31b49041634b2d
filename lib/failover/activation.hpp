// Putting a private, writable copy of a point's dataset where the application looks. What stood there is moved aside,
// never deleted.
#pragma once
#include <string>

#include "failover/guards.hpp"
#include "failover/plan.hpp"
#include "os/process.hpp"

namespace hasync::failover {

// Where the copy is made: beside the live path, so on its file system.
std::string staging_path(const std::string& live);

// Whether the copies of `plan` have a place to go: each live path can be renamed, holds none of the folders in `kept`,
// its own folder can be written, and there is room. `bytes` is the size of what they copy; only where it does not
// fit, what it takes on disk is looked at.
LivePaths look_at_live_paths(const std::vector<PlannedStep>& plan, std::int64_t bytes,
                             const std::vector<std::string>& kept);

// Why a database cannot be restored where `plan` wants it: its server does not answer, or does not let us. Empty: each
// can.
std::string trouble_with_servers(const std::vector<PlannedStep>& plan, ProcessRunner& runner);

// Copies afresh (cp(1), sharing blocks where the file system can) and gives the identity of the finished copy, which is
// on disk by then.
// The program that copies keeps the descriptors in `inherit`.
Result<std::string> copy_point(const std::string& point, const std::string& live, Duration timeout,
                               const std::vector<int>& inherit, ProcessRunner& runner);

// Removes what copies of a promotion that is over are still waiting; what cannot be removed is in nobody's way.
void drop_copies(const std::vector<store::StepRecord>& steps, ProcessRunner& runner);

// Lets the finished copy, known by its identity, and what stands at `live` trade places in one step; the old content
// goes to LIVE.hasync-STAMP, with what SQLite keeps beside the file of a database. Done again after a crash at any
// moment it comes to the same end. Gives a line for the record.
Result<std::string> activate(const std::string& live, const std::string& identity, const std::string& stamp);

}  // namespace hasync::failover
