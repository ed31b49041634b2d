// What cron, systemd and the peer's ssh start. A success says nothing.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agent/agents.hpp"
#include "agent/failover.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/local_node.hpp"
#include "cmd/progress.hpp"
#include "os/tree.hpp"
#include "store/application_database.hpp"
#include "sync/dumps.hpp"

namespace hasync::cmd {
namespace {

Result<ExitCode> sync(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const bool due, agent::sync_is_due(local->node()));
  if (!due) {
    session.log().info("no sync is due");
    return ExitCode::done;
  }
  ProgressTeller teller{session, telling_of_agent(session)};
  agent::SyncOrder order{.trigger = "schedule", .on_progress = teller.on_progress()};
  order.on_attempt_failed = [&session](const std::string& words) { session.log().notice("sync: " + words); };
  HASYNC_TRY(const auto outcome, agent::sync_once(local->node(), order));
  for (const auto& complaint : outcome.hooks) session.log().warning(complaint);
  session.log().info(fmt::format("sync: {}", store::sync_result_name(outcome.run.result)));
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::due));
  if (outcome.error) return fail(*outcome.error);
  return ExitCode::done;
}

Result<ExitCode> heartbeat(Session& session, const std::string& cover) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  const auto& node = local->node();
  const auto tell = [&session](const agent::Beaten& beaten) {
    if (beaten.weight == agent::Weight::event)
      session.log().warning(beaten.words);
    else
      session.log().info(beaten.words);
  };
  if (!cover.empty()) {
    HASYNC_TRY(const auto length, parse_duration(cover));
    HASYNC_CHECK(agent::beat_for(node, length, tell));
  } else {
    const auto beaten = agent::beat_once(node);
    const auto sent = agent::send_mail(node, notify::Which::fresh);
    if (!beaten) return fail(beaten.error());
    HASYNC_CHECK(sent);
    tell(*beaten);
  }
  return ExitCode::done;
}

Result<ExitCode> promote(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto ended, agent::resume(local->node()));
  if (!ended) {
    session.log().info("no promotion or demotion is waiting to be carried on");
    return ExitCode::done;
  }
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::fresh));
  if (ended->failover.result == store::FailoverResult::done) return ExitCode::done;
  return fail(ExitCode::failed, ended->failover.note);
}

Result<ExitCode> notify(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_CHECK(agent::send_mail(local->node(), notify::Which::due));
  return ExitCode::done;
}

Result<ExitCode> housekeeping(Session& session) {
  HASYNC_TRY(const auto local, LocalNode::open(session));
  HASYNC_TRY(const auto forgotten, agent::clean_up(local->node()));
  session.log().info(fmt::format("{} old records forgotten", forgotten));
  return ExitCode::done;
}

Result<ExitCode> dump_sqlite(Session& session, const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return fail(os_error(fmt::format("cannot read {}", path), errno));
  HASYNC_CHECK(make_folders(session.state_folder));
  HASYNC_TRY(const auto copy, store::copy_in_use(path, session.state_folder));
  session.print(sync::tell_ownership({found.st_mode & 07777U, found.st_uid, found.st_gid}));
  std::array<char, 65536> chunk{};
  for (;;) {
    const auto length = ::read(copy.get(), chunk.data(), chunk.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return fail(os_error(fmt::format("cannot read the copy of {}", path), errno));
    if (length == 0) break;
    session.print({chunk.data(), static_cast<std::size_t>(length)});
    HASYNC_CHECK(session.all_printed());
  }
  return ExitCode::done;
}

}  // namespace

void add_agent(CLI::App& parent, Invocation& invocation) {
  auto* agent = parent.add_subcommand("agent", "what cron, systemd and the peer start");
  agent->require_subcommand(1);
  auto cover = std::make_shared<std::string>();
  add_command(*agent, "sync", "a sync run, if one is due by the applied schedule", invocation, sync);
  add_command(*agent, "heartbeat", "one beat with its retries, and what follows from it", invocation,
              [cover](Session& session) { return heartbeat(session, *cover); })
      ->add_option("--cover", *cover, "beat at the configured interval for this long, for cron")
      ->type_name("DURATION");
  add_command(*agent, "promote", "carry on a promotion or demotion that was interrupted", invocation, promote);
  add_command(*agent, "notify", "send what is due in the outbox", invocation, notify);
  add_command(*agent, "housekeeping", "forget old history", invocation, housekeeping);
  add_serve(*agent, invocation);
  auto database = std::make_shared<std::string>();
  auto* dump = agent->add_subcommand("dump", "what a standby pulls that is no folder, to standard output");
  dump->require_subcommand(1);
  add_command(*dump, "sqlite", "an SQLite database as it is at one moment, while it is in use", invocation,
              [database](Session& session) { return dump_sqlite(session, *database); })
      ->add_option("FILE", *database, "the file of the database")
      ->required();
}

}  // namespace hasync::cmd
