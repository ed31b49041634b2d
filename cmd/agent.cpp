// What cron, systemd and the peer's ssh start. A success says nothing.
#include <fmt/format.h>

#include "agent/agents.hpp"
#include "agent/failover.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> sync(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const bool due, agent::sync_is_due(local->node()));
  if (!due) {
    session.log().info("no sync is due");
    return ExitCode::done;
  }
  HASYNC_TRY(const auto outcome, agent::sync_once(local->node(), {.trigger = "schedule"}));
  session.log().info(fmt::format("sync: {}", store::sync_result_name(outcome.run.result)));
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::due));
  if (outcome.error) return fail(*outcome.error);
  return ExitCode::done;
}

Result<ExitCode> heartbeat(Session& session, const std::string& cover) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& node = local->node();
  const auto tell = [&session](const agent::Beaten& beaten) {
    if (beaten.weight == agent::Weight::event)
      session.log().warning(beaten.words);
    else
      session.log().info(beaten.words);
  };
  if (!cover.empty()) {
    HASYNC_TRY(const auto length, parse_duration(cover));
    HASYNC_CHECK(agent::beat_for(node, length, tell));
  } else {
    const auto beaten = agent::beat_once(node);
    const auto sent = agent::send_mail(node, notify::Which::fresh);
    if (!beaten) return fail(beaten.error());
    HASYNC_CHECK(sent);
    tell(*beaten);
  }
  return ExitCode::done;
}

Result<ExitCode> promote(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto ended, agent::resume(local->node()));
  if (!ended) {
    session.log().info("no promotion or demotion is waiting to be carried on");
    return ExitCode::done;
  }
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::fresh));
  if (ended->failover.result == store::FailoverResult::done) return ExitCode::done;
  return fail(ExitCode::failed, ended->failover.note);
}

Result<ExitCode> notify(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::due));
  return ExitCode::done;
}

Result<ExitCode> housekeeping(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto forgotten, agent::clean_up(local->node()));
  session.log().info(fmt::format("{} old records forgotten", forgotten));
  return ExitCode::done;
}

}  // namespace

void add_agent(CLI::App& parent, Invocation& invocation) {
  auto* agent = parent.add_subcommand("agent", "what cron, systemd and the peer start");
  agent->require_subcommand(1);
  auto cover = std::make_shared<std::string>();
  add_command(*agent, "sync", "a sync run, if one is due by the applied schedule", invocation, sync);
  add_command(*agent, "heartbeat", "one beat with its retries, and what follows from it", invocation,
              [cover](Session& session) { return heartbeat(session, *cover); })
      ->add_option("--cover", *cover, "beat at the configured interval for this long, for cron")
      ->type_name("DURATION");
  add_command(*agent, "promote", "carry on a promotion or demotion that was interrupted", invocation, promote);
  add_command(*agent, "notify", "send what is due in the outbox", invocation, notify);
  add_command(*agent, "housekeeping", "forget old history", invocation, housekeeping);
  add_serve(*agent, invocation);
}

}  // namespace hasync::cmd
