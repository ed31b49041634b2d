#include "agent/pause.hpp"

#include <fmt/format.h>

#include "agent/acted.hpp"
#include "store/failovers.hpp"
#include "store/heartbeats.hpp"
#include "store/outbox.hpp"

namespace hasync::agent {
namespace {

std::string tell(const std::optional<store::Pause>& pause) {
  if (!pause) return "not paused";
  auto text = pause->until ? "until " + format_rfc3339(*pause->until) : std::string{"until hasync resume"};
  return pause->reason.empty() ? text : text + " (" + pause->reason + ")";
}

// The outage whose promotion failed is as one that was refused: judged again with every beat.
Result<void> acknowledge(store::Database& database, Instant now) {
  HASYNC_CHECK(store::acknowledge_failovers(database, now));
  HASYNC_TRY(auto episode, store::open_episode(database));
  if (!episode || !episode->acted || !is_failure(*episode->acted)) return {};
  episode->acted = acknowledged(*episode->acted);
  return store::update_episode(database, *episode);
}

}  // namespace

Result<std::vector<PauseChange>> plan_pause(store::Database& database, const store::NodeState& node,
                                            const std::optional<store::Pause>& pause, Instant now) {
  const auto before = store::paused(node, now) ? node.pause : std::nullopt;
  std::vector<PauseChange> changes;
  const bool same = before.has_value() == pause.has_value() &&
                    (!before || (before->until == pause->until && before->reason == pause->reason));
  if (!same) changes.push_back({"automatic action", tell(before), tell(pause)});
  HASYNC_TRY(const auto failed, store::unacknowledged_failover(database));
  if (!pause && failed) changes.push_back({fmt::format("failover {}", failed->id), "not acknowledged", "acknowledged"});
  return changes;
}

Result<void> record_pause(store::Database& database, const std::optional<store::Pause>& pause,
                          const std::string& summary, Instant now) {
  HASYNC_TRY(auto transaction, store::Transaction::begin(database));
  HASYNC_CHECK(store::set_pause(database, pause));
  if (!pause) HASYNC_CHECK(acknowledge(database, now));
  HASYNC_CHECK(store::add_event(database, {0, now, pause ? "paused" : "resumed", summary}));
  return transaction.commit();
}

}  // namespace hasync::agent
