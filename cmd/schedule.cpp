#include "report/schedule.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/explain.hpp"
#include "store/node_state.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string from;
  int count = 5;
  std::string at;
};

// HH:MM of today, or a moment; both UTC.
Result<Instant> moment(const std::string& text, Instant now) {
  if (const auto clock = parse_time_of_day(text)) return std::chrono::floor<std::chrono::days>(now) + *clock;
  auto at = parse_rfc3339(text);
  if (at || text.find('T') != std::string::npos) return at;
  return fail(ExitCode::usage, fmt::format("\"{}\" is neither a time of today, as 02:45, nor a moment, as "
                                           "2026-11-24T02:45:00Z; both UTC",
                                           printable(text)));
}

Result<ExitCode> show(Session& session, const Asked& asked) {
  const auto now = session.clock.now();
  auto after = now;
  if (!asked.from.empty()) {
    HASYNC_TRY(const auto from, moment(asked.from, now));
    after = from - Duration{1};
  }
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto state, store::read_node(local->database()));
  const auto applied = state ? state->applied : std::nullopt;
  const auto grid = applied ? std::optional{schedule::Grid{applied->anchor, applied->every}} : std::nullopt;
  std::optional<report::Upcoming> in_force, after_apply;
  if (grid) in_force = report::Upcoming{*grid, schedule::upcoming(*grid, after, asked.count)};
  if (const auto instead = schedule::instead_of(grid, local->settings().sync, now))
    after_apply = report::Upcoming{instead->grid, schedule::upcoming(instead->grid, after, asked.count), instead->why,
                                   instead->cause == schedule::Instead::Cause::settings};
  session.print(report::render(in_force, after_apply, session.format, local_zone));
  return ExitCode::done;
}

Result<ExitCode> explain(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto at, moment(asked.at, session.clock.now()));
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto explanation, agent::explain(local->node(), at));
  session.print(report::render(explanation, session.format, local_zone));
  return ExitCode::done;
}

}  // namespace

void add_schedule(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = parent.add_subcommand("schedule", "the next sync runs, in UTC and local time");
  // CLI11 calls a command's callback after that of its subcommand.
  command->callback([command, asked, &invocation] {
    if (command->get_subcommands().empty())
      invocation.action = [asked](Session& session) { return show(session, *asked); };
  });
  command->add_option("--from", asked->from, "from then on, instead of from now: 02:45 today, or 2026-11-24T02:45:00Z")
      ->type_name("TIME");
  command->add_option("--count", asked->count, "how many")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1000).description(""));
  add_json_option(*command, invocation.session);
  const auto explain_one = [command, asked](Session& session) -> Result<ExitCode> {
    if (command->count("--from") + command->count("--count") > 0)
      return fail(ExitCode::usage, "--from and --count list runs; hasync schedule explain takes one TIME");
    return explain(session, *asked);
  };
  auto* explained = add_command(*command, "explain", "why a moment is or is not a run, and what became of it",
                                invocation, explain_one);
  explained->add_option("TIME", asked->at, "UTC: 02:45 today, or 2026-11-24T02:45:00Z")->required();
  add_json_option(*explained, invocation.session);
}

}  // namespace hasync::cmd
