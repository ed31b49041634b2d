#include "report/points.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "store/point_folder.hpp"

namespace hasync::cmd {

void add_points(CLI::App& parent, Invocation& invocation) {
  auto* points = parent.add_subcommand("points", "the recovery points");
  points->require_subcommand(1);
  auto* list = add_command(*points, "list", "list them, newest first; * marks the one a promotion would use",
                           invocation, [](Session& session) -> Result<ExitCode> {
                             HASYNC_TRY(const auto local, LocalNode::open(session));
                             HASYNC_TRY(const auto all, store::list_points(local->database()));
                             const auto current = store::current_point({local->settings().sync.store});
                             session.print(report::render(all, current, session.clock.now(), session.format));
                             return ExitCode::done;
                           });
  add_json_option(*list, invocation.session);
}

}  // namespace hasync::cmd
