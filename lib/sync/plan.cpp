#include "sync/plan.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>

#include "os/beneath.hpp"
#include "store/point_datasets.hpp"
#include "sync/dumps.hpp"
#include "sync/dumps_at_once.hpp"
#include "sync/links.hpp"
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

// What the newest point has where something changes: which of its files that are not to stay seem to be only moved, and
// whether a symlink has become a folder.
class LookingBack {
 public:
  static Result<LookingBack> at(const std::string& newest) {
    LookingBack looking;
    if (newest.empty()) return looking;
    HASYNC_TRY(looking.newest_, Beneath::open(newest));
    return looking;
  }

  void take(const Change& change) {
    if (!newest_) return;
    if (change.folder) return take_folder(change);
    if (change.what == What::attributes && !change.leads_to) bytes_to_copy_ += change.bytes;
    adds_links_ = adds_links_ || (change.leads_to && newest_->look_at(*change.leads_to));
    const bool comes = change.what == What::created || change.what == What::changed;
    const bool goes = change.what == What::deleted || change.what == What::changed;
    if (comes && !change.leads_to) moves_.comes(change.path, change.bytes);
    const auto was = goes ? newest_->look_at(change.path) : std::nullopt;
    if (was && S_ISREG(was->st_mode)) moves_.goes(change.path, was->st_size);
  }

  // `linked`: names that stay links. A file that keeps one of them, or that two seem to be, is not guessed to be
  // another: at the source they may be files of their own by now.
  Result<std::vector<Moved>> moved(store::LinkedNames& linked) {
    std::set<store::FileId> taken;
    std::vector<Moved> moved;
    for (auto& each : moves_.found()) {
      const auto was = newest_->look_at(each.from);
      if (!was || !taken.insert(store::file_id(*was)).second) continue;
      HASYNC_TRY(const bool keeps_a_name, linked.has_file(store::file_id(*was)));
      if (!keeps_a_name) moved.push_back(std::move(each));
    }
    return moved;
  }

  bool misleads() const { return misleads_; }
  bool adds_links() const { return adds_links_; }
  std::int64_t bytes_to_copy() const { return bytes_to_copy_; }

 private:
  void take_folder(const Change& change) {
    const auto was = change.what == What::deleted ? std::nullopt : newest_->look_at(change.path);
    misleads_ = misleads_ || (was && S_ISLNK(was->st_mode));
  }

  std::optional<Beneath> newest_;
  Moves moves_;
  bool misleads_ = false, adds_links_ = false;
  std::int64_t bytes_to_copy_ = 0;
};

class Planner {
 public:
  Planner(const PlanOrder& order, Carrier& carrier)
      : order_(order), carrier_(carrier), plan_{.newest = store::current_point(order.store)} {}

  Result<Plan> make() {
    const auto& datasets = carrier_.settings().sync.datasets;
    for (std::size_t first = 0; first < datasets.size();) {
      const auto together = std::span{datasets}.subspan(first, taken_together(carrier_.settings(), first));
      for (const auto& dataset : together)
        if (order_.on_begun) HASYNC_CHECK(order_.on_begun(dataset.name));
      const bool is_folder = together.front().type == config::DatasetType::files;
      HASYNC_CHECK(is_folder ? folder(together.front()) : dump(together));
      first += together.size();
    }
    if (plan_.newest && !same_datasets(order_.store, *plan_.newest, datasets)) plan_.changes_anything = true;
    return std::move(plan_);
  }

 private:
  Result<void> folder(const config::Dataset& dataset) {
    const auto& settings = carrier_.settings();
    DatasetPlan planned{.dataset = dataset.name, .newest = newest_folder(order_.store, plan_.newest, dataset)};
    const auto target = order_.store.incoming() + "/" + dataset.name;
    HASYNC_TRY(auto linked, links_of(planned));
    HASYNC_TRY(auto before, LookingBack::at(planned.newest));
    const auto on_change = [&](const Change& change) -> Result<void> {
      HASYNC_CHECK(take_note(linked, change));
      before.take(change);
      if (change.what == What::deleted && !change.folder && planned.going.size() < examples)
        planned.going.push_back(change.path);
      return planned.newest.empty() || !order_.on_planned ? Result<void>{} : order_.on_planned(dataset.name, change);
    };
    carrier_.meter().plans(dataset.name);
    const auto& against = planned.newest.empty() ? target : planned.newest;
    HASYNC_TRY(planned.counts, carrier_.run(dataset, plan_argv(settings, dataset, against), on_change));
    HASYNC_TRY(planned.moved, before.moved(linked));
    planned.newest_misleads = before.misleads();
    planned.adds_links = before.adds_links();
    planned.bytes_to_copy = before.bytes_to_copy();
    HASYNC_CHECK(part_others(dataset, linked, planned));
    const bool changes = planned.newest.empty() || planned.counts.any_change();
    if (changes)
      planned.argv =
          carrier_.as_run(planned.newest.empty() ? transfer_argv(settings, dataset, {}, target, Progress::silent)
                                                 : transfer_listed_argv(settings, dataset, {.newest = planned.newest},
                                                                        order_.store.list(), target, Progress::silent));
    const auto file_system = order_.file_systems.find(dataset.source);
    if (file_system != order_.file_systems.end()) planned.file_system = file_system->second;
    return take(dataset, std::move(planned), changes);
  }

  Result<store::LinkedNames> links_of(const DatasetPlan& planned) const {
    if (planned.newest.empty() || !order_.links) return store::LinkedNames{};
    return order_.links(planned.dataset, planned.newest);
  }

  // Asks the peer which of them are still linked, and plans to part the others.
  Result<void> part_others(const config::Dataset& dataset, store::LinkedNames& linked, DatasetPlan& planned) {
    HASYNC_CHECK(linked.keep_shared());
    HASYNC_TRY(const bool any, linked.any());
    if (!any) return {};
    HASYNC_TRY(auto names, NameList::open());
    HASYNC_CHECK(linked.each_name([&](const std::string& name) { return names.add(name); }));
    const auto listed =
        carrier_.run_over(names, dataset, look_argv(carrier_.settings(), dataset, "-", order_.store.nowhere()),
                          [&](const Change& change) { return linked.set_at_source(change.path, change.leads_to); });
    if (!listed && listed.error().code == ExitCode::unsafe) {
      carrier_.note("whether all hard links are still so could not be asked: " + describe(listed.error()));
      return {};
    }
    if (!listed) return fail(listed.error());
    return linked.each_file([&](const std::vector<store::LinkedName>& file) -> Result<void> {
      for (const auto& another : names_to_part(file)) HASYNC_CHECK(part(another, planned));
      return {};
    });
  }

  Result<void> part(const std::vector<store::LinkedName>& file, DatasetPlan& planned) const {
    planned.bytes_to_copy += file.front().bytes;
    for (const auto& each : file) {
      planned.to_part.push_back(each.name);
      if (!each.is_fetched) ++planned.counts.attributes;
      if (!order_.on_planned) continue;
      HASYNC_CHECK(
          order_.on_planned(planned.dataset, {.what = What::attributes, .path = each.name, .bytes = each.bytes}));
    }
    return {};
  }

  Result<void> dump(std::span<const config::Dataset> datasets) {
    std::vector<DatasetPlan> planned;
    for (const auto& dataset : datasets)
      planned.push_back({.dataset = dataset.name,
                         .newest = newest_folder(order_.store, plan_.newest, dataset),
                         .argv = from_here(carrier_.settings(), dump_parts(dataset).back().argv)});
    if (order_.dumps == Dumps::foreseen) {
      for (auto& each : planned) {
        each.foreseen = Foreseen::nothing;
        plan_.datasets.push_back(std::move(each));
      }
      plan_.changes_anything = true;
      return {};
    }
    std::vector<DumpOrder> orders;
    for (std::size_t at = 0; at < datasets.size(); ++at)
      orders.push_back({datasets[at], order_.store.dumps() + "/" + datasets[at].name, planned[at].newest});
    HASYNC_TRY(const auto counts, carrier_.dump(orders, order_.forced));
    for (std::size_t at = 0; at < datasets.size(); ++at) {
      planned[at].counts = counts[at];
      HASYNC_CHECK(take(datasets[at], std::move(planned[at]), counts[at].any_change()));
      if (order_.on_dumped) order_.on_dumped(plan_);
    }
    return {};
  }

  Result<void> take(const config::Dataset& dataset, DatasetPlan planned, bool changes) {
    plan_.changes_anything = plan_.changes_anything || changes;
    HASYNC_TRY(const auto before, numbers_of_newest(order_.database, plan_, planned));
    const Numbers now{planned.counts.files, planned.counts.bytes, planned.file_system};
    for (auto& hold : reasons_to_hold(carrier_.settings(), dataset, before, now, order_.forced)) {
      hold.dataset = dataset.name;
      plan_.holds.push_back(std::move(hold));
    }
    plan_.datasets.push_back(std::move(planned));
    return {};
  }

  const PlanOrder& order_;
  Carrier& carrier_;
  Plan plan_;
};

}  // namespace

Result<Plan> make_plan(const PlanOrder& order, Carrier& carrier) { return Planner{order, carrier}.make(); }

}  // namespace hasync::sync
