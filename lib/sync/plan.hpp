// What a run would change, found by a dry run of rsync against the newest point: it is printed by `sync --dry-run`,
// asked by the guards, and then carried out.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/catalog.hpp"
#include "store/linked_names.hpp"
#include "sync/carrier.hpp"
#include "sync/guards.hpp"
#include "sync/moved.hpp"

namespace hasync::sync {

// What changes in a folder is known beforehand, in a dump only when it is made.
enum class Foreseen { all, nothing };

struct DatasetPlan {
  std::string dataset;
  Counts counts{};
  std::string newest{};                // its folder in the newest point; empty: it is not in there
  std::vector<std::string> argv{};     // what carries it out; empty when nothing changes
  std::vector<std::string> to_part{};  // names of one file, of what is here already, that are to be so no longer
  std::int64_t bytes_to_copy = 0;      // so much is copied here for that, and where just attributes differ
  bool adds_links = false;             // what stays gets other names, too
  bool newest_misleads = false;      // a symlink in it is a folder by now: rsync, which follows it, may not look there
  std::vector<Moved> moved{};        // what seems to have another name now
  std::vector<std::string> going{};  // the first that would be deleted
  std::string file_system{};         // what tells the one its source is on
  Foreseen foreseen = Foreseen::all;
};
struct Plan {
  std::optional<std::string> newest{};  // the point it is compared with
  std::vector<DatasetPlan> datasets{};
  bool changes_anything = false;
  std::vector<Hold> holds{};                    // why the point would not be published
  std::vector<config::Hook> before{}, after{};  // what a run would run around it
};

// What tells the file system that a source is on, by the source's path; where it could not be asked, nothing.
using FileSystems = std::map<std::string, std::string>;

// A run makes the dumps, in STORE/dumps, with its plan.
enum class Dumps { made, foreseen };

struct PlanOrder {
  const store::StoreFolder& store;
  store::Database& database;
  const FileSystems& file_systems;
  const std::vector<std::string>& forced;
  Dumps dumps;
  // Told each change against a dataset in the newest point, as it is found.
  std::function<Result<void>(const std::string& dataset, const Change& change)> on_planned{};
  // The names that are hard links of each other in the dataset of the newest point, which is in `folder`; where this is
  // not given, whether they still are is not asked.
  std::function<Result<store::LinkedNames>(const std::string& dataset, const std::string& folder)> links{};
  // The next dataset is about to be looked at, or dumped, alone or with others; an error is the plan's.
  std::function<Result<void>(const std::string& dataset)> on_begun{};
  // The dataset that was planned last is here already, being a dump.
  std::function<void(const Plan& plan)> on_dumped{};
};
Result<Plan> make_plan(const PlanOrder& order, Carrier& carrier);

}  // namespace hasync::sync
