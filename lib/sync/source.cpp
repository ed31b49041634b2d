#include "sync/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "store/failovers.hpp"
#include "store/node_state.hpp"
#include "sync/asking.hpp"
#include "sync/guards.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {
namespace {

namespace fs = std::filesystem;

// Who asked is there to end it, with Ctrl-C.
constexpr auto no_limit = std::chrono::days{365};

Result<void> ask_who_is_there(const SourceOrder& order, Carrier& carrier) {
  const auto& settings = order.settings;
  HASYNC_TRY(const auto node,
             store::read_or_start_node(order.database, settings.node.role, carrier.seams().clock.now()));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(order.database));
  if (auto refusal = refuse_node(node, unfinished, settings.node.name)) return fail(std::move(*refusal));
  HASYNC_CHECK(ask_peer(order.database, node, {}, carrier));
  return {};
}

class Comparing {
 public:
  Comparing(const SourceOrder& order, store::Catalog& catalog, Carrier& carrier)
      : order_(order), catalog_(catalog), carrier_(carrier) {
    for (const auto& each : order.verified.damages) damages_.emplace(each.dataset, each.path);
  }

  Result<DatasetCompared> dataset(const config::Dataset& dataset) {
    DatasetCompared compared{.dataset = dataset.name};
    const auto folder = order_.store.point(order_.point) + "/" + dataset.name;
    std::error_code none;
    if (dataset.type != config::DatasetType::files)
      compared.why_not = "a dump is made anew by each run, and cannot be compared with what it is made from";
    else if (!fs::is_directory(folder, none))
      compared.why_not = "it is not in the point";
    if (!compared.why_not.empty()) return compared;
    const auto on_change = [&](const Change& change) -> Result<void> {
      SourceDifference difference{at_source(change), change};
      if (difference.what == AtSource::content) {
        ++compared.content;
        HASYNC_TRY(difference.damaged, which_is_damaged(dataset.name, change.path));
      }
      order_.on_difference(dataset.name, difference);
      return {};
    };
    HASYNC_TRY(compared.counts, carrier_.run(dataset, compare_argv(carrier_.settings(), dataset, folder), on_change));
    compared.alike = std::max<std::int64_t>(0, compared.counts.files - compared.counts.renewed());
    compared.counts.changed -= compared.content;
    return compared;
  }

 private:
  Result<Damaged> which_is_damaged(const std::string& dataset, const std::string& path) {
    if (damages_.contains({dataset, path})) return Damaged::point;
    HASYNC_TRY(const auto recorded, catalog_.checksum_in(order_.point, dataset, path));
    return recorded.empty() ? Damaged::unknown : Damaged::source;
  }

  const SourceOrder& order_;
  store::Catalog& catalog_;
  Carrier& carrier_;
  std::set<std::pair<std::string, std::string>> damages_{};
};

// Of datasets that the settings no longer name nobody knows where they came from.
void add_unknown(const SourceOrder& order, std::vector<DatasetCompared>& compared) {
  std::set<std::string> left;
  std::error_code error;
  for (fs::directory_iterator entry{order.store.point(order.point), error}, end; !error && entry != end;
       entry.increment(error))
    left.insert(entry->path().filename().string());
  for (const auto& each : compared) left.erase(each.dataset);
  for (const auto& name : left) compared.push_back({.dataset = name, .why_not = "the settings do not name it"});
}

}  // namespace

std::string_view at_source_name(AtSource what) {
  switch (what) {
    case AtSource::content:
      return "content";
    case AtSource::changed:
      return "changed";
    case AtSource::attributes:
      return "attributes";
    case AtSource::created:
      return "created";
    case AtSource::deleted:
      return "deleted";
  }
  return "";
}

std::string_view damaged_name(Damaged damaged) {
  return damaged == Damaged::source ? "source" : damaged == Damaged::point ? "point" : "unknown";
}

AtSource at_source(const Change& change) {
  if (change.only_content) return AtSource::content;
  return change.what == What::created      ? AtSource::created
         : change.what == What::deleted    ? AtSource::deleted
         : change.what == What::attributes ? AtSource::attributes
                                           : AtSource::changed;
}

Result<std::vector<DatasetCompared>> compare_with_source(const SourceOrder& order, Seams seams) {
  HASYNC_TRY(auto catalog, store::Catalog::open(order.store));
  auto settings = order.settings;
  settings.sync.timeout = no_limit;
  Carrier carrier{settings, seams};
  HASYNC_CHECK(ask_who_is_there(order, carrier));
  Comparing comparing{order, catalog, carrier};
  std::vector<DatasetCompared> all;
  for (const auto& dataset : settings.sync.datasets) {
    HASYNC_TRY(auto compared, comparing.dataset(dataset));
    all.push_back(std::move(compared));
  }
  add_unknown(order, all);
  return all;
}

}  // namespace hasync::sync
