// Taking data back out of a point: a private copy of all of it, or of some, at a path of the operator's choice. Planned
// first; nothing is at the path before all of it is.
#pragma once
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/process.hpp"
#include "os/tree.hpp"
#include "store/point_folder.hpp"

namespace hasync::sync {

struct RestoreOrder {
  std::string point;
  std::string to;
  std::string dataset{};             // what is in it comes to `to`; empty: every dataset, each as a folder in `to`
  std::vector<std::string> paths{};  // only these: DATASET/PATH, or with a dataset what is in it; empty: all
};

struct Restoring {
  std::string point, to;
  std::string from;                  // the folder of the point
  std::string staging;               // what the copy is made in: the only thing in a folder beside `to`
  std::string dataset;               // as ordered
  std::vector<std::string> names{};  // what is copied, below `from`; none of it within another
  Amount amount{};
  std::int64_t needed = 0, free = 0;  // on the disk of `to`
};

// A path below a point, without "./" and "//". ExitCode::usage for one that is absolute, or leads upwards.
Result<std::string> path_in_point(const std::string& path);
// Without those that are twice, or within another one of them.
std::vector<std::string> without_nested(std::vector<std::string> names);
// The folders on the way to each of `names`, the uppermost first.
std::vector<std::string> folders_above(const std::vector<std::string>& names);

// ExitCode::unsafe where something is at `to` already, or beside it that no restore left, or it is within the store;
// ExitCode::usage for a path that the point does not hold, and for a database; ExitCode::failed without room. Changes
// nothing.
Result<Restoring> plan_restore(const store::StoreFolder& store, const RestoreOrder& order);

// What is run, one after the other.
std::vector<std::vector<std::string>> commands_of(const Restoring& restoring);

// All of it is on disk at `to` then, or nothing. What an earlier one left that was killed goes first; ExitCode::busy
// while that still copies. The programs keep the descriptors in `inherit`.
Result<void> restore(const Restoring& restoring, std::vector<int> inherit, ProcessRunner& runner);

}  // namespace hasync::sync
