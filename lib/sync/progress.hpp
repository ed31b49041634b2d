// How far a run is, measured against its plan: a value that those who carry the run out keep, and that others render.
// Pure, but for whom it is told to.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace hasync::sync {

enum class Phase { beginning, asking, planning, dumping, fetching, finishing };

struct DatasetProgress {
  std::string dataset;
  std::int64_t planned = 0, sent = 0;  // bytes of the files that are to be sent
};

struct RunProgress {
  Phase phase = Phase::beginning;
  std::string dataset{};                        // the one at hand
  std::map<std::string, std::int64_t> dumps{};  // dumping: the bytes so far; how many there will be nobody knows
  std::vector<DatasetProgress> datasets{};      // fetching: all that something is to be fetched of

  std::int64_t dumped() const;
  std::int64_t planned() const;
  std::int64_t sent() const;
};
using OnProgress = std::function<void(const RunProgress&)>;

// What the parts of a run tell of themselves; those that go on at the same time from threads of their own.
class Meter {
 public:
  void report_to(OnProgress on_progress) { on_progress_ = std::move(on_progress); }
  // Whether anybody wants to know; if not, rsync need not be asked to tell.
  bool is_watched() const { return static_cast<bool>(on_progress_); }
  const RunProgress& progress() const { return progress_; }  // not for a thread beside others

  void asks() { enter(Phase::asking, {}); }
  void plans(const std::string& dataset) { enter(Phase::planning, dataset); }
  void dumps(const std::string& dataset, std::int64_t bytes);
  void has_dumped(const std::string& dataset);
  void will_fetch(std::vector<DatasetProgress> datasets);
  void fetches(const std::string& dataset, std::int64_t sent);
  // So many of its bytes need not be sent after all.
  void spares(const std::string& dataset, std::int64_t bytes);
  void has_fetched(const std::string& dataset);
  void finishes() { enter(Phase::finishing, {}); }
  // Nothing new, but time goes on.
  void tick() const;

 private:
  void enter(Phase phase, const std::string& dataset);
  // These are for who holds the lock.
  void begin(Phase phase, const std::string& dataset);
  DatasetProgress* find(const std::string& dataset);
  void set_sent(const std::string& dataset, std::int64_t sent);
  void tell() const;

  mutable std::mutex lock_{};
  OnProgress on_progress_{};
  RunProgress progress_{};
};

// Bytes a second, over the last quarter of a minute, so that it neither jumps nor remembers for ever.
class Pace {
 public:
  // Fewer bytes than before: another thing is counted, and the pace begins anew.
  void take(BootTime at, std::int64_t bytes);
  // None before a second has passed.
  std::optional<std::int64_t> rate() const;

 private:
  std::deque<std::pair<BootTime, std::int64_t>> samples_{};
};

// None while nothing comes.
std::optional<Duration> time_left(std::int64_t rest, std::optional<std::int64_t> rate);

// "comparing app with its source", "dumping db", "fetching app", …
std::string tell_phase(const RunProgress& progress);
// What was done when somebody asked to stop: "interrupted after 3 min while fetching app, 1.2 GiB of 4.0 GiB, from
// which the next run goes on; nothing is published, current stays 2026-11-23T02:45:00Z". `current`: none, there is no
// point yet.
std::string tell_interrupted(const Meter& meter, Duration after, const std::optional<std::string>& current);

}  // namespace hasync::sync
