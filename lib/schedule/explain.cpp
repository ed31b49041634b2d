#include "schedule/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hasync::schedule {
namespace {

bool was_carried_out(const store::SyncRun& run) { return run.result != store::SyncResult::skipped; }

const HeldBack* held_back_at(const Records& records, Instant at) {
  const auto found = std::find_if(records.held_back.begin(), records.held_back.end(),
                                  [at](const HeldBack& each) { return each.covers(at); });
  return found == records.held_back.end() ? nullptr : &*found;
}

// Whether apply keeps the anchor in force: both give the same instants from `now` on.
bool same_from(const Grid& in_force, const Grid& wanted, Instant now) {
  if (in_force.every != wanted.every || in_force.anchor > wanted.anchor) return false;
  const bool same_phase = (wanted.anchor - in_force.anchor) % wanted.every == Duration{0};
  return same_phase && (in_force.anchor == wanted.anchor || next_due(in_force, now) >= wanted.anchor);
}

bool same_time_of_day(const Grid& one, const Grid& other) {
  return (one.anchor - other.anchor) % std::chrono::days{1} == Duration{0};
}

std::string tell_start(const config::StartTime& start) {
  if (const auto* at = std::get_if<Instant>(&start)) return format_rfc3339(*at);
  return format_clock(Instant{std::get<std::chrono::minutes>(start)});
}

std::string another_anchor(const Grid& in_force, const config::Sync& settings, const Grid& wanted) {
  if (!settings.start_time)
    return fmt::format("there is no start_time, and the anchor in force, {}, is still to come",
                       format_rfc3339(in_force.anchor));
  const bool same_phase = (wanted.anchor - in_force.anchor) % wanted.every == Duration{0};
  return fmt::format("start_time is {}{}, the anchor in force {}", tell_start(*settings.start_time),
                     same_phase ? "" : ", which is no run of those in force", format_rfc3339(in_force.anchor));
}

}  // namespace

Spot spot_of(const Grid& grid, Instant at) {
  Spot spot{at};
  const auto latest = latest_due(grid, at);
  if (latest == at) spot.number = (at - grid.anchor) / grid.every;
  spot.before = latest == at ? latest_due(grid, at - Duration{1}) : latest;
  if (const auto next = upcoming(grid, at, 1); !next.empty()) spot.after = next.front();
  return spot;
}

std::string_view fate_name(Fate fate) {
  static constexpr std::array names{"coming", "due", "ran", "skipped", "missed", "not applied", "forgotten"};
  return names.at(static_cast<std::size_t>(fate));
}

Outcome outcome_of(const Spot& due, const Records& records) {
  const auto* held_back = held_back_at(records, due.at);
  const auto told = [&](std::string_view verb) {
    return held_back == nullptr ? std::string{} : fmt::format("this node {} {}", verb, held_back->why);
  };
  if (due.at > records.now) return {Fate::coming, {}, told("is")};
  const auto& runs = records.runs;
  const auto ran = std::find_if(runs.begin(), runs.end(), was_carried_out);
  const auto run = ran == runs.end() ? std::nullopt : std::optional{*ran};
  // A time of application that lies in the future was recorded before the clock was set back.
  if (due.at < records.applied_at && records.applied_at <= records.now) return {Fate::not_applied, run, {}};
  if (run) return {Fate::ran, run, {}};
  if (!runs.empty()) return {Fate::skipped, {}, runs.front().note};
  const auto& before = records.run_before;
  if (before && (before->finished ? *before->finished > due.at : before->result == store::SyncResult::running))
    return {Fate::skipped, {}, fmt::format("the sync run of {} was still going", format_rfc3339(before->started))};
  if (!due.after || records.now < *due.after) return {Fate::due, {}, told("is")};
  if (held_back != nullptr) return {Fate::missed, records.run_after, told("was")};
  if (due.at < records.kept_since) return {Fate::forgotten, {}, {}};
  return {Fate::missed, records.run_after,
          records.has_beats
              ? "no run is recorded, though heartbeats are: the scheduler did not start it, or it could not begin"
              : "nothing is recorded of that time: this node, or its scheduler, was down"};
}

std::optional<Instead> instead_of(const std::optional<Grid>& in_force, const config::Sync& settings, Instant now) {
  using Cause = Instead::Cause;
  const Grid wanted{anchor_for(settings.start_time, now), settings.run_every};
  if (!in_force) return Instead{wanted, Cause::nothing_in_force, {}};
  Instead instead{wanted, Cause::settings, {}};
  if (in_force->every != wanted.every)
    instead.why.push_back(
        fmt::format("run_every is {}, in force is {}", tell_exactly(wanted.every), tell_exactly(in_force->every)));
  const Grid in_step{wanted.anchor, in_force->every};
  const bool keeps_anchor =
      settings.start_time ? same_from(*in_force, in_step, now) : in_force->anchor <= wanted.anchor;
  const bool is_of_day = settings.start_time && !std::holds_alternative<Instant>(*settings.start_time);
  const bool anew = is_of_day && in_force->anchor <= now && same_time_of_day(*in_force, wanted);
  if (!keeps_anchor && !anew) instead.why.push_back(another_anchor(*in_force, settings, in_step));
  if (!instead.why.empty()) return instead;
  if (keeps_anchor) return std::nullopt;
  instead.cause = Cause::start_anew;
  instead.why.push_back(
      fmt::format("every apply takes start_time {} anew: its next occurrence, {}, would be the first run",
                  tell_start(*settings.start_time), format_rfc3339(wanted.anchor)));
  return instead;
}

}  // namespace hasync::schedule
