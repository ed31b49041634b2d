// Why a moment is or is not a run, and what became of a run that lies in the past. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schedule/grid.hpp"
#include "store/sync_runs.hpp"

namespace hasync::schedule {

// Where a moment stands on a grid.
struct Spot {
  Instant at{};
  std::optional<std::int64_t> number{};  // of the run it is, counted from the anchor, which is 0; none: it is no run
  std::optional<Instant> before{};       // the run before it
  std::optional<Instant> after{};        // the run after it; none where RFC 3339 has no word for it

  bool is_run() const { return number.has_value(); }
};
Spot spot_of(const Grid& grid, Instant at);

// A time in which no sync was to start; `why` completes "this node was …".
struct HeldBack {
  Instant from{};
  std::optional<Instant> until{};  // none: it goes on
  std::string why{};

  bool covers(Instant at) const { return from <= at && (!until || at < *until); }
};

// What the records tell of the time from a due instant to the next.
struct Records {
  Instant now{};
  Instant applied_at{};
  Instant kept_since{};                        // older history has been forgotten
  std::vector<store::SyncRun> runs{};          // that started in that time, oldest first
  std::optional<store::SyncRun> run_before{};  // the newest before it that was carried out
  std::optional<store::SyncRun> run_after{};   // the first after it that was carried out
  std::vector<HeldBack> held_back{};
  bool has_beats = false;  // heartbeats were recorded, so that the node was up
};

enum class Fate { coming, due, ran, skipped, missed, not_applied, forgotten };
std::string_view fate_name(Fate fate);

struct Outcome {
  Fate fate = Fate::coming;
  std::optional<store::SyncRun> run{};  // that started for it; for one that was missed, the run that made good for it
  std::string why{};                    // why there was none, or why none will start as things stand now
};
// What became of the due instant `due`, or will.
Outcome outcome_of(const Spot& due, const Records& records);

// The grid that `hasync apply` would put into force, where it is another than the one in force, and in what it differs.
struct Instead {
  enum class Cause { nothing_in_force, settings, start_anew };
  Grid grid{};
  Cause cause = Cause::nothing_in_force;
  std::vector<std::string> why{};
};
std::optional<Instead> instead_of(const std::optional<Grid>& in_force, const config::Sync& settings, Instant now);

}  // namespace hasync::schedule
