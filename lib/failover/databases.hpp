// The database of a server, whichever kind its URI names: restored beside the application's life, then put in place.
#pragma once
#include <string>
#include <vector>

#include "failover/restored.hpp"
#include "os/process.hpp"

namespace hasync::failover {

// `point`: the dataset's folder in the point. Its evidence is for put_in_place().
Result<Restored> restore_database(const std::string& point, const std::string& uri, Duration timeout,
                                  const std::vector<int>& inherit, ProcessRunner& runner);
// Gives a line for the record.
Result<std::string> put_in_place(const std::string& uri, const std::string& restored, const std::string& stamp,
                                 ProcessRunner& runner);

// "a new database postgresql:///app_hasync_new", "mysql:///app, which must be empty or not there"
std::string tell_restore(const std::string& uri);
std::string tell_place(const std::string& uri);

// Why no dump can be restored there; empty: one can.
std::string trouble_with_server(const std::string& uri, ProcessRunner& runner);
// Why the accounts that came with a dump, and are missing there, could not be made; empty: they could, or none came.
std::string trouble_with_accounts(const std::string& point, const std::string& uri, ProcessRunner& runner);
// What a restore has begun that is not in place goes.
void drop_restored(const std::string& uri, ProcessRunner& runner);

}  // namespace hasync::failover
