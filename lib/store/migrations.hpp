// The schema and the way from every older one to it, kept in PRAGMA user_version.
#pragma once
#include "store/sqlite.hpp"

namespace hasync::store {

inline constexpr int schema_version = 5;

// Brings the database to schema_version in one transaction; a newer one is refused and left as it is.
Result<void> migrate(Database& database);
// For readers: an error unless the database has exactly this version.
Result<void> require_current(Database& database);

}  // namespace hasync::store
