#include "sync/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace hasync::sync {

std::int64_t RunProgress::dumped() const {
  std::int64_t sum = 0;
  for (const auto& [name, bytes] : dumps) sum += bytes;
  return sum;
}

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

void Meter::tick() const {
  const std::scoped_lock held{lock_};
  tell();
}

void Meter::tell() const {
  if (on_progress_) on_progress_(progress_);
}

void Meter::enter(Phase phase, const std::string& dataset) {
  const std::scoped_lock held{lock_};
  begin(phase, dataset);
  tell();
}

void Meter::begin(Phase phase, const std::string& dataset) {
  if (phase == Phase::planning) progress_.datasets.clear();  // again, after an attempt that failed
  progress_.phase = phase;
  progress_.dataset = dataset;
  progress_.dumps.clear();
}

void Meter::dumps(const std::string& dataset, std::int64_t bytes) {
  const std::scoped_lock held{lock_};
  if (progress_.phase != Phase::dumping) begin(Phase::dumping, dataset);
  progress_.dataset = dataset;
  progress_.dumps[dataset] = bytes;
  tell();
}

void Meter::has_dumped(const std::string& dataset) {
  const std::scoped_lock held{lock_};
  progress_.dumps.erase(dataset);
}

void Meter::will_fetch(std::vector<DatasetProgress> datasets) {
  const std::scoped_lock held{lock_};
  progress_.datasets = std::move(datasets);
  begin(Phase::fetching, {});
  tell();
}

DatasetProgress* Meter::find(const std::string& dataset) {
  auto& all = progress_.datasets;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.dataset == dataset; });
  return found == all.end() ? nullptr : &*found;
}

void Meter::set_sent(const std::string& dataset, std::int64_t sent) {
  progress_.phase = Phase::fetching;
  progress_.dataset = dataset;
  if (auto* each = find(dataset)) {
    each->sent = sent;
    each->planned = std::max(each->planned, sent);  // the source grew since it was planned
  }
  tell();
}

void Meter::fetches(const std::string& dataset, std::int64_t sent) {
  const std::scoped_lock held{lock_};
  set_sent(dataset, sent);
}

void Meter::spares(const std::string& dataset, std::int64_t bytes) {
  const std::scoped_lock held{lock_};
  if (auto* each = find(dataset)) each->planned = std::max(each->sent, each->planned - bytes);
  tell();
}

void Meter::has_fetched(const std::string& dataset) {
  const std::scoped_lock held{lock_};
  const auto* each = find(dataset);
  set_sent(dataset, each == nullptr ? 0 : each->planned);
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

namespace {

std::string names_of(const std::map<std::string, std::int64_t>& dumps) {
  std::vector<std::string> names;
  for (const auto& [dataset, bytes] : dumps) names.push_back(printable(dataset));
  return join(names, ", ");
}

}  // namespace

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
      return fmt::format("dumping {}", progress.dumps.empty() ? dataset : names_of(progress.dumps));
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
  if (!progress.dumps.empty()) text += fmt::format(", {} so far", tell_size(progress.dumped()));
  if (progress.phase == Phase::fetching && meter.is_watched() && progress.planned() > 0)
    text += fmt::format(", {} of {}, from which the next run goes on", tell_size(progress.sent()),
                        tell_size(progress.planned()));
  return text + (current ? fmt::format("; nothing is published, current stays {}", *current)
                         : "; nothing is published, and there is no point yet");
}

}  // namespace hasync::sync
