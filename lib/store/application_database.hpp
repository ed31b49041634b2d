// An application's own SQLite database, which may be in use: copied as it is at one moment, and checked.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace hasync::store {

// Asked again and again during long work; false ends it.
using GoOn = std::function<bool()>;

// A copy of the database `path` as it is at one moment, in a file without a name in `folder`, ready to be read from its
// start (sqlite3_backup_init). Whoever writes to a database in WAL mode goes on meanwhile; to one in another mode he
// waits. Errors: not there, not readable, not a database, no room.
Result<Fd> copy_in_use(const std::string& path, const std::string& folder);

// Whether `path`, which nobody uses, is a whole and sound database (PRAGMA integrity_check): if not, the error says
// what is wrong. Changes nothing, makes no files beside it.
Result<void> check_sound(const std::string& path, const GoOn& go_on);

}  // namespace hasync::store
