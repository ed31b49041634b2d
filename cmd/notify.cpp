#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "notify/outbox.hpp"
#include "report/outbox.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> test(Session& session, bool with_dialogue) {
  HASYNC_TRY(const auto settings, session.load_config());
  const auto& email = settings.notify.email;
  if (email.to.empty())
    return fail(ExitCode::config,
                "notify.email.to is empty; set it first: hasync config set notify.email.to=ops@example.com");
  const auto now = session.clock.now();
  const auto message = notify::compose({settings.node.name, settings.peer.name, now}, notify::Test{});
  const auto sender = notify::sender(settings);
  const std::function<void(const std::string&)> dialogue = [&session](const std::string& line) {
    session.print(line + "\n");
  };
  notify::CurlMailer mailer{settings.notify.smtp, with_dialogue ? dialogue : nullptr};
  HASYNC_TRY(const auto answers,
             mailer.send({sender, email.to, message.subject, message.body,
                          fmt::format("hasync.test.{}.{}", to_ms(now), sender), settings.node.name, now},
                         Duration::max()));
  auto worst = ExitCode::done;
  for (const auto& answer : answers) {
    const bool accepted = answer.answer == notify::Answer::accepted;
    session.print(fmt::format("{} {}: {}\n", accepted ? "accepted" : "REFUSED", answer.address, answer.reply));
    if (!accepted) worst = ExitCode::failed;
  }
  return worst;
}

Result<ExitCode> queue(Session& session) {
  HASYNC_TRY(auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto mails, store::queued_mails(database));
  session.print(report::render(mails, session.format));
  return ExitCode::done;
}

Result<ExitCode> flush(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& node = local->node();
  HASYNC_TRY(const auto flushed,
             notify::flush(node.database, node.settings, node.paths, node.clock, node.mailer, notify::Which::all));
  session.print(fmt::format("{} sent, {} refused, {} waiting\n", flushed.sent, flushed.failed, flushed.waiting));
  if (!flushed.trouble.empty()) return fail(ExitCode::failed, flushed.trouble);
  return ExitCode::done;
}

}  // namespace

void add_notify(CLI::App& parent, Invocation& invocation) {
  auto* notify = parent.add_subcommand("notify", "the mail: try it, see what waits, send it now");
  notify->require_subcommand(1);
  auto with_dialogue = std::make_shared<bool>(false);
  add_command(*notify, "test", "send a test mail now, past the outbox", invocation, [with_dialogue](Session& session) {
    return test(session, *with_dialogue);
  })->add_flag("--dialogue", *with_dialogue, "show the whole dialogue with the mail server, logins left out");
  add_json_option(*add_command(*notify, "queue", "the mails that wait, oldest first, and why", invocation, queue),
                  invocation.session);
  add_command(*notify, "flush", "try to send every waiting mail now", invocation, flush);
}

}  // namespace hasync::cmd
