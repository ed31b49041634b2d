#include "report/schedule.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "store/node_state.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> show(Session& session, int count) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& settings = local->settings();
  const auto now = session.clock.now();
  HASYNC_TRY(const auto state, store::read_node(local->database()));
  std::optional<report::Upcoming> in_force, after_apply;
  if (state && state->applied) {
    const schedule::Grid grid{state->applied->anchor, state->applied->every};
    in_force = report::Upcoming{grid, schedule::upcoming(grid, now, count), true};
  }
  const schedule::Grid wanted{schedule::anchor_for(settings.sync.start_time, now), settings.sync.run_every};
  auto next = schedule::upcoming(wanted, wanted.anchor > now ? wanted.anchor - Duration{1} : now, count);
  const bool differs =
      !in_force || (settings.sync.start_time && in_force->next != next) || in_force->grid.every != wanted.every;
  if (differs) after_apply = report::Upcoming{wanted, std::move(next), false};
  session.print(report::render(in_force, after_apply, session.format, format_local_clock));
  return ExitCode::done;
}

}  // namespace

void add_schedule(CLI::App& parent, Invocation& invocation) {
  auto count = std::make_shared<int>(5);
  auto* command = add_command(parent, "schedule", "the next sync runs, in UTC and local time", invocation,
                              [count](Session& session) { return show(session, *count); });
  command->add_option("--count", *count, "how many")->type_name("COUNT")->check(CLI::Range(1, 1000).description(""));
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
