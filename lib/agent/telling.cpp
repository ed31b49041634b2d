#include "agent/telling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/acted.hpp"
#include "base/text.hpp"
#include "notify/outbox.hpp"
#include "store/heartbeats.hpp"
#include "store/node_state.hpp"
#include "store/sync_runs.hpp"

namespace hasync::agent {
namespace {

using store::FailoverKind;
using store::FailoverResult;
using Steps = std::vector<store::StepRecord>;

constexpr auto promotion_given_up = "promotion given up";  // the event's kind

std::vector<notify::StepTold> told(const Steps& steps) {
  std::vector<notify::StepTold> lines;
  for (const auto& step : steps) {
    auto words = step.started && step.finished ? tell_duration(*step.finished - *step.started) : std::string{};
    if (step.state != store::StepState::done) words = std::string{store::step_state_name(step.state)};
    lines.push_back({step.name, words});
  }
  return lines;
}

std::string failed_step(const Steps& steps) {
  const auto failed =
      std::find_if(steps.begin(), steps.end(), [](const auto& step) { return step.state == store::StepState::failed; });
  return failed == steps.end() ? std::string{} : failed->name;
}

std::string reason(const Node& node, const store::FailoverRecord& failover) {
  if (failover.trigger != "heartbeat") return "an operator asked for it";
  if (!failover.episode) return "the heartbeat failed";
  const auto episode = store::find_episode(node.database, *failover.episode);
  if (!episode || !*episode) return "the heartbeat failed";
  return fmt::format("{} in a row since {} ({}); all guards passed", counted((*episode)->failures, "failed attempt"),
                     format_rfc3339(std::chrono::floor<std::chrono::seconds>((*episode)->began)), (*episode)->evidence);
}

// In the episode of a failover, if there is one.
Result<void> set_acted(const Node& node, const store::FailoverRecord& failover, const std::string& acted) {
  if (!failover.episode) return {};
  HASYNC_TRY(auto episode, store::find_episode(node.database, *failover.episode));
  if (!episode) return {};
  episode->acted = acted;
  return store::update_episode(node.database, *episode);
}

Result<void> tell_promotion(const Node& node, const store::FailoverRecord& failover, const Steps& steps) {
  const auto now = *failover.finished;
  const bool done = failover.result == FailoverResult::done;
  HASYNC_CHECK(set_acted(node, failover, done ? promoted(failover.id) : promotion_failed(failover.id)));
  if (failover.result == FailoverResult::failed)
    return tell(
        node, now, "promotion failed",
        notify::compose(speaker(node, now), notify::PromotionFailed{failed_step(steps), failover.note, told(steps)}));
  notify::Promoted event{failover.term, reason(node, failover), {}, told(steps), {}, failover.note};
  if (!failover.forced.empty()) event.forced = split(failover.forced, ',');
  if (failover.point) {
    HASYNC_TRY(const auto point, store::find_point(node.database, *failover.point));
    if (point) event.point = point->at;
  }
  return tell(node, now, "promoted", notify::compose(speaker(node, now), event));
}

Result<void> tell_demotion(const Node& node, const store::FailoverRecord& failover, const Steps& steps) {
  const auto now = *failover.finished;
  if (failover.result == FailoverResult::failed) {
    // It is tried again with every beat, and told once.
    HASYNC_TRY(const auto state, store::read_node(node.database));
    HASYNC_TRY(const auto failures,
               store::failed_since(node.database, FailoverKind::demotion, state ? state->role_since : Instant{}));
    if (failures > 1) return {};
    return tell(
        node, now, "demotion failed",
        notify::compose(speaker(node, now), notify::DemotionFailed{failed_step(steps), failover.note, told(steps)}));
  }
  // What was an outage of the peer is over for this node: as a standby it begins to watch anew. Not where a promotion
  // was given up, which the operator wants to stay so for this outage.
  HASYNC_TRY(auto episode, store::open_episode(node.database));
  if (episode && episode->acted != given_up_by_operator()) {
    episode->ended = now;
    HASYNC_CHECK(store::update_episode(node.database, *episode));
  }
  return tell(node, now, "demoted", notify::compose(speaker(node, now), notify::Demoted{failover.term, failover.note}));
}

}  // namespace

notify::Speaker speaker(const Node& node, Instant now) {
  return {node.settings.node.name, node.settings.peer.name, now};
}

Result<void> tell(const Node& node, Instant now, const std::string& kind, const notify::Message& message) {
  HASYNC_TRY(const auto event, store::add_event(node.database, {0, now, kind, message.subject}));
  if (!node.settings.notify.on_failure) return {};
  return notify::queue(node.database, node.settings, event, message, now);
}

Result<void> tell_given_up(const Node& node, const store::FailoverRecord& failover, GivenUpBy by) {
  const auto now = *failover.finished;
  const bool by_operator = by == GivenUpBy::operator_;
  HASYNC_CHECK(set_acted(node, failover, by_operator ? given_up_by_operator() : given_up_for_now(failover.note)));
  if (!by_operator && failover.trigger == "operator")
    return tell(node, now, promotion_given_up,
                notify::compose(speaker(node, now), notify::PromotionGivenUp{failover.note}));
  HASYNC_CHECK(store::add_event(node.database, {0, now, promotion_given_up, failover.note}));
  return {};
}

Result<void> tell_end(const Node& node, const store::FailoverRecord& failover, const Steps& steps) {
  return failover.kind == FailoverKind::demotion ? tell_demotion(node, failover, steps)
                                                 : tell_promotion(node, failover, steps);
}

}  // namespace hasync::agent
