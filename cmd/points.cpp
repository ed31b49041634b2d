#include "agent/points.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/changes.hpp"
#include "report/points.hpp"
#include "store/point_datasets.hpp"
#include "sync/inspect.hpp"
#include "sync/points.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string point = "current";
  std::string other = "current";
  ChangeMode mode = ChangeMode::carry_out;
};

Result<ExitCode> list(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto all, store::list_points(local->database()));
  const auto current = store::current_point({local->settings().sync.store});
  session.print(report::render(all, current, session.clock.now(), session.format));
  return ExitCode::done;
}

Result<ExitCode> show(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto point, agent::find_named_point(local->node(), asked.point));
  const store::StoreFolder store{local->settings().sync.store};
  report::PointShown shown{.point = point, .folder = store.point(point.id)};
  shown.current = store::current_point(store) == point.id;
  HASYNC_TRY(shown.datasets, store::datasets_of_point(local->database(), point.id));
  session.print(report::render(shown, session.clock.now(), session.format));
  return ExitCode::done;
}

Result<ExitCode> diff(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto one, agent::find_named_point(local->node(), asked.point));
  HASYNC_TRY(const auto other, agent::find_named_point(local->node(), asked.other));
  const store::StoreFolder store{local->settings().sync.store};
  HASYNC_TRY(const auto use_one, sync::use_point(store, one.id));
  HASYNC_TRY(const auto use_other, sync::use_point(store, other.id));
  report::PointDifferences differences{one.id, other.id, session.format};
  HASYNC_CHECK(sync::compare_points(store, one.id, other.id,
                                    [&](const std::string& dataset, const store::Change& change) -> Result<void> {
                                      session.print(differences.line(dataset, change));
                                      return {};
                                    }));
  session.print(differences.end());
  return ExitCode::done;
}

using Plan = Result<std::vector<agent::PointChange>> (*)(const agent::Node&, const store::Point&);
using CarryOut = Result<void> (*)(const agent::Node&, const store::Point&);

Result<ExitCode> decide(Session& session, const Asked& asked, Plan plan, CarryOut carry_out) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto point, agent::find_named_point(local->node(), asked.point));
  HASYNC_TRY(const auto planned, plan(local->node(), point));
  report::Changes changes;
  for (const auto& change : planned) changes.add(change.what, change.before, change.after);
  if (changes.any() && asked.mode == ChangeMode::carry_out) HASYNC_CHECK(carry_out(local->node(), point));
  session.print(report::render(changes, session.format));
  return ExitCode::done;
}

}  // namespace

void add_points(CLI::App& parent, Invocation& invocation) {
  auto* points = parent.add_subcommand("points", "the recovery points");
  points->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const std::string& name, const std::string& summary, Action action) {
    auto* command = add_command(*points, name, summary, invocation, std::move(action));
    add_json_option(*command, invocation.session);
    return command;
  };
  const auto takes_point = [&](CLI::App* command, std::string& place, const std::string& name) {
    return command->add_option(name, place, "its name, or current, or held")->type_name("");
  };
  add("list", "list them, newest first; * marks the one a promotion would use", list);
  takes_point(add("show", "what is in one, and what was new in it",
                  [asked](Session& session) { return show(session, *asked); }),
              asked->point, "POINT");
  auto* compare = add("diff", "what is different in the second: created, changed, other attributes, deleted",
                      [asked](Session& session) { return diff(session, *asked); });
  takes_point(compare, asked->point, "ONE")->required();
  takes_point(compare, asked->other, "OTHER");
  add_points_verify(*points, invocation);
  add_points_restore(*points, invocation);
  for (auto* command :
       {add("publish", "make a held one the one that a promotion would use",
            [asked](Session& session) { return decide(session, *asked, agent::plan_publish, agent::publish_point); }),
        add("discard", "remove one that is not the current one", [asked](Session& session) {
          return decide(session, *asked, agent::plan_discard, agent::discard_point);
        })}) {
    takes_point(command, asked->point, "POINT")->required();
    add_change_options(*command, asked->mode, invocation.session);
  }
}

}  // namespace hasync::cmd
