#include "sync/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace hasync::sync {

std::int64_t RunProgress::planned() const {
  std::int64_t sum = 0;
  for (const auto& each : datasets) sum += each.planned;
  return sum;
}

std::int64_t RunProgress::sent() const {
  std::int64_t sum = 0;
  for (const auto& each : datasets) sum += each.sent;
  return sum;
}

void Meter::enter(Phase phase, const std::string& dataset) {
  if (phase == Phase::planning) progress_.datasets.clear();  // again, after an attempt that failed
  progress_.phase = phase;
  progress_.dataset = dataset;
  progress_.dumped = 0;
  tick();
}

void Meter::dumps(const std::string& dataset, std::int64_t bytes) {
  if (progress_.phase != Phase::dumping || progress_.dataset != dataset) enter(Phase::dumping, dataset);
  progress_.dumped = bytes;
  tick();
}

void Meter::will_fetch(std::vector<DatasetProgress> datasets) {
  progress_.datasets = std::move(datasets);
  enter(Phase::fetching, {});
}

DatasetProgress* Meter::find(const std::string& dataset) {
  auto& all = progress_.datasets;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.dataset == dataset; });
  return found == all.end() ? nullptr : &*found;
}

void Meter::fetches(const std::string& dataset, std::int64_t sent) {
  progress_.phase = Phase::fetching;
  progress_.dataset = dataset;
  if (auto* each = find(dataset)) {
    each->sent = sent;
    each->planned = std::max(each->planned, sent);  // the source grew since it was planned
  }
  tick();
}

void Meter::spares(const std::string& dataset, std::int64_t bytes) {
  if (auto* each = find(dataset)) each->planned = std::max(each->sent, each->planned - bytes);
  tick();
}

void Meter::has_fetched(const std::string& dataset) {
  const auto* each = find(dataset);
  fetches(dataset, each == nullptr ? 0 : each->planned);
}

void Pace::take(BootTime at, std::int64_t bytes) {
  constexpr auto window = std::chrono::seconds{15};
  constexpr auto apart = std::chrono::milliseconds{250};
  if (!samples_.empty() && bytes < samples_.back().second) samples_.clear();
  const auto count = samples_.size();
  if (count > 1 && samples_[count - 1].first - samples_[count - 2].first < apart) samples_.pop_back();
  samples_.emplace_back(at, bytes);
  while (samples_.size() > 2 && samples_[1].first <= at - window) samples_.pop_front();
}

std::optional<std::int64_t> Pace::rate() const {
  if (samples_.empty()) return std::nullopt;
  const auto took = samples_.back().first - samples_.front().first;
  if (took < std::chrono::seconds{1}) return std::nullopt;
  return (samples_.back().second - samples_.front().second) * 1000 / took.count();
}

std::optional<Duration> time_left(std::int64_t rest, std::optional<std::int64_t> rate) {
  if (rest <= 0) return Duration{0};
  if (!rate || *rate <= 0) return std::nullopt;
  return std::chrono::seconds{(rest + *rate - 1) / *rate};
}

std::string tell_phase(const RunProgress& progress) {
  const auto dataset = printable(progress.dataset);
  switch (progress.phase) {
    case Phase::beginning:
      return "beginning";
    case Phase::asking:
      return "asking the peer";
    case Phase::planning:
      return fmt::format("comparing {} with its source", dataset);
    case Phase::dumping:
      return fmt::format("dumping {}", dataset);
    case Phase::fetching:
      return dataset.empty() ? "preparing the new point" : fmt::format("fetching {}", dataset);
    case Phase::finishing:
      return "writing to disk";
  }
  return {};
}

std::string tell_interrupted(const Meter& meter, Duration after, const std::optional<std::string>& current) {
  const auto& progress = meter.progress();
  auto text = fmt::format("interrupted after {} while {}", tell_duration(after), tell_phase(progress));
  if (progress.phase == Phase::dumping) text += fmt::format(", {} so far", tell_size(progress.dumped));
  if (progress.phase == Phase::fetching && meter.is_watched() && progress.planned() > 0)
    text += fmt::format(", {} of {}, from which the next run goes on", tell_size(progress.sent()),
                        tell_size(progress.planned()));
  return text + (current ? fmt::format("; nothing is published, current stays {}", *current)
                         : "; nothing is published, and there is no point yet");
}

}  // namespace hasync::sync
