// What each dataset of a recovery point is: the numbers that the next run is compared with, and what was new in it.
#pragma once
#include <vector>

#include "store/sqlite.hpp"

namespace hasync::store {

struct PointDataset {
  std::string point, dataset;
  std::int64_t files = 0, bytes = 0;
  std::int64_t created = 0, changed = 0, attributes = 0, deleted = 0;  // against the point before it
  std::string file_system{};  // what tells the one its source was on; empty: it could not be asked
};

Result<void> add_point_dataset(Database& database, const PointDataset& dataset);
Result<std::optional<PointDataset>> find_point_dataset(Database& database, const std::string& point,
                                                       const std::string& dataset);
// By name.
Result<std::vector<PointDataset>> datasets_of_point(Database& database, const std::string& point);

}  // namespace hasync::store
