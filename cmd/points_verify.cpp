#include <algorithm>

#include "agent/points.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/verify.hpp"
#include "sync/points.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string point = "current";
  bool source = false;
};

Result<ExitCode> verify(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const store::StoreFolder store{local->settings().sync.store};
  HASYNC_TRY(const auto point, agent::find_named_point(local->node(), asked.point));
  HASYNC_TRY(const auto use, sync::use_point(store, point.id));
  report::PointVerification report{point.id, session.format};
  HASYNC_TRY(const auto verified, sync::verify_point(store, local->database(), point.id, session.clock));
  session.print(report.verified(verified));
  bool sound = verified.damages.empty();
  if (asked.source) {
    const auto tell = [&](const std::string& dataset, const sync::SourceDifference& difference) {
      session.print(report.line(dataset, difference));
    };
    HASYNC_TRY(const auto compared,
               sync::compare_with_source({local->settings(), local->database(), store, point.id, verified, tell},
                                         {session.clock, session.runner}));
    session.print(report.compared(compared));
    sound = sound && std::all_of(compared.begin(), compared.end(), [](const auto& each) { return each.content == 0; });
  }
  session.print(report.end());
  return sound ? ExitCode::done : ExitCode::failed;
}

}  // namespace

void add_points_verify(CLI::App& points, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command =
      add_command(points, "verify", "read every file of one, and compare it with the checksum of when it was pulled",
                  invocation, [asked](Session& session) { return verify(session, *asked); });
  command->add_option("POINT", asked->point, "its name, or current, or held")->type_name("");
  command->add_flag("--source", asked->source, "and with the sources as they are now, which read every file, too");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
