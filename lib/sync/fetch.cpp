#include "sync/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "os/checksum.hpp"
#include "os/tree.hpp"
#include "sync/build.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

// Datasets that the settings no longer name are no part of the new point.
Result<void> remove_all_but(const std::string& folder, const std::vector<config::Dataset>& datasets) {
  std::vector<std::string> others;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (std::none_of(datasets.begin(), datasets.end(), [&](const auto& dataset) { return dataset.name == name; }))
      others.push_back(entry->path().string());
  }
  for (const auto& other : others) HASYNC_CHECK(remove_tree(other));
  return {};
}

class Fetching {
 public:
  Fetching(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier)
      : order_(order), catalog_(catalog), carrier_(carrier) {}

  Result<Fetched> all() {
    const auto& plan = order_.plan;
    HASYNC_TRY(const bool cloned, clone_newest());
    HASYNC_CHECK(make_folders(order_.store.incoming()));
    HASYNC_CHECK(remove_all_but(order_.store.incoming(), carrier_.settings().sync.datasets));
    bool complete = true;
    for (std::size_t at = 0; at < plan.datasets.size(); ++at) {
      const auto& dataset = carrier_.settings().sync.datasets[at];
      const auto& planned = plan.datasets[at];
      if (dataset.type != config::DatasetType::files) {
        HASYNC_CHECK(place_dump(planned));
        continue;
      }
      if (cloned && planned.argv.empty()) continue;
      HASYNC_TRY(const bool all, cloned && !planned.newest.empty() ? transfer_listed(dataset, planned)
                                                                   : transfer_all(dataset, planned));
      complete = complete && all;
    }
    return complete ? Fetched::whole : Fetched::with_gaps;
  }

 private:
  // A file system without hard links, or a file that has all that it may have: rsync copies what it cannot link.
  Result<bool> clone_newest() {
    if (!order_.plan.newest) return false;
    const auto cloned = begin_with_clone(order_.store, *order_.plan.newest, carrier_);
    if (cloned) return true;
    if (cloned.error().code == ExitCode::interrupted) return fail(cloned.error());
    carrier_.note("the newest point could not be cloned, so that everything was compared again: " +
                  cloned.error().message);
    HASYNC_CHECK(remove_tree(order_.store.incoming()));
    return false;
  }

  // What the clone holds in its place is a dump of before, whether or not that is the same.
  Result<void> place_dump(const DatasetPlan& planned) {
    const auto made = order_.store.dumps() + "/" + planned.dataset,
               target = order_.store.incoming() + "/" + planned.dataset;
    HASYNC_CHECK(remove_tree(target));
    std::error_code error;
    std::filesystem::rename(made, target, error);
    if (error) return fail(os_error(fmt::format("cannot move {} to {}", made, target), error.value()));
    if (!planned.counts.any_change()) return {};
    for (const auto& entry : std::filesystem::directory_iterator{target, error}) {
      HASYNC_TRY(auto checksum, xxh128_of(entry.path().string()));
      HASYNC_CHECK(catalog_.add(planned.dataset, {.what = What::changed,
                                                  .path = entry.path().filename().string(),
                                                  .bytes = static_cast<std::int64_t>(entry.file_size(error)),
                                                  .checksum = std::move(checksum)}));
    }
    return {};
  }

  Result<bool> transfer_all(const config::Dataset& dataset, const DatasetPlan& planned) {
    const auto target = order_.store.incoming() + "/" + dataset.name;
    HASYNC_CHECK(make_folders(target));
    HASYNC_TRY(const auto counts,
               carrier_.run(
                   dataset, transfer_argv(carrier_.settings(), dataset, planned.newest, target, progress()),
                   [&](const Change& change) { return catalog_.add(dataset.name, change); }, on_output(dataset)));
    return counts.files >= planned.counts.files;
  }

  // Whether everything came that is listed.
  Result<bool> transfer_listed(const config::Dataset& dataset, const DatasetPlan& planned) {
    const auto target = order_.store.incoming() + "/" + dataset.name;
    HASYNC_TRY(const auto listed, take_out_and_list(target, order_.store.list(), [&](const store::OnChange& on_change) {
                 return catalog_.each_change(order_.point, dataset.name, on_change);
               }));
    bool as_planned = true;
    std::int64_t arrived = 0;
    const auto take = [&](const Change& change) -> Result<void> {
      if (change.folder) return {};
      HASYNC_TRY(const auto bytes, catalog_.bytes_planned(dataset.name, change.path));
      as_planned = as_planned && (change.checksum.empty() || bytes == change.bytes);
      if (bytes < 0) return catalog_.add(dataset.name, change);
      ++arrived;
      return change.checksum.empty() ? Result<void>{}
                                     : catalog_.set_checksum(dataset.name, change.path, change.checksum);
    };
    const auto argv =
        transfer_listed_argv(carrier_.settings(), dataset, planned.newest, order_.store.list(), target, progress());
    HASYNC_CHECK(carrier_.run(dataset, argv, take, on_output(dataset)));
    if (!as_planned || arrived < listed) HASYNC_CHECK(catch_up(dataset, planned));
    return arrived >= listed;
  }

  // The source changed since the plan: what came may speak of files that are newer than the plan, as an index does. So
  // those are fetched, too. What is there already is not touched: it may be shared with earlier points.
  Result<void> catch_up(const config::Dataset& dataset, const DatasetPlan& planned) {
    const auto target = order_.store.incoming() + "/" + dataset.name;
    HASYNC_CHECK(carrier_.run(dataset, catch_up_argv(carrier_.settings(), dataset, planned.newest, target),
                              [&](const Change& change) { return catalog_.add(dataset.name, change); }));
    return {};
  }

  Progress progress() const { return order_.on_progress ? Progress::told : Progress::silent; }
  std::function<void(std::string_view)> on_output(const config::Dataset& dataset) const {
    return [this, &dataset](std::string_view chunk) {
      if (const auto percent = read_percent(chunk); percent && order_.on_progress)
        order_.on_progress(dataset.name, *percent);
    };
  }

  const FetchOrder& order_;
  store::Catalog& catalog_;
  Carrier& carrier_;
};

}  // namespace

Result<Fetched> fetch(const FetchOrder& order, store::Catalog& catalog, Carrier& carrier) {
  return Fetching{order, catalog, carrier}.all();
}

}  // namespace hasync::sync
