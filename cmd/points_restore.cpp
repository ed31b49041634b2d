#include "agent/points.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/restore.hpp"
#include "sync/points.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  sync::RestoreOrder order;
  bool dry_run = false;
};

Result<ExitCode> restore(Session& session, Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const store::StoreFolder store{local->settings().sync.store};
  HASYNC_TRY(const auto point, agent::find_named_point(local->node(), asked.order.point));
  asked.order.point = point.id;
  HASYNC_TRY(const auto use, sync::use_point(store, point.id));
  HASYNC_TRY(const auto restoring, sync::plan_restore(store, asked.order));
  const auto began = session.clock.uptime();
  if (!asked.dry_run) HASYNC_CHECK(agent::restore_point(local->node(), restoring, use));
  const auto took = asked.dry_run ? std::nullopt : std::optional{session.clock.uptime() - began};
  session.print(report::render(restoring, took, session.format));
  return ExitCode::done;
}

}  // namespace

void add_points_restore(CLI::App& points, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(points, "restore", "copy one, or some of it, to a path where nothing is yet", invocation,
                              [asked](Session& session) { return restore(session, *asked); });
  command->add_option("POINT", asked->order.point, "its name, or current, or held")->type_name("")->required();
  command->add_option("TO", asked->order.to, "a path where nothing is yet, or an empty folder")
      ->type_name("FOLDER")
      ->required();
  command->add_option("PATH", asked->order.paths, "only this, as points diff names it: DATASET, or DATASET/PATH")
      ->type_name("");
  command
      ->add_option("--dataset", asked->order.dataset,
                   "only this one: what is in it comes to TO, and each PATH is one in it")
      ->type_name("NAME");
  command->add_flag("--dry-run", asked->dry_run, "print what would be restored, change nothing");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
