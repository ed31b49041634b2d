#pragma once
#include <string>
#include <vector>

#include "report/format.hpp"
#include "report/json.hpp"
#include "store/sync_runs.hpp"
#include "sync/source.hpp"

namespace hasync::report {

// Whether a point still holds what was pulled, and in what its sources differ from it by now, told as it is found.
// JSON: hasync.points-verify/1, in one piece at the end.
class PointVerification {
 public:
  PointVerification(std::string point, Format format);
  std::string verified(const sync::Verified& verified);
  std::string line(const std::string& dataset, const sync::SourceDifference& difference);
  std::string compared(const std::vector<sync::DatasetCompared>& datasets);
  std::string end() const;

 private:
  std::string point_;
  Format format_;
  Json json_;
  Json differences_ = Json::array();
};

}  // namespace hasync::report
