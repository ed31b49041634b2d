#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/failover.hpp"

namespace hasync::cmd {

void add_why(CLI::App& parent, Invocation& invocation) {
  auto* command =
      add_command(parent, "why", "every guard with its verdict and evidence, as if a failover were decided now",
                  invocation, [](Session& session) -> Result<ExitCode> {
                    HASYNC_TRY(const auto local, LocalNode::open(session));
                    HASYNC_TRY(const auto heard, agent::ask_around(local->node(), agent::AskPeer::yes));
                    HASYNC_TRY(const auto decision, agent::decide(local->node(), {}, heard));
                    session.print(report::render(decision, local->settings(), session.format));
                    return ExitCode::done;
                  });
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
