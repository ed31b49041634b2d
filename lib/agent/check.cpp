#include "agent/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "agent/decision.hpp"
#include "base/text.hpp"
#include "config/datasets.hpp"
#include "config/validate.hpp"
#include "failover/activation.hpp"
#include "failover/databases.hpp"
#include "heartbeat/probes.hpp"
#include "os/confine.hpp"
#include "os/tree.hpp"
#include "peer/allowed.hpp"
#include "peer/describe.hpp"
#include "store/node_state.hpp"
#include "store/point_folder.hpp"
#include "store/sharing.hpp"
#include "sync/dump_trial.hpp"
#include "sync/dumps.hpp"

namespace hasync::agent {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};
constexpr auto dump_timeout = std::chrono::seconds{30};

Checked check_program(const Node& node, const std::string& name, const std::vector<std::string>& argv) {
  const auto ended = node.runner.run({.argv = argv, .timeout = ask_timeout});
  if (!ended)
    return {name, Finding::bad, fmt::format("{}; install it: apt-get install {}", ended.error().message, name)};
  return {name, Finding::good, split(ended->output.empty() ? ended->errors : ended->output, '\n').front()};
}

// What the peer tells of itself and of the sources; none: it is reached as a local folder.
using Told = std::optional<Result<peer::Description>>;

Checked check_peer(const Node& node, const Told& asked) {
  const auto& peer = node.settings.peer;
  if (!asked) return {"peer", Finding::good, "a folder on this machine"};
  const auto& told = *asked;
  if (!told) return {"peer", Finding::bad, told.error().message};
  if (const auto recorded = peer::record_told(node.database, *told, node.clock.now()); !recorded)
    return {"peer", Finding::bad, recorded.error().message};
  const auto ours = store::read_or_start_node(node.database, node.settings.node.role, node.clock.now());
  if (!ours) return {"peer", Finding::bad, ours.error().message};
  if (told->role == ours->role)
    return {"peer", Finding::bad,
            fmt::format("{} says that it is {}, as this node is; one of the two must be primary, the other secondary",
                        peer.name, store::role_name(told->role))};
  if (told->version != node.version)
    return {"peer", Finding::unwise,
            fmt::format("runs hasync {}, this node {}; install the same", told->version, node.version)};
  const auto offset = std::chrono::round<std::chrono::seconds>(told->at - node.clock.now());
  if (peer::clocks_differ(offset)) return {"peer", Finding::unwise, peer::tell_clock_offset(peer.name, offset)};
  return {
      "peer", Finding::good,
      fmt::format("{} is {}, term {}, hasync {}", told->node, store::role_name(told->role), told->term, told->version)};
}

// Asks the peer's test(1), or a shell, which says yes by exit status 0.
Checked ask_peer_for(const Node& node, const std::string& name, const std::vector<std::string>& question,
                     const std::string& yes, const std::string& no) {
  const auto argv = peer::command_on_peer(node.settings.peer, question, ask_timeout);
  const auto ended = node.runner.run({.argv = argv, .timeout = ask_timeout + std::chrono::seconds{5}});
  if (!ended) return {name, Finding::bad, ended.error().message};
  if (ended->succeeded()) return {name, Finding::good, yes};
  if (const auto refusal = peer::told_refusal(node.settings.peer, ended->errors))
    return {name, Finding::bad, refusal->message};
  if (ended->code == 255) return {name, Finding::bad, peer::explain_ssh(node.settings.peer, ended->errors).message};
  return {name, Finding::bad, no};
}

enum class Dumps { can_be_made, have_no_program, not_offered, not_told };

Dumps dumps_there(const config::Dataset& dataset, const std::vector<peer::Dump>& told) {
  const auto find = [&](const std::vector<std::string>& argv) {
    return std::find_if(told.begin(), told.end(), [&](const auto& dump) { return dump.command == shell_line(argv); });
  };
  for (const auto& part : sync::dump_parts(dataset)) {
    const auto dump = find(part.argv);
    if (dump == told.end()) return Dumps::not_told;
    if (!dump->offered) return Dumps::not_offered;
    if (!dump->there) return Dumps::have_no_program;
  }
  return Dumps::can_be_made;
}

Checked is_not_offered(const Node& node, const std::string& name) {
  return {name, Finding::bad,
          fmt::format("the settings of {} have no such dataset, or another source or program for it; compare: hasync "
                      "dataset list, on both",
                      node.settings.peer.name)};
}

// By what its hasync tells; one that has none is asked by a shell.
Checked check_dump(const Node& node, const config::Dataset& dataset, const Told& told,
                   const std::vector<std::string>& question, const std::string& yes, const std::string& no) {
  const auto name = "source " + dataset.name;
  switch (told && *told ? dumps_there(dataset, told->value().dumps) : Dumps::not_told) {
    case Dumps::can_be_made:
      return {name, Finding::good, yes};
    case Dumps::have_no_program:
      return {name, Finding::bad, no};
    case Dumps::not_offered:
      return is_not_offered(node, name);
    case Dumps::not_told:
      break;
  }
  return ask_peer_for(node, name, question, yes, no);
}

// That its program is there says nothing of the server, and of who it lets in.
Checked check_database(const Node& node, const config::Dataset& dataset, const Told& told) {
  const auto name = "source " + dataset.name;
  if (told && *told && dumps_there(dataset, told->value().dumps) == Dumps::not_offered)
    return is_not_offered(node, name);
  const auto trial = sync::try_dump(node.settings, dataset, dump_timeout, node.runner);
  if (!trial) return {name, Finding::bad, trial.error().message};
  const auto& peer = node.settings.peer.name;
  if (*trial == sync::Trial::silent)
    return {name, Finding::unwise,
            fmt::format("the dump of {} on {} has hardly printed anything for {}; does it wait for a lock?",
                        dataset.source, peer, tell_duration(dump_timeout))};
  return {name, Finding::good, fmt::format("{} on {} can be dumped", dataset.source, peer)};
}

// A peer whose key opens no shell tells of its folders by its hasync; one that has none by test(1).
Checked check_source(const Node& node, const config::Dataset& dataset, const Told& told) {
  const auto name = "source " + dataset.name;
  const auto& peer = node.settings.peer.name;
  if (told && !*told && told->error().code != ExitCode::no_program) return {name, Finding::bad, told->error().message};
  switch (dataset.type) {
    case config::DatasetType::files:
      break;
    case config::DatasetType::postgresql:
    case config::DatasetType::mysql:
      return check_database(node, dataset, told);
    case config::DatasetType::sqlite:
      return check_dump(node, dataset, told, {"test", "-f", dataset.source, "-a", "-r", dataset.source},
                        dataset.source + " is a file, and readable",
                        fmt::format("{} on {} is not a file that can be read", dataset.source, peer));
    case config::DatasetType::command: {
      const auto program = printable(dataset.run.front());
      return check_dump(node, dataset, told, {"sh", "-c", "command -v -- \"$1\" >/dev/null", "sh", dataset.run.front()},
                        fmt::format("{} is there", program), fmt::format("{} has no program {}", peer, program));
    }
  }
  const auto yes = dataset.source + " is a folder, and readable";
  const auto no = fmt::format("{} on {} is not a folder that can be read", dataset.source, peer);
  if (told && *told)
    for (const auto& source : told->value().sources)
      if (source.path == dataset.source)
        return {name, source.there ? Finding::good : Finding::bad, source.there ? yes : no};
  return ask_peer_for(node, name, {"test", "-d", dataset.source, "-a", "-r", dataset.source}, yes, no);
}

// Whether a promotion could restore a dump here, and the program that also checks each dump is there.
void check_restoring(const Node& node, const config::Dataset& dataset, std::vector<Checked>& checked) {
  if (!config::is_of_a_server(dataset.type)) return;
  if (dataset.type == config::DatasetType::postgresql) {
    checked.push_back(check_program(node, "postgresql-client", {"pg_restore", "--version"}));
    if (checked.back().finding == Finding::bad) return;
  }
  const auto name = "restore " + dataset.name;
  const auto& uri = config::database_of(dataset);
  if (auto trouble = failover::trouble_with_server(uri, node.runner); !trouble.empty())
    return checked.push_back({name, Finding::bad, std::move(trouble)});
  checked.push_back({name, Finding::good, uri + " can be restored"});
  const auto newest = store::StoreFolder{node.settings.sync.store}.current() + "/" + dataset.name;
  if (const auto trouble = failover::trouble_with_accounts(newest, uri, node.runner); !trouble.empty())
    checked.back() = {name, Finding::unwise,
                      fmt::format("{} can be restored, but not the accounts that are missing here: {}", uri, trouble)};
}

Checked check_store(const Node& node) {
  const auto& store = node.settings.sync.store;
  const auto parent = std::filesystem::path{store}.parent_path().string();
  std::error_code none;
  const auto& there = std::filesystem::is_directory(store, none) ? store : parent;
  if (::access(there.c_str(), W_OK) != 0)
    return {"store", Finding::bad, fmt::format("{} cannot be written; make it, or set sync.store", there)};
  const auto room = room_at(there);
  if (!room) return {"store", Finding::bad, room.error().message};
  return {"store", Finding::good,
          fmt::format("{}: {} free, points are kept by {}", store, tell_size(room->free_bytes),
                      store::sharing_name(store::probe_sharing(there)))};
}

std::vector<Checked> check_probes(const Node& node, const std::vector<config::Probe>& probes, std::string_view noun) {
  std::vector<Checked> checked;
  for (const auto& answer : node.prober.ask(probes, node.settings.heartbeat.timeout))
    checked.push_back(
        {fmt::format("{} {}", noun, answer.name), answer.alive ? Finding::good : Finding::bad, answer.words});
  return checked;
}

Checked check_mail_server(const Node& node) {
  const auto& notify = node.settings.notify;
  if (notify.email.to.empty()) return {"mail", Finding::unwise, "no notify.email.to: nobody is told of a failure"};
  const auto address = notify.smtp.url.substr(notify.smtp.url.find("://") + 3);
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string::npos && address.find(']', colon) == std::string::npos;
  config::Probe probe{
      .name = "mail", .type = config::ProbeType::tcp, .host = has_port ? address.substr(0, colon) : address};
  probe.port = notify.smtp.url.starts_with("smtps") ? 465 : 25;
  if (has_port) std::from_chars(address.data() + colon + 1, address.data() + address.size(), probe.port);
  const auto answer = node.prober.ask({probe}, notify.smtp.timeout).front();
  return {"mail", answer.alive ? Finding::good : Finding::bad,
          answer.alive ? notify.smtp.url + " answers; to try all of it: hasync notify test"
                       : fmt::format("{}: {}", notify.smtp.url, answer.words)};
}

// What is installed, against what the settings say: not what is recorded of it.
Checked check_schedule(const Node& node, const Installer& installer) {
  const auto state = store::read_node(node.database);
  if (!state) return {"schedule", Finding::bad, state.error().message};
  if (!*state || !(*state)->applied) return {"schedule", Finding::unwise, "not installed; to install it: hasync apply"};
  const auto& applied = *(*state)->applied;
  const auto scheduler = schedule::scheduler_from(applied.scheduler);
  if (!scheduler) return {"schedule", Finding::bad, scheduler.error().message};
  const auto plan = plan_apply(node, installer, *scheduler);
  if (!plan) return {"schedule", Finding::bad, plan.error().message};
  // The anchor alone may differ: a start time as HH:MM is taken anew by every apply.
  const bool same_grid =
      plan->applied.every == applied.every && (plan->applied.anchor - applied.anchor) % applied.every == Duration{0};
  if (!same_grid || !plan->install.changes_nothing())
    return {"schedule", Finding::bad,
            fmt::format(
                "what {} has is not what the settings say: they were changed, or an apply was not finished; to see the "
                "difference: hasync apply --check --diff",
                applied.scheduler)};
  if (!plan->install.warnings.empty())
    return {"schedule", Finding::bad, fmt::format("{}: {}", applied.scheduler, join(plan->install.warnings, "; "))};
  return {"schedule", Finding::good,
          fmt::format("{}, every {} since {}", applied.scheduler, tell_duration(applied.every),
                      format_rfc3339(applied.anchor))};
}

// Whether a program that a promotion or a sync will start can be found there, in the PATH that cron and systemd give
// the agents.
Checked check_run(const std::string& name, const std::vector<std::string>& argv) {
  const auto& program = argv.front();
  if (auto file = file_of(program); !file.empty()) return {name, Finding::good, std::move(file)};
  return {name, Finding::bad,
          program.find('/') != std::string::npos
              ? fmt::format("{} is not a program that can be run", printable(program))
              : fmt::format("there is no program {} where cron and systemd look; write its whole path",
                            printable(program))};
}

std::vector<Checked> check_runs(const config::Config& settings) {
  std::vector<Checked> checked;
  const auto& failover = settings.failover;
  for (const auto& hook : settings.sync.before) checked.push_back(check_run("hook before: " + hook.name, hook.run));
  for (const auto& hook : settings.sync.after) checked.push_back(check_run("hook after: " + hook.name, hook.run));
  for (const auto& dataset : settings.sync.datasets)
    if (!dataset.restore.empty()) checked.push_back(check_run("restore " + dataset.name, dataset.restore));
  if (failover.fence) checked.push_back(check_run("fence", failover.fence->run));
  for (const auto& step : failover.promote) checked.push_back(check_run("promote " + step.name, step.run));
  for (const auto& step : failover.demote) checked.push_back(check_run("demote " + step.name, step.run));
  return checked;
}

Checked check_live_paths(const Node& node) {
  const auto live = failover::look_at_live_paths(failover::plan_promotion(node.settings, node.settings.sync.store), 0,
                                                 kept_in_place(node));
  return live.trouble.empty() ? Checked{"live paths", Finding::good, "each can be exchanged for a copy of its data"}
                              : Checked{"live paths", Finding::bad, live.trouble};
}

}  // namespace

Result<std::vector<Checked>> check(const Node& node, const Installer& installer) {
  std::vector<Checked> checked{check_program(node, "rsync", {"rsync", "--version"})};
  if (node.settings.peer.transport == config::Transport::ssh)
    checked.push_back(check_program(node, "openssh-client", {"ssh", "-V"}));
  Told told;
  if (node.settings.peer.transport == config::Transport::ssh) {
    peer::About about{.sources = peer::folders_of(node.settings)};
    for (const auto& argv : sync::dump_commands(node.settings)) about.dumps.push_back(shell_line(argv));
    told = peer::ask_peer(node.settings.peer, node.runner, ask_timeout, about);
  }
  checked.push_back(check_peer(node, told));
  for (const auto& dataset : node.settings.sync.datasets) checked.push_back(check_source(node, dataset, told));
  for (const auto& dataset : node.settings.sync.datasets) check_restoring(node, dataset, checked);
  checked.push_back(check_store(node));
  const auto append = [&](const std::vector<Checked>& more) {
    checked.insert(checked.end(), more.begin(), more.end());
  };
  append(check_probes(node, heartbeat::probes_of(node.settings), "probe"));
  append(check_probes(node, node.settings.failover.witnesses, "witness"));
  checked.push_back(check_mail_server(node));
  checked.push_back(check_live_paths(node));
  append(check_runs(node.settings));
  checked.push_back(check_schedule(node, installer));
  for (const auto& warning : config::warnings(node.settings))
    if (!warning.starts_with("no notify")) checked.push_back({"settings", Finding::unwise, warning});
  return checked;
}

}  // namespace hasync::agent
