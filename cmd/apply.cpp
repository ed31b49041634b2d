#include "agent/apply.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "report/schedule.hpp"
#include "store/outbox.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string scheduler = "auto";
  ChangeMode mode = ChangeMode::carry_out;
};

Result<ExitCode> apply(Session& session, const Asked& asked) {
  HASYNC_CHECK(session.load_config());  // to the last file: what is applied runs unwatched
  HASYNC_TRY(const auto local, LocalNode::open(session));
  auto scheduler = schedule::detect_scheduler();
  if (asked.scheduler != "auto") {
    HASYNC_TRY(scheduler, schedule::scheduler_from(asked.scheduler));
  }
  HASYNC_TRY(const auto installer, session.installer());
  HASYNC_TRY(const auto plan, agent::plan_apply(local->node(), installer, scheduler));
  if (asked.mode == ChangeMode::carry_out) HASYNC_CHECK(agent::carry_out(local->node(), plan));
  if (session.shows_lines && session.format == report::Format::text) session.print(report::render_diff(plan));
  session.print(report::render(plan, local->settings(), session.clock.now(), session.format, format_local_clock));
  return ExitCode::done;
}

}  // namespace

void add_apply(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "apply", "save and apply: put the schedule of the settings into force",
                              invocation, [asked](Session& session) { return apply(session, *asked); });
  command->add_option("--scheduler", asked->scheduler, "auto, systemd, systemd-user, cron.d or crontab")
      ->type_name("NAME");
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
