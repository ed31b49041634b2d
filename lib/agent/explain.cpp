#include "agent/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/failovers.hpp"
#include "store/heartbeats.hpp"
#include "store/node_state.hpp"
#include "store/outbox.hpp"

namespace hasync::agent {
namespace {

using schedule::HeldBack;

std::string tell_second(Instant at) { return format_rfc3339(std::chrono::floor<std::chrono::seconds>(at)); }

constexpr store::Range all_of_them{{}, 100'000};

// A pause that ended by itself is known by the words of its event alone: "… → until 2026-11-24T04:00:00Z (why)".
std::optional<Instant> end_of_pause(const std::string& summary) {
  constexpr std::string_view before = "→ until ";
  constexpr std::size_t length = std::string_view{"2026-11-24T04:00:00Z"}.size();
  const auto at = summary.find(before);
  if (at == std::string::npos) return std::nullopt;
  const auto end = parse_rfc3339(std::string_view{summary}.substr(at + before.size(), length));
  return end ? std::optional{*end} : std::nullopt;
}

Result<void> add_pauses(std::vector<HeldBack>& held_back, store::Database& database) {
  HASYNC_TRY(auto events, store::list_events(database, all_of_them));
  std::reverse(events.begin(), events.end());
  bool goes_on = false;
  for (const auto& event : events) {
    if (event.kind != "paused" && event.kind != "resumed") continue;
    if (goes_on) held_back.back().until = std::min(event.at, held_back.back().until.value_or(event.at));
    goes_on = event.kind == "paused";
    if (!goes_on) continue;
    const auto end = end_of_pause(event.summary);
    held_back.push_back({event.at, end,
                         fmt::format("paused since {}{}", tell_second(event.at),
                                     end ? ", until " + format_rfc3339(*end) : std::string{})});
  }
  return {};
}

const std::string primary = "primary, which pulls from nobody,";

Result<void> add_roles(std::vector<HeldBack>& held_back, store::Database& database, const store::NodeState& node) {
  HASYNC_TRY(auto failovers, store::list_failovers(database, all_of_them));
  std::reverse(failovers.begin(), failovers.end());
  std::optional<Instant> primary_since = Instant::min();  // or secondary, as the first change will tell
  for (const auto& each : failovers) {
    if (each.kind == store::FailoverKind::standby) continue;
    const bool under_way = each.result == store::FailoverResult::running;
    if (under_way || each.finished)
      held_back.push_back({each.at, under_way ? std::nullopt : each.finished,
                           fmt::format("in a {} since {} (failover {})", store::failover_kind_name(each.kind),
                                       tell_second(each.at), each.id)});
    if (each.result != store::FailoverResult::done || !each.finished) continue;
    if (each.kind == store::FailoverKind::demotion && primary_since)
      held_back.push_back({*primary_since, each.finished, primary + " until " + tell_second(*each.finished)});
    primary_since = each.kind == store::FailoverKind::promotion ? each.finished : std::nullopt;
  }
  if (node.role == Role::primary)
    held_back.push_back({node.role_since, {}, primary + " since " + tell_second(node.role_since)});
  return {};
}

Result<schedule::Records> records_of(const Node& node, const store::NodeState& state, const schedule::Spot& due,
                                     Instant now) {
  auto& database = node.database;
  schedule::Records records{now, state.applied->at, now - node.settings.history.retain};
  HASYNC_CHECK(add_pauses(records.held_back, database));
  HASYNC_CHECK(add_roles(records.held_back, database, state));
  const auto until = due.after.value_or(last_instant);
  HASYNC_TRY(records.runs, store::runs_between(database, due.at, until));
  HASYNC_TRY(records.run_before, store::run_before(database, due.at));
  HASYNC_TRY(records.run_after, store::run_from(database, until));
  HASYNC_TRY(records.has_beats, store::has_attempt_between(database, due.at, until));
  return records;
}

}  // namespace

Result<Explanation> explain(const Node& node, Instant at) {
  const auto now = node.clock.now();
  Explanation told{.now = now, .history_kept = node.settings.history.retain};
  HASYNC_TRY(const auto state, store::read_node(node.database));
  if (state && state->applied) {
    told.in_force = schedule::Grid{state->applied->anchor, state->applied->every};
    told.applied_at = state->applied->at;
  }
  told.instead = schedule::instead_of(told.in_force, node.settings.sync, now);
  told.spot = schedule::spot_of(told.in_force ? *told.in_force : told.instead->grid, at);
  if (told.in_force && told.spot.is_run()) {
    HASYNC_TRY(const auto records, records_of(node, *state, told.spot, now));
    told.outcome = schedule::outcome_of(told.spot, records);
  }
  return told;
}

}  // namespace hasync::agent
