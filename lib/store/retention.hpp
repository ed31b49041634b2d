// Forgetting what is older than the history is kept.
#pragma once
#include "store/sqlite.hpp"

namespace hasync::store {

// Removes what ended before `before`, in short transactions so that a beat never waits long. Kept whatever their age:
// the newest attempt, the newest success, the newest good sync run, whatever is unfinished, and mail not yet delivered.
// Gives the number of rows.
Result<std::int64_t> forget_before(Database& database, Instant before);

}  // namespace hasync::store
