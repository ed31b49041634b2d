#include "report/failover.hpp"

#include "agent/agents.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  bool dry_run = false;
  std::vector<std::string> forced;
};

Result<ExitCode> tell(Session& session, const LocalNode& local, const agent::Ended& ended) {
  session.print(report::render(ended, local.settings(), session.format));
  HASYNC_CHECK(agent::send_mail(local.node(), notify::Which::fresh));
  if (ended.failover.result == store::FailoverResult::done) return ExitCode::done;
  return fail(ExitCode::failed, ended.failover.note + "; nothing goes on by itself, look: hasync history failovers");
}

Result<ExitCode> promote(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& node = local->node();
  if (!asked.dry_run) {
    HASYNC_TRY(const auto ended, agent::promote(node, asked.forced));
    return tell(session, *local, ended);
  }
  HASYNC_TRY(const auto heard, agent::ask_around(node, agent::AskPeer::yes));
  HASYNC_TRY(const auto order, agent::order_promotion(node, asked.forced, heard));
  session.print(report::render(order, local->settings(), session.format));
  return order.already || order.decision.would_promote() ? ExitCode::done : ExitCode::unsafe;
}

Result<ExitCode> demote(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  if (asked.dry_run) {
    HASYNC_TRY(const auto plan, agent::order_demotion(local->node()));
    session.print(report::render_demotion(plan, local->settings(), session.format));
    return ExitCode::done;
  }
  HASYNC_TRY(const auto ended, agent::demote(local->node(), "operator", "an operator asked for it"));
  return tell(session, *local, ended);
}

}  // namespace

void add_promote(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "promote", "make this node the primary, or carry on an interrupted promotion",
                              invocation, [asked](Session& session) { return promote(session, *asked); });
  command->add_flag("--dry-run", asked->dry_run,
                    "print the guards and the plan that would be carried out, change nothing");
  command->add_option("--force", asked->forced, "override guards by name, as data-age; it is recorded")
      ->delimiter(',')
      ->type_name("GUARD");
  add_json_option(*command, invocation.session);
}

void add_demote(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command =
      add_command(parent, "demote", "make this node the secondary: run the demote steps, then pull from the peer again",
                  invocation, [asked](Session& session) { return demote(session, *asked); });
  command->add_flag("--dry-run", asked->dry_run, "print the plan that would be carried out, change nothing");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
