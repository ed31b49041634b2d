// Putting a dump of PostgreSQL in place: restored into a database of its own beside the application's, then the two
// exchange names in one transaction. So a restore that fails destroys nothing, and what stood there is kept.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "failover/restored.hpp"
#include "os/process.hpp"

namespace hasync::failover {

// Of the database that a promotion replaces. Both at most as long as a name may be (63 bytes).
std::string scratch_name(const std::string& database);
std::string aside_name(const std::string& database, const std::string& stamp);

// Of what pg_dumpall --roles-only told, what makes the roles that `existing` lacks.
std::vector<std::string> make_missing_roles(std::string_view sql, const std::vector<std::string>& existing);
// Of what pg_restore --create told, what makes the database and gives it its owner and properties, but called `name`.
std::vector<std::string> make_database(std::string_view sql, const std::string& name);
// The lines of `pg_restore --list` that are about the database as such.
std::string about_the_database(std::string_view list);

// The numbers (oid) that three databases have; 0: not there.
struct Databases {
  std::uint64_t live = 0, scratch = 0, aside = 0;
};
// The statements by which the database `restored` gets its place; none: it has it. Done again after a crash at any
// moment they come to the same end.
Result<std::vector<std::string>> swap(const Databases& there, std::uint64_t restored, const std::string& database,
                                      const std::string& stamp);

// `point`: the dataset's folder in the point. Its evidence is for swap_postgresql().
Result<Restored> restore_postgresql(const std::string& point, const std::string& uri, Duration timeout,
                                    const std::vector<int>& inherit, ProcessRunner& runner);
// Gives a line for the record.
Result<std::string> swap_postgresql(const std::string& uri, const std::string& restored, const std::string& stamp,
                                    ProcessRunner& runner);
// Why databases cannot be made on the server that `uri` names; empty: they can.
std::string trouble_with_postgresql(const std::string& uri, ProcessRunner& runner);
void drop_scratch(const std::string& uri, ProcessRunner& runner);

}  // namespace hasync::failover
