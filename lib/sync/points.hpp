// Recovery points on disk: publishing one in two atomic steps, removing old ones, and putting a store in order after a
// crash.
#pragma once
#include <string>
#include <vector>

#include "store/point_folder.hpp"
#include "store/sync_runs.hpp"

namespace hasync::sync {

// Makes the store's folder (its parent must exist) and what belongs into it.
Result<void> prepare_store(const store::StoreFolder& store);

// A name for the point of a run that starts at `start`: the stamp in seconds, or in milliseconds when a point, even one
// that is gone by now, has that.
Result<std::string> point_id(const store::StoreFolder& store, store::Database& database, Instant start);

// incoming, which is on disk already → points/ID → current. Each step is on disk before the next; a crash between the
// two leaves `current` as it was.
Result<void> publish(const store::StoreFolder& store, const std::string& id);

// Ends what a crash left: runs recorded as running end as interrupted, or as success where `current` already names
// their point; half a point goes; a complete point that is not recorded (a lost database) is recorded. Only under the
// store's lock.
Result<void> put_in_order(const store::StoreFolder& store, store::Database& database, Instant now);

// Moves all but the newest `keep` points out of the way and records that; `current` stays always. Then empty_trash()
// removes them.
Result<void> prune(const store::StoreFolder& store, store::Database& database, int keep);
Result<void> empty_trash(const store::StoreFolder& store);

}  // namespace hasync::sync
