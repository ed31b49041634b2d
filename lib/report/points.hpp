#pragma once
#include <string>
#include <vector>

#include "report/format.hpp"
#include "report/json.hpp"
#include "store/catalog.hpp"
#include "store/point_datasets.hpp"
#include "store/sync_runs.hpp"

namespace hasync::report {

// Newest first; `current` is marked. JSON: hasync.points/1.
std::string render(const std::vector<store::Point>& points, const std::optional<std::string>& current, Instant now,
                   Format format);

struct PointShown {
  store::Point point;
  std::string folder;
  bool current = false;
  std::vector<store::PointDataset> datasets{};
};
// JSON: hasync.point/1.
std::string render(const PointShown& shown, Instant now, Format format);

// What differs between two points, told as it is found. JSON: hasync.points-diff/1, in one piece at the end.
class PointDifferences {
 public:
  PointDifferences(std::string one, std::string other, Format format);
  std::string line(const std::string& dataset, const store::Change& change);
  std::string end();

 private:
  Format format_;
  Json json_;
  std::int64_t count_ = 0;
};

}  // namespace hasync::report
