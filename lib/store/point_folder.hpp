// The folders of a store: points/<UTC stamp>/<dataset>, the relative symlink `current`, and where a run builds and
// throws away; of the newest point a clone may be ready for the next run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace hasync::store {

struct StoreFolder {
  std::string path;

  std::string points() const { return path + "/points"; }
  std::string point(const std::string& id) const { return points() + "/" + id; }
  std::string current() const { return path + "/current"; }
  std::string incoming() const { return path + "/incoming"; }
  std::string list() const { return path + "/incoming.list"; }
  std::string dumps() const { return path + "/dumps"; }
  std::string nowhere() const { return path + "/nothing"; }  // is never there
  std::string clones() const { return path + "/clones"; }
  std::string interrupted() const { return path + "/interrupted"; }
  std::string trash() const { return path + "/trash"; }
  std::string catalog() const { return path + "/catalog.db"; }
  std::string lock() const { return path + "/lock"; }
  std::string live(const std::string& dataset) const { return path + "/live/" + dataset; }
};

// The id of the point that `current` names, when it is one (its name is a UTC stamp) and its folder is there.
std::optional<std::string> current_point(const StoreFolder& store);
// The ids of all point folders, oldest first.
std::vector<std::string> point_ids(const StoreFolder& store);

}  // namespace hasync::store
