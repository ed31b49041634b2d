#include "agent/failover.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "agent/acted.hpp"
#include "agent/telling.hpp"
#include "base/text.hpp"
#include "failover/activation.hpp"
#include "failover/promotion.hpp"
#include "os/file_lock.hpp"

namespace hasync::agent {
namespace {

using store::FailoverKind;
using store::FailoverResult;

std::string holder(std::string_view what) { return fmt::format("a {} (pid {})", what, ::getpid()); }

// A sync run holds the lock only for the moment of publishing: that is waited for.
Result<FileLock> take_role_lock(const Node& node, std::string_view what) {
  return FileLock::take_within(node.paths.role_lock(), holder(what), node.clock, std::chrono::seconds{10});
}

Result<Ended> perform(const Node& node, const store::FailoverRecord& failover, const FileLock& role_lock) {
  HASYNC_TRY(auto steps, store::steps_of(node.database, failover.id));
  failover::StoreJournal journal{node.database,
                                 [&node](const auto& ended, const auto& done) { return tell_end(node, ended, done); }};
  HASYNC_TRY(auto ended, failover::carry_out(failover, std::move(steps),
                                             {node.settings.node.name, node.settings.peer.name, role_lock.fd()},
                                             journal, node.clock, node.runner));
  HASYNC_TRY(auto after, store::steps_of(node.database, ended.id));
  if (ended.result == FailoverResult::failed) failover::drop_copies(after, node.runner);
  return Ended{std::move(ended), std::move(after)};
}

// Ends an interrupted promotion in the caller's transaction.
Result<store::FailoverRecord> give_up(const Node& node, store::FailoverRecord failover, std::string why) {
  failover.result = FailoverResult::given_up;
  failover.finished = node.clock.now();
  failover.note = std::move(why);
  HASYNC_CHECK(store::update_failover(node.database, failover));
  return failover;
}

std::vector<store::StepRecord> records_of(const std::vector<failover::PlannedStep>& plan) {
  std::vector<store::StepRecord> steps;
  for (const auto& step : plan) steps.push_back(failover::to_record(step, static_cast<int>(steps.size()) + 1));
  return steps;
}

Result<store::FailoverRecord> begin_promotion(const Node& node, const Decision& decision,
                                              const std::vector<std::string>& forced,
                                              const std::optional<store::Episode>& episode) {
  const auto now = node.clock.now();
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, now));
  store::FailoverRecord failover{
      .at = now, .kind = FailoverKind::promotion, .trigger = episode ? "heartbeat" : "operator"};
  if (episode) failover.episode = episode->id;
  failover.point = decision.point->id;
  failover.term = std::max(state.term, state.peer ? state.peer->term : 0) + 1;
  failover.guards = failover::record_of(decision.guards);
  failover.forced = join(forced, ",");
  // By starting another one the operator has seen the failed one.
  if (!episode) HASYNC_CHECK(store::acknowledge_failovers(node.database, now));
  HASYNC_TRY(failover.id, store::add_failover(node.database, failover, records_of(decision.plan)));
  HASYNC_CHECK(transaction.commit());
  return failover;
}

// Standby, whether by the settings or because a guard said no: recorded when it changes, told once an episode.
Result<std::optional<std::string>> stay_in_standby(const Node& node, store::Episode episode, const Decision& decision) {
  const bool promotes = node.settings.failover.action == config::FailoverAction::promote;
  const auto acted = promotes ? refused(decision.blocking) : stayed_in_standby();
  if (episode.acted == acted) return std::nullopt;
  const bool first = !episode.acted;
  const auto now = node.clock.now();
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, now));
  episode.acted = acted;
  HASYNC_CHECK(store::update_episode(node.database, episode));
  store::FailoverRecord record{.at = now, .finished = now, .kind = FailoverKind::standby, .trigger = "heartbeat"};
  record.result = promotes ? FailoverResult::refused : FailoverResult::standby;
  record.episode = episode.id;
  record.term = state.term;
  record.guards = failover::record_of(decision.guards);
  record.note = promotes ? join(blocked_by(decision), "; ") : "failover.action is standby";
  HASYNC_CHECK(store::add_failover(node.database, record, {}));
  if (first) {
    const auto age = decision.point ? std::optional{now - decision.point->at} : std::nullopt;
    const notify::PeerFailed event{episode.began, episode.failures, episode.evidence, age,
                                   promotes ? blocked_by(decision) : std::vector<std::string>{}};
    HASYNC_CHECK(
        tell(node, now, promotes ? "promotion refused" : "peer gone", notify::compose(speaker(node, now), event)));
  }
  HASYNC_CHECK(transaction.commit());
  return fmt::format("{} is gone ({}); {} stays in standby: {}", node.settings.peer.name, episode.evidence,
                     node.settings.node.name, record.note);
}

// Why an interrupted promotion of which nothing can be seen yet is not simply carried on; empty: it is. One that a beat
// began is left to the beats, which count and judge anew; one that an operator began must still pass the guards.
Result<std::string> second_thoughts(const Node& node, const store::FailoverRecord& failover,
                                    const std::vector<store::StepRecord>& steps, const Heard& heard) {
  std::string why;
  if (failover.trigger == "heartbeat") {
    why = "it was interrupted before anything was done, and is judged anew";
  } else {
    HASYNC_TRY(const auto decision, decide(node, split(failover.forced, ','), heard));
    why = join(blocked_by(decision), "; ");
  }
  const bool fence_ran = std::any_of(steps.begin(), steps.end(), [](const store::StepRecord& step) {
    return step.kind == "fence" && step.state == store::StepState::running;
  });
  return why.empty() || !fence_ran ? why : why + "; the fence was running, and may have had its effect";
}

Error unfinished_demotion(const store::FailoverRecord& failover) {
  return {ExitCode::unsafe,
          fmt::format("a demotion (failover {}) was interrupted; to carry it on: hasync demote", failover.id)};
}

// Asked for what is so already: nothing is recorded.
Ended already(const Node& node, FailoverKind kind, std::int64_t term) {
  return {{.at = node.clock.now(), .kind = kind, .result = FailoverResult::done, .term = term}, {}};
}

Result<store::NodeState> state_of(const Node& node) {
  return store::read_or_start_node(node.database, node.settings.node.role, node.clock.now());
}

}  // namespace

Result<std::optional<std::string>> act_on(const Node& node, store::Episode episode, const Heard& heard) {
  const bool promotes = node.settings.failover.action == config::FailoverAction::promote;
  HASYNC_CHECK(record_heard(node, heard));
  HASYNC_TRY(const auto lock, take_role_lock(node, "promotion"));
  // While others were asked, an operator may have been faster.
  HASYNC_TRY(const auto state, state_of(node));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (state.role == Role::primary || unfinished) return std::nullopt;
  HASYNC_TRY(const auto decision, decide(node, {}, heard));
  if (!promotes || !decision.would_promote()) return stay_in_standby(node, std::move(episode), decision);
  HASYNC_TRY(const auto failover, begin_promotion(node, decision, {}, episode));
  HASYNC_TRY(const auto ended, perform(node, failover, lock));
  if (ended.failover.result == FailoverResult::failed)
    return fail(ExitCode::failed, "promotion failed: " + ended.failover.note);
  return fmt::format("{} is gone ({}); {} is now primary (term {})", node.settings.peer.name, episode.evidence,
                     node.settings.node.name, ended.failover.term);
}

Result<PromotionOrder> order_promotion(const Node& node, const std::vector<std::string>& forced, const Heard& heard) {
  HASYNC_CHECK(failover::check_forced(forced));
  PromotionOrder order;
  HASYNC_TRY(order.unfinished, store::unfinished_failover(node.database));
  if (order.unfinished && order.unfinished->kind == FailoverKind::demotion)
    return fail(unfinished_demotion(*order.unfinished));
  HASYNC_TRY(const auto state, state_of(node));
  order.already = state.role == Role::primary && !order.unfinished;
  // An operator who promotes by hand has seen the failed one, which is what that guard waits for.
  auto overridden = forced;
  overridden.emplace_back("no-earlier-failover");
  HASYNC_TRY(order.decision, decide(node, overridden, heard));
  if (!order.unfinished) return order;
  HASYNC_TRY(const auto steps, store::steps_of(node.database, order.unfinished->id));
  HASYNC_TRY(order.decision.plan, failover::rest_of(steps));
  if (failover::is_past_return(steps)) order.decision.blocking.clear();
  return order;
}

Result<Ended> promote(const Node& node, const std::vector<std::string>& forced) {
  HASYNC_CHECK(failover::check_forced(forced));
  HASYNC_TRY(const auto heard, ask_around(node, AskPeer::yes));
  HASYNC_TRY(const auto lock, take_role_lock(node, "promotion"));
  HASYNC_TRY(const auto order, order_promotion(node, forced, heard));
  const auto& decision = order.decision;
  if (order.already) {
    HASYNC_TRY(const auto state, state_of(node));
    return already(node, FailoverKind::promotion, state.term);
  }
  if (!decision.would_promote()) {
    const bool can_be_forced = failover::check_forced(decision.blocking).has_value();
    return fail(ExitCode::unsafe,
                fmt::format("refused: {}{}", join(blocked_by(decision), "; "),
                            can_be_forced ? fmt::format(" (to override, and answer for it: hasync promote --force={})",
                                                        join(decision.blocking, ","))
                                          : ""));
  }
  if (!order.unfinished) {
    HASYNC_TRY(const auto failover, begin_promotion(node, decision, forced, std::nullopt));
    return perform(node, failover, lock);
  }
  auto resumed = *order.unfinished;
  resumed.guards = failover::record_of(decision.guards);
  if (!forced.empty()) resumed.forced += (resumed.forced.empty() ? "" : ",") + join(forced, ",");
  return perform(node, resumed, lock);
}

Result<std::optional<std::vector<failover::PlannedStep>>> order_demotion(const Node& node) {
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  HASYNC_TRY(const auto state, state_of(node));
  if (unfinished && unfinished->kind == FailoverKind::demotion) {
    HASYNC_TRY(const auto steps, store::steps_of(node.database, unfinished->id));
    HASYNC_TRY(auto rest, failover::rest_of(steps));
    return std::optional{std::move(rest)};
  }
  if (state.role == Role::secondary && !unfinished) return std::nullopt;
  return std::optional{failover::plan_demotion(node.settings)};
}

Result<Ended> demote(const Node& node, const std::string& trigger, const std::string& why) {
  HASYNC_TRY(const auto lock, take_role_lock(node, "demotion"));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (unfinished && unfinished->kind == FailoverKind::demotion) return perform(node, *unfinished, lock);
  HASYNC_TRY(const auto plan, order_demotion(node));
  HASYNC_TRY(const auto state, state_of(node));
  if (!plan) return already(node, FailoverKind::demotion, state.term);
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  if (unfinished) {
    HASYNC_TRY(const auto given_up, give_up(node, *unfinished, "hasync demote was asked for"));
    HASYNC_CHECK(tell_given_up(node, given_up, GivenUpBy::operator_));
  }
  store::FailoverRecord failover{
      .at = node.clock.now(), .kind = FailoverKind::demotion, .trigger = trigger, .term = state.term, .note = why};
  // The term of the node it gives way to, where that is known: so both agree again.
  if (state.peer) failover.term = std::max(state.term, state.peer->term);
  HASYNC_TRY(failover.id, store::add_failover(node.database, failover, records_of(*plan)));
  HASYNC_CHECK(transaction.commit());
  if (unfinished) {
    HASYNC_TRY(const auto steps, store::steps_of(node.database, unfinished->id));
    failover::drop_copies(steps, node.runner);
  }
  return perform(node, failover, lock);
}

Result<std::optional<Ended>> resume(const Node& node) {
  HASYNC_TRY(const auto seen, store::unfinished_failover(node.database));
  HASYNC_TRY(const auto state, state_of(node));
  if (!seen || store::paused(state, node.clock.now())) return std::nullopt;
  HASYNC_CHECK(FileLock::take(node.paths.role_lock(), holder("resumed promotion")));  // busy: others are not asked
  HASYNC_TRY(const auto heard, ask_around(node, AskPeer::yes));
  HASYNC_TRY(const auto lock, FileLock::take(node.paths.role_lock(), holder("resumed promotion")));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (!unfinished) return std::nullopt;
  HASYNC_TRY(auto steps, store::steps_of(node.database, unfinished->id));
  if (unfinished->kind == FailoverKind::promotion && !failover::is_past_return(steps)) {
    HASYNC_TRY(auto why, second_thoughts(node, *unfinished, steps, heard));
    if (!why.empty()) {
      HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
      HASYNC_TRY(auto given_up, give_up(node, *unfinished, std::move(why)));
      HASYNC_CHECK(tell_given_up(node, given_up, GivenUpBy::beat));
      HASYNC_CHECK(transaction.commit());
      failover::drop_copies(steps, node.runner);
      return std::optional{Ended{std::move(given_up), std::move(steps)}};
    }
  }
  HASYNC_TRY(auto ended, perform(node, *unfinished, lock));
  return std::optional{std::move(ended)};
}

}  // namespace hasync::agent
