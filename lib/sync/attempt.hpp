// One attempt to bring the data of the peer: from asking who it is to the new point in its place.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "os/disk_writes.hpp"
#include "os/file_lock.hpp"
#include "store/sync_runs.hpp"
#include "sync/asking.hpp"
#include "sync/hooks.hpp"
#include "sync/run.hpp"

namespace hasync::sync {

struct Attempt {
  const store::StoreFolder& store;
  const store::StatePaths& state;
  store::Database& database;
  const Request& request;
  std::string point;  // the one to make
  Hooks& hooks;
  DiskWrites& writes;  // to the store
};

struct Pulled {
  store::SyncResult result = store::SyncResult::running;
  std::string point{};                  // that was made or, where nothing new was, the one that is still true
  std::optional<std::int64_t> term{};   // the peer's
  Counts counts{};                      // of what was planned
  std::vector<DatasetPlan> datasets{};  // of the point that was made
  std::optional<FileLock> role_lock{};  // to be held until a point that was published is recorded
};

// `pulled` tells how far it came, even where it failed. The hooks of each dataset that began are done.
Result<void> attempt(const Attempt& attempt, Carrier& carrier, Pulled& pulled);

}  // namespace hasync::sync
