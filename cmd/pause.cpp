#include "agent/pause.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "config/load.hpp"
#include "report/changes.hpp"
#include "store/node_state.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string length;
  std::string reason;
  ChangeMode mode = ChangeMode::carry_out;
};

Result<ExitCode> record(Session& session, const Asked& asked, const std::optional<store::Pause>& pause) {
  HASYNC_TRY(const auto settings, config::load(session.config_path));
  HASYNC_TRY(auto database, store::open_state(session.state()));
  const auto now = session.clock.now();
  HASYNC_TRY(const auto node, store::read_or_start_node(database, settings.config.node.role, now));
  HASYNC_TRY(const auto planned, agent::plan_pause(database, node, pause, now));
  report::Changes changes;
  for (const auto& change : planned) changes.add(change.what, change.before, change.after);
  if (changes.any() && asked.mode == ChangeMode::carry_out)
    HASYNC_CHECK(agent::record_pause(database, pause, changes.one_line(), now));
  session.print(report::render(changes, session.format));
  return ExitCode::done;
}

}  // namespace

void add_pause(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "pause", "hold back every automatic sync and failover, for maintenance",
                              invocation, [asked](Session& session) -> Result<ExitCode> {
                                const auto now = session.clock.now();
                                store::Pause pause{now, {}, asked->reason};
                                if (!asked->length.empty()) {
                                  HASYNC_TRY(const auto length, parse_duration(asked->length));
                                  if (length <= Duration{0})
                                    return fail(ExitCode::usage, "--for must be longer than nothing, as 2h");
                                  pause.until = std::chrono::floor<std::chrono::seconds>(now + length);
                                }
                                return record(session, *asked, pause);
                              });
  command->add_option("--for", asked->length, "end by itself after this long, as 2h; without it: until hasync resume")
      ->type_name("DURATION");
  command->add_option("--reason", asked->reason, "why, shown in status")->type_name("TEXT");
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

void add_resume(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "resume", "end a pause, and acknowledge a failover that failed", invocation,
                              [asked](Session& session) { return record(session, *asked, std::nullopt); });
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
