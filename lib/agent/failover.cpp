#include "agent/failover.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "failover/promotion.hpp"
#include "notify/outbox.hpp"
#include "os/file_lock.hpp"
#include "peer/describe.hpp"
#include "store/point_folder.hpp"

namespace hasync::agent {
namespace {

using store::FailoverKind;
using store::FailoverResult;

notify::Speaker speaker(const Node& node, Instant now) {
  return {node.settings.node.name, node.settings.peer.name, now};
}

// An event, and its mail if the settings want it: in the caller's transaction.
Result<void> tell(const Node& node, Instant now, const std::string& kind, const notify::Message& message) {
  HASYNC_TRY(const auto event, store::add_event(node.database, {0, now, kind, message.subject}));
  if (!node.settings.notify.on_failure) return {};
  return notify::queue(node.database, node.settings, event, message, now);
}

// What `current` names, when it is all there.
std::optional<store::Point> complete_point(const Node& node, std::string& trouble) {
  const store::StoreFolder store{node.settings.sync.store};
  const auto id = store::current_point(store);
  if (!id) {
    trouble = fmt::format("there is none in {}", store.path);
    return std::nullopt;
  }
  for (const auto& dataset : node.settings.sync.datasets)
    if (std::error_code none; !std::filesystem::is_directory(store.point(*id) + "/" + dataset.name, none)) {
      trouble = fmt::format("{} lacks the dataset {}", *id, dataset.name);
      return std::nullopt;
    }
  if (const auto known = store::find_point(node.database, *id); known && *known) return **known;
  const auto at = parse_rfc3339(*id);  // a point without a record (a lost database) is as old as its name says
  return at ? std::optional{store::Point{.id = *id, .at = *at}} : std::nullopt;
}

std::optional<failover::WitnessAnswer> ask_witnesses(const Node& node) {
  const auto& witnesses = node.settings.failover.witnesses;
  if (witnesses.empty()) return std::nullopt;
  const auto answers = node.prober.ask(witnesses, node.settings.heartbeat.timeout);
  return failover::WitnessAnswer{heartbeat::any_alive(answers), heartbeat::tell(answers)};
}

std::vector<std::string> blocked_by(const Decision& decision) {
  std::vector<std::string> lines;
  for (const auto& guard : decision.guards)
    if (std::find(decision.blocking.begin(), decision.blocking.end(), guard.name) != decision.blocking.end())
      lines.push_back(guard.name + ": " + guard.evidence);
  return lines;
}

std::optional<Duration> data_age(const Decision& decision, Instant now) {
  return decision.point ? std::optional{now - decision.point->at} : std::nullopt;
}

std::vector<notify::StepTold> told(const std::vector<store::StepRecord>& steps) {
  std::vector<notify::StepTold> lines;
  for (const auto& step : steps) {
    auto words = step.started && step.finished ? tell_duration(*step.finished - *step.started) : std::string{};
    if (step.state != store::StepState::done) words = std::string{store::step_state_name(step.state)};
    lines.push_back({step.name, words});
  }
  return lines;
}

std::string reason(const Node& node, const store::FailoverRecord& failover) {
  if (failover.trigger != "heartbeat") return "an operator asked for it";
  if (!failover.episode) return "the heartbeat failed";
  const auto episode = store::find_episode(node.database, *failover.episode);
  if (!episode || !*episode) return "the heartbeat failed";
  return fmt::format("{} in a row since {} ({}); all guards passed", counted((*episode)->failures, "failed attempt"),
                     format_rfc3339(std::chrono::floor<std::chrono::seconds>((*episode)->began)), (*episode)->evidence);
}

// The mail that tells how a promotion or demotion ended, and the episode it was for; all in the journal's last
// transaction.
Result<void> tell_end(const Node& node, const store::FailoverRecord& failover,
                      const std::vector<store::StepRecord>& steps) {
  const auto now = *failover.finished;
  if (failover.episode) {
    HASYNC_TRY(auto episode, store::find_episode(node.database, *failover.episode));
    if (episode) {
      episode->acted = failover.result == FailoverResult::done
                           ? fmt::format("promoted (failover {})", failover.id)
                           : fmt::format("promotion failed (failover {})", failover.id);
      HASYNC_CHECK(store::update_episode(node.database, *episode));
    }
  }
  if (failover.result == FailoverResult::failed) {
    const auto failed = std::find_if(steps.begin(), steps.end(),
                                     [](const auto& step) { return step.state == store::StepState::failed; });
    const bool promotion = failover.kind == FailoverKind::promotion;
    return tell(node, now, promotion ? "promotion failed" : "demotion failed",
                notify::compose(speaker(node, now), notify::PromotionFailed{failed == steps.end() ? "" : failed->name,
                                                                            failover.note, told(steps)}));
  }
  if (failover.kind == FailoverKind::demotion)
    return tell(node, now, "demoted",
                notify::compose(speaker(node, now), notify::Demoted{failover.term, failover.note}));
  notify::Promoted event{failover.term, reason(node, failover), {}, told(steps), {}};
  if (!failover.forced.empty()) event.forced = split(failover.forced, ',');
  if (failover.point) {
    HASYNC_TRY(const auto point, store::find_point(node.database, *failover.point));
    if (point) event.point = point->at;
  }
  return tell(node, now, "promoted", notify::compose(speaker(node, now), event));
}

Result<Ended> perform(const Node& node, const store::FailoverRecord& failover) {
  HASYNC_TRY(auto steps, store::steps_of(node.database, failover.id));
  failover::StoreJournal journal{node.database,
                                 [&node](const auto& ended, const auto& done) { return tell_end(node, ended, done); }};
  HASYNC_TRY(auto ended,
             failover::carry_out(failover, std::move(steps), {node.settings.node.name, node.settings.peer.name},
                                 journal, node.clock, node.runner));
  HASYNC_TRY(auto after, store::steps_of(node.database, ended.id));
  return Ended{std::move(ended), std::move(after)};
}

// Asked for what is so already: nothing is recorded.
Ended already(const Node& node, FailoverKind kind, const store::NodeState& state) {
  return {{.at = node.clock.now(), .kind = kind, .result = FailoverResult::done, .term = state.term}, {}};
}

// A sync run holds the lock only for the moment of publishing: that is waited for.
Result<FileLock> take_role_lock(const Node& node, std::string_view what) {
  constexpr auto patience = std::chrono::seconds{10};
  constexpr auto pause = std::chrono::milliseconds{50};
  const auto holder = fmt::format("a {} (pid {})", what, ::getpid());
  const auto give_up = node.clock.uptime() + patience;
  for (;;) {
    auto lock = FileLock::take(node.paths.role_lock(), holder);
    const bool busy = !lock && lock.error().code == ExitCode::busy;
    if (!busy || node.clock.uptime() > give_up || !node.clock.wait(pause)) return lock;
  }
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

// Standby, whether by the settings or because a guard said no: recorded and told once an episode.
Result<void> stay_in_standby(const Node& node, store::Episode episode, const Decision& decision) {
  const bool promotes = node.settings.failover.action == config::FailoverAction::promote;
  const auto acted = promotes ? "refused: " + join(decision.blocking, ", ") : std::string{"stayed in standby"};
  if (episode.acted == acted) return {};
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
    const notify::PeerFailed event{episode.began, episode.failures, episode.evidence, data_age(decision, now),
                                   promotes ? blocked_by(decision) : std::vector<std::string>{}};
    HASYNC_CHECK(
        tell(node, now, promotes ? "promotion refused" : "peer gone", notify::compose(speaker(node, now), event)));
  }
  return transaction.commit();
}

}  // namespace

Result<void> ask_the_peer(const Node& node) {
  if (node.settings.peer.transport == config::Transport::local) return {};
  const auto told = peer::ask_peer(node.settings.peer, node.runner, node.settings.heartbeat.timeout);
  if (!told) return {};  // then what it told last counts
  const auto now = node.clock.now();
  return store::set_peer(node.database, {told->role, told->term, told->version, now,
                                         std::chrono::round<std::chrono::seconds>(told->at - now)});
}

Result<Decision> decide(const Node& node, const std::vector<std::string>& forced, AskPeer ask) {
  if (ask == AskPeer::yes) HASYNC_CHECK(ask_the_peer(node));
  const auto now = node.clock.now();
  failover::Facts facts{.now = now,
                        .max_data_age = node.settings.failover.max_data_age,
                        .transport = node.settings.peer.transport,
                        .peer = node.settings.peer.name};
  HASYNC_TRY(facts.node, store::read_or_start_node(node.database, node.settings.node.role, now));
  HASYNC_TRY(facts.earlier, store::unacknowledged_failover(node.database));
  facts.point = complete_point(node, facts.point_trouble);
  facts.witness = ask_witnesses(node);
  Decision decision{.guards = failover::judge_guards(facts), .point = facts.point};
  decision.blocking = failover::blocking(decision.guards, forced);
  if (decision.point)
    decision.plan =
        failover::plan_promotion(node.settings, store::StoreFolder{node.settings.sync.store}.point(decision.point->id));
  return decision;
}

Result<void> act_on(const Node& node, store::Episode episode) {
  const bool promotes = node.settings.failover.action == config::FailoverAction::promote;
  HASYNC_TRY(const auto lock, take_role_lock(node, "promotion"));
  HASYNC_TRY(const auto decision, decide(node, {}, promotes ? AskPeer::yes : AskPeer::no));
  if (!promotes || !decision.would_promote()) return stay_in_standby(node, std::move(episode), decision);
  HASYNC_TRY(const auto failover, begin_promotion(node, decision, {}, episode));
  HASYNC_TRY(const auto ended, perform(node, failover));
  if (ended.failover.result == FailoverResult::failed)
    return fail(ExitCode::failed, "promotion failed: " + ended.failover.note);
  return {};
}

Result<Ended> promote(const Node& node, const std::vector<std::string>& forced) {
  HASYNC_CHECK(failover::check_forced(forced));
  HASYNC_TRY(const auto lock, take_role_lock(node, "promotion"));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (unfinished) return perform(node, *unfinished);
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, node.clock.now()));
  if (state.role == Role::primary) return already(node, FailoverKind::promotion, state);
  // An operator who promotes by hand has seen the failed one, which is what that guard waits for.
  auto overridden = forced;
  overridden.emplace_back("no-earlier-failover");
  HASYNC_TRY(const auto decision, decide(node, overridden, AskPeer::yes));
  if (!decision.would_promote()) {
    const auto names = join(decision.blocking, ",");
    const bool can_be_forced = failover::check_forced(decision.blocking).has_value();
    return fail(
        ExitCode::unsafe,
        fmt::format(
            "refused: {}{}", join(blocked_by(decision), "; "),
            can_be_forced ? fmt::format(" (to override, and answer for it: hasync promote --force={})", names) : ""));
  }
  HASYNC_TRY(const auto failover, begin_promotion(node, decision, forced, std::nullopt));
  return perform(node, failover);
}

Result<Ended> demote(const Node& node, const std::string& why) {
  HASYNC_TRY(const auto lock, take_role_lock(node, "demotion"));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (unfinished) return perform(node, *unfinished);
  const auto now = node.clock.now();
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, now));
  if (state.role == Role::secondary)
    return Ended{{.at = now,
                  .kind = FailoverKind::demotion,
                  .result = FailoverResult::done,
                  .term = state.term,
                  .note = "already secondary"},
                 {}};
  store::FailoverRecord failover{
      .at = now, .kind = FailoverKind::demotion, .trigger = "operator", .term = state.term, .note = why};
  // The term of the node it gives way to, where that is known: so both agree again.
  if (state.peer) failover.term = std::max(state.term, state.peer->term);
  HASYNC_TRY(failover.id,
             store::add_failover(node.database, failover, records_of(failover::plan_demotion(node.settings))));
  HASYNC_CHECK(transaction.commit());
  return perform(node, failover);
}

Result<std::optional<Ended>> resume(const Node& node) {
  HASYNC_TRY(const auto seen, store::unfinished_failover(node.database));
  if (!seen) return std::nullopt;
  HASYNC_TRY(const auto lock, take_role_lock(node, "promotion"));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (!unfinished) return std::nullopt;
  HASYNC_TRY(auto ended, perform(node, *unfinished));
  return std::optional{std::move(ended)};
}

}  // namespace hasync::agent
