// Recovery points on disk: placing and publishing one in two atomic steps, removing old ones, and putting a store in
// order after a crash.
#pragma once
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/file_lock.hpp"
#include "store/point_folder.hpp"
#include "store/sync_runs.hpp"

namespace hasync::sync {

// Makes the store's folder (its parent must exist) and what belongs into it.
Result<void> prepare_store(const store::StoreFolder& store);

// A name for the point of a run that starts at `start`: the stamp in seconds, or in milliseconds when a point, even one
// that is gone by now, has that.
Result<std::string> point_id(const store::StoreFolder& store, store::Database& database, Instant start);

// incoming, which is on disk already → points/ID: complete, and held until it is published.
Result<void> place(const store::StoreFolder& store, const std::string& id);
// `current` → points/ID. On disk when this returns; a crash leaves it as it was, or so.
Result<void> publish(const store::StoreFolder& store, const std::string& id);

// Ends what a crash left: runs recorded as running end as interrupted, or as success where `current` already names
// their point; half a point goes; a complete point that is not recorded (a lost database) is recorded. Only under the
// store's lock.
Result<void> put_in_order(const store::StoreFolder& store, store::Database& database, const Clock& clock);

// Keeps a point where it is as long as the lock is held, by however many. ExitCode::usage when it is gone.
Result<FileLock> use_point(const store::StoreFolder& store, const std::string& id);

// After a good run: moves all but the newest `keep` published points into the trash, and every held one, which it has
// overtaken, and records that; `current` stays always, and one that is in use until the next time. Gives those that
// went and had been published, oldest first.
Result<std::vector<std::string>> prune(const store::StoreFolder& store, store::Database& database, int keep);
// One that is not `current` goes into the trash. ExitCode::busy while it is in use.
Result<void> throw_away(const store::StoreFolder& store, store::Database& database, const std::string& id);
Result<void> empty_trash(const store::StoreFolder& store);

}  // namespace hasync::sync
