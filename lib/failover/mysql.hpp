// Putting a dump of MySQL or MariaDB in place. These cannot rename a database, so a dump is restored under its own
// name, and only where nothing stands: what is there is never replaced.
#pragma once
#include <string>
#include <vector>

#include "failover/restored.hpp"
#include "os/process.hpp"

namespace hasync::failover {

// A database of this name says that what is in the other is an unfinished restore of ours.
std::string mark_of(const std::string& database);

struct MysqlState {
  bool is_marked = false;
  bool is_empty = true;  // or not there
};
// Why nothing may be restored; empty: it may.
std::string trouble_with_database(const MysqlState& state, const std::string& database);

// `point`: the dataset's folder in the point. Its evidence is for settle_mysql().
Result<Restored> restore_mysql(const std::string& point, const std::string& uri, Duration timeout,
                               const std::vector<int>& inherit, ProcessRunner& runner);
// What was restored is the application's from now on. Gives a line for the record.
Result<std::string> settle_mysql(const std::string& uri, const std::string& restored, ProcessRunner& runner);

std::string trouble_with_mysql(const std::string& uri, ProcessRunner& runner);
// Why accounts that are missing could not be made there; empty: they can.
std::string trouble_with_mysql_accounts(const std::string& uri, ProcessRunner& runner);
void drop_unsettled(const std::string& uri, ProcessRunner& runner);

}  // namespace hasync::failover
