#include "sync/dumps_at_once.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

#include "sync/hooks.hpp"

namespace hasync::sync {
namespace {

bool has_hooks(const config::Config& settings, const std::string& dataset) {
  return !hooks_for(settings.sync.before, dataset).empty() || !hooks_for(settings.sync.after, dataset).empty();
}

// Who was ended because another failed tells nothing, unless all of us were asked to stop.
std::optional<Error> error_of(const std::vector<Result<Dumped>>& ended, const Clock& clock) {
  std::optional<Error> told;
  for (const auto& each : ended) {
    if (each) continue;
    if ((each.error().code == ExitCode::interrupted) == clock.interrupted()) return each.error();
    if (!told) told = each.error();
  }
  return told;
}

}  // namespace

std::size_t taken_together(const config::Config& settings, std::size_t first) {
  const auto& datasets = settings.sync.datasets;
  const auto begin = datasets.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = std::find_if(begin, datasets.end(), [&](const config::Dataset& dataset) {
    return dataset.type == config::DatasetType::files || has_hooks(settings, dataset.name);
  });
  return std::max<std::size_t>(1, static_cast<std::size_t>(end - begin));
}

Result<std::vector<Dumped>> make_dumps(const std::vector<DumpOrder>& orders, DumpTerms terms, Clock& clock,
                                       ProcessRunner& runner) {
  const auto& sync = terms.settings.sync;
  const auto at_once = std::min(orders.size(), static_cast<std::size_t>(sync.dumps_at_once));
  if (sync.bandwidth_limit > 0)
    terms.bytes_per_second = std::max<std::int64_t>(1, sync.bandwidth_limit / static_cast<std::int64_t>(at_once));
  std::vector<Result<Dumped>> ended(orders.size(), Result<Dumped>{fail(ExitCode::interrupted, "interrupted")});
  std::atomic<std::size_t> next = 0;
  const Interrupt stop;
  const auto dump_next = [&] {
    for (auto at = next++; at < orders.size() && !stop.requested(); at = next++) {
      ended[at] = make_dump(orders[at], terms, stop, clock, runner);
      if (ended[at])
        terms.meter.has_dumped(orders[at].dataset.name);
      else
        stop.request();
    }
  };
  std::vector<std::jthread> others;
  while (others.size() + 1 < at_once) others.emplace_back(dump_next);
  dump_next();
  others.clear();  // joins
  if (auto error = error_of(ended, clock)) return fail(std::move(*error));
  std::vector<Dumped> dumped;
  for (auto& each : ended) dumped.push_back(std::move(*each));
  return dumped;
}

}  // namespace hasync::sync
