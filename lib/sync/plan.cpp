#include "sync/plan.hpp"

#include <filesystem>

#include "store/point_datasets.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t examples = 5;

std::string newest_folder(const store::StoreFolder& store, const std::optional<std::string>& newest,
                          const config::Dataset& dataset) {
  const auto folder = newest ? store.point(*newest) + "/" + dataset.name : std::string{};
  std::error_code none;
  return fs::is_directory(folder, none) ? folder : std::string{};
}

// Whether the newest point holds just the datasets of the settings.
bool same_datasets(const store::StoreFolder& store, const std::string& newest,
                   const std::vector<config::Dataset>& datasets) {
  std::error_code error;
  std::size_t there = 0;
  for (fs::directory_iterator entry{store.point(newest), error}, end; !error && entry != end; entry.increment(error))
    ++there;
  return there == datasets.size();
}

// Of a point whose record was lost.
Numbers counted_in(const std::string& folder) {
  Numbers numbers;
  std::error_code error;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const auto type = entry->symlink_status(error).type();
    if (type == fs::file_type::directory) continue;
    ++numbers.files;
    if (type == fs::file_type::regular) numbers.bytes += static_cast<std::int64_t>(entry->file_size(error));
  }
  return numbers;
}

Result<std::optional<Numbers>> numbers_of_newest(store::Database& database, const Plan& plan,
                                                 const DatasetPlan& planned) {
  if (planned.newest.empty()) return std::nullopt;
  HASYNC_TRY(const auto recorded, store::find_point_dataset(database, *plan.newest, planned.dataset));
  if (!recorded) return std::optional{counted_in(planned.newest)};
  return std::optional{Numbers{recorded->files, recorded->bytes, recorded->file_system}};
}

}  // namespace

Result<Plan> make_plan(const store::StoreFolder& store, store::Database& database, Carrier& carrier,
                       const FileSystems& file_systems, const std::vector<std::string>& forced,
                       const OnPlanned& on_planned) {
  const auto& settings = carrier.settings();
  Plan plan{.newest = store::current_point(store)};
  for (const auto& dataset : settings.sync.datasets) {
    DatasetPlan planned{.dataset = dataset.name, .newest = newest_folder(store, plan.newest, dataset)};
    const auto target = store.incoming() + "/" + dataset.name;
    const auto on_change = [&](const Change& change) -> Result<void> {
      if (change.what == What::deleted && !change.folder && planned.going.size() < examples)
        planned.going.push_back(change.path);
      return planned.newest.empty() || !on_planned ? Result<void>{} : on_planned(dataset.name, change);
    };
    const auto& against = planned.newest.empty() ? target : planned.newest;
    HASYNC_TRY(planned.counts, carrier.run(dataset, plan_argv(settings, dataset, against), on_change));
    const bool changes = planned.newest.empty() || planned.counts.any_change();
    if (changes)
      planned.argv = planned.newest.empty() ? transfer_argv(settings, dataset, target, Progress::silent)
                                            : transfer_listed_argv(settings, dataset, planned.newest, store.list(),
                                                                   target, Progress::silent);
    plan.changes_anything = plan.changes_anything || changes;

    const auto file_system = file_systems.find(dataset.source);
    if (file_system != file_systems.end()) planned.file_system = file_system->second;
    HASYNC_TRY(const auto before, numbers_of_newest(database, plan, planned));
    const Numbers now{planned.counts.files, planned.counts.bytes, planned.file_system};
    for (auto& hold : reasons_to_hold(settings, dataset, before, now, forced)) plan.holds.push_back(std::move(hold));
    plan.datasets.push_back(std::move(planned));
  }
  if (plan.newest && !same_datasets(store, *plan.newest, settings.sync.datasets)) plan.changes_anything = true;
  return plan;
}

}  // namespace hasync::sync
