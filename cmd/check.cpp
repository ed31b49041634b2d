#include "agent/check.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/check.hpp"

namespace hasync::cmd {

void add_check(CLI::App& parent, Invocation& invocation) {
  auto* command = add_command(parent, "check", "try everything a sync or a failover will need", invocation,
                              [](Session& session) -> Result<ExitCode> {
                                HASYNC_TRY(const auto local, LocalNode::open(session));
                                HASYNC_TRY(const auto installer, session.installer());
                                HASYNC_TRY(const auto checked, agent::check(local->node(), installer));
                                session.print(report::render(checked, session.format));
                                return report::all_good(checked) ? ExitCode::done : ExitCode::failed;
                              });
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
