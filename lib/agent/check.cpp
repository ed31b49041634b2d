#include "agent/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"
#include "config/validate.hpp"
#include "heartbeat/probes.hpp"
#include "os/tree.hpp"
#include "peer/describe.hpp"
#include "store/node_state.hpp"

namespace hasync::agent {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};
// A clock that is off by more makes data ages and the two histories misleading.
constexpr auto clock_offset_limit = std::chrono::seconds{5};

Checked check_program(const Node& node, const std::string& name, const std::vector<std::string>& argv) {
  const auto ended = node.runner.run({.argv = argv, .timeout = ask_timeout});
  if (!ended)
    return {name, Finding::bad, fmt::format("{}; install it: apt-get install {}", ended.error().message, name)};
  return {name, Finding::good, split(ended->output.empty() ? ended->errors : ended->output, '\n').front()};
}

Checked check_peer(const Node& node) {
  const auto& peer = node.settings.peer;
  if (peer.transport == config::Transport::local) return {"peer", Finding::good, "a folder on this machine"};
  const auto told = peer::ask_peer(peer, node.runner, ask_timeout);
  if (!told) return {"peer", Finding::bad, told.error().message};
  if (const auto recorded = peer::record_told(node.database, *told, node.clock.now()); !recorded)
    return {"peer", Finding::bad, recorded.error().message};
  if (told->node != peer.name)
    return {"peer", Finding::bad,
            fmt::format("the node at {} calls itself {}; set peer.host or peer.name right", peer.host,
                        printable(told->node))};
  if (told->role != Role::primary)
    return {
        "peer", Finding::bad,
        fmt::format("{} says that it is {}; one of the two must be primary", peer.name, store::role_name(told->role))};
  if (told->version != node.version)
    return {"peer", Finding::unwise,
            fmt::format("runs hasync {}, this node {}; install the same", told->version, node.version)};
  const auto offset = std::chrono::round<std::chrono::seconds>(told->at - node.clock.now());
  if (offset > clock_offset_limit || offset < -clock_offset_limit)
    return {"peer", Finding::unwise,
            fmt::format("its clock is {} {} ours; set up NTP on both", tell_duration(std::chrono::abs(offset)),
                        offset.count() > 0 ? "ahead of" : "behind")};
  return {"peer", Finding::good,
          fmt::format("{} is primary, term {}, hasync {}", told->node, told->term, told->version)};
}

Checked check_source(const Node& node, const config::Dataset& dataset) {
  const auto name = "source " + dataset.name;
  const auto argv = peer::command_on_peer(node.settings.peer,
                                          {"test", "-d", dataset.source, "-a", "-r", dataset.source}, ask_timeout);
  const auto ended = node.runner.run({.argv = argv, .timeout = ask_timeout + std::chrono::seconds{5}});
  if (!ended) return {name, Finding::bad, ended.error().message};
  if (ended->succeeded()) return {name, Finding::good, dataset.source + " is a folder, and readable"};
  if (ended->code == 255) return {name, Finding::bad, peer::explain_ssh(node.settings.peer, ended->errors).message};
  return {name, Finding::bad,
          fmt::format("{} on {} is not a folder that can be read", dataset.source, node.settings.peer.name)};
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
  return {"store", Finding::good, fmt::format("{}: {} free", store, tell_size(room->free_bytes))};
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

Checked check_schedule(const Node& node) {
  const auto state = store::read_node(node.database);
  if (!state) return {"schedule", Finding::bad, state.error().message};
  if (!*state || !(*state)->applied) return {"schedule", Finding::unwise, "not installed; to install it: hasync apply"};
  const auto& applied = *(*state)->applied;
  return {"schedule", Finding::good,
          fmt::format("{}, every {} since {}", applied.scheduler, tell_duration(applied.every),
                      format_rfc3339(applied.anchor))};
}

}  // namespace

Result<std::vector<Checked>> check(const Node& node) {
  std::vector<Checked> checked{check_program(node, "rsync", {"rsync", "--version"})};
  if (node.settings.peer.transport == config::Transport::ssh)
    checked.push_back(check_program(node, "openssh-client", {"ssh", "-V"}));
  checked.push_back(check_peer(node));
  for (const auto& dataset : node.settings.sync.datasets) checked.push_back(check_source(node, dataset));
  checked.push_back(check_store(node));
  const auto append = [&](const std::vector<Checked>& more) {
    checked.insert(checked.end(), more.begin(), more.end());
  };
  append(check_probes(node, heartbeat::probes_of(node.settings), "probe"));
  append(check_probes(node, node.settings.failover.witnesses, "witness"));
  checked.push_back(check_mail_server(node));
  checked.push_back(check_schedule(node));
  for (const auto& warning : config::warnings(node.settings))
    if (!warning.starts_with("no notify")) checked.push_back({"settings", Finding::unwise, warning});
  return checked;
}

}  // namespace hasync::agent
