// Looking into recovery points: what differs between two, and whether one still holds what was pulled.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "store/catalog.hpp"

namespace hasync::sync {

// The dataset, and what is different in it.
using OnDifference = std::function<Result<void>(const std::string& dataset, const store::Change& change)>;
// From `one` to `other`, in the order of the paths. What they share is not read: the same file is the same. Of two
// files that differ only the attributes and times are compared, as rsync does.
Result<void> compare_points(const store::StoreFolder& store, const std::string& one, const std::string& other,
                            const OnDifference& on_difference);

struct Damage {
  std::string dataset, path;  // without a path: of the dataset as a whole
  std::string what;
};
struct Verified {
  std::int64_t intact = 0, unrecorded = 0;  // files with the checksum on record, and without any
  std::vector<Damage> damages{};
};
// Reads every file of a point. ExitCode::interrupted when somebody asks to stop.
Result<Verified> verify_point(const store::StoreFolder& store, store::Database& database, const std::string& point,
                              const Clock& clock);

}  // namespace hasync::sync
