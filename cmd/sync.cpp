#include "report/sync.hpp"

#include "agent/agents.hpp"
#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "cmd/progress.hpp"
#include "sync/guards.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  bool dry_run = false;
  bool no_progress = false;
  std::vector<std::string> forced;
};

Result<ExitCode> pull(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& node = local->node();
  HASYNC_CHECK(sync::check_forced(asked.forced));
  if (asked.dry_run) {
    HASYNC_TRY(const auto plan,
               sync::plan_sync(local->settings(), local->database(), asked.forced, {session.clock, session.runner}));
    session.print(report::render(plan, session.format));
    if (!plan.holds.empty()) return fail(ExitCode::unsafe, "the point would be held: " + plan.holds.front().why);
    return ExitCode::done;
  }
  ProgressTeller teller{session, asked.no_progress ? Telling::nothing : telling_of_operator()};
  HASYNC_TRY(const auto outcome, agent::sync_once(node, {"operator", asked.forced, teller.on_progress()}));
  teller.end();
  for (const auto& complaint : outcome.hooks) session.log().warning(complaint);
  session.print(report::render(outcome, session.format));
  HASYNC_CHECK(agent::send_mail(node, notify::Which::due));
  if (outcome.error) return fail(*outcome.error);
  return ExitCode::done;
}

}  // namespace

void add_sync(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "sync", "pull the data from the primary now", invocation,
                              [asked](Session& session) { return pull(session, *asked); });
  command->add_flag("--dry-run", asked->dry_run, "print what would be pulled, change nothing");
  command->add_flag("--no-progress", asked->no_progress, "do not tell how far it is");
  command->add_option("--force", asked->forced, "override a guard: " + join(sync::forceable_guards(), ", "))
      ->delimiter(',')
      ->type_name("GUARD");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
