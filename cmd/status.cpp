#include "report/status.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"

namespace hasync::cmd {
namespace {

Result<agent::Status> collect(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto installer, session.installer());
  return agent::collect_status(local->node(), installer);
}

}  // namespace

void add_status(CLI::App& parent, Invocation& invocation) {
  auto for_nagios = std::make_shared<bool>(false);
  auto* command =
      add_command(parent, "status", "one screen: role, data age, sync, heartbeat, whether a failover would succeed",
                  invocation, [for_nagios](Session& session) -> Result<ExitCode> {
                    const auto status = collect(session);
                    if (*for_nagios) {
                      const auto told = status ? report::nagios(*status) : report::nagios(status.error());
                      session.print(told.line + "\n");
                      return static_cast<ExitCode>(told.code);  // that convention's own codes, 0 to 3
                    }
                    if (!status) return fail(status.error());
                    session.print(report::render(*status, session.format, format_local_clock));
                    return ExitCode::done;
                  });
  command->add_flag("--nagios", *for_nagios, "one line and the exit codes 0 to 3 of monitoring plugins");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
