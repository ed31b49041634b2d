#include "agent/decision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "config/datasets.hpp"
#include "failover/activation.hpp"
#include "store/point_datasets.hpp"
#include "store/point_folder.hpp"

namespace hasync::agent {
namespace {

// What `current` names, when it is all there.
std::optional<store::Point> complete_point(const Node& node, std::string& trouble) {
  const store::StoreFolder store{node.settings.sync.store};
  const auto id = store::current_point(store);
  if (!id) {
    std::error_code none;
    trouble = std::filesystem::is_symlink(store.current(), none)
                  ? fmt::format("{} names none that is there", store.current())
                  : fmt::format("there is none in {}", store.path);
    return std::nullopt;
  }
  for (const auto& dataset : node.settings.sync.datasets)
    if (std::error_code none; !std::filesystem::is_directory(store.point(*id) + "/" + dataset.name, none) ||
                              !std::filesystem::exists(failover::in_point(store.point(*id), dataset), none)) {
      trouble = fmt::format("{} lacks the dataset {}", *id, dataset.name);
      return std::nullopt;
    }
  if (const auto known = store::find_point(node.database, *id); known && *known) return **known;
  const auto at = parse_rfc3339(*id);  // a point without a record (a lost database) is as old as its name says
  return at ? std::optional{store::Point{.id = *id, .at = *at}} : std::nullopt;
}

// Of what a promotion copies to a path; where a dataset has no record, of all that the point holds.
std::int64_t bytes_copied(const Node& node, const store::Point& point) {
  std::int64_t bytes = 0;
  for (const auto& dataset : node.settings.sync.datasets) {
    if (config::live_path(node.settings, dataset).empty()) continue;
    const auto recorded = store::find_point_dataset(node.database, point.id, dataset.name);
    if (!recorded || !*recorded) return point.bytes;
    bytes += (*recorded)->bytes;
  }
  return bytes;
}

std::optional<peer::Description> hear_peer(const Node& node) {
  if (node.settings.peer.transport == config::Transport::local) return std::nullopt;
  auto told = peer::ask_peer(node.settings.peer, node.runner, node.settings.heartbeat.timeout);
  return told ? std::optional{std::move(*told)} : std::nullopt;
}

}  // namespace

Asking::Asking(const Node& node, AskPeer ask) {
  if (ask == AskPeer::yes) peer_ = std::async(std::launch::async, [&node] { return hear_peer(node); });
  const auto& witnesses = node.settings.failover.witnesses;
  if (witnesses.empty()) return;
  const auto answers = node.prober.ask(witnesses, node.settings.heartbeat.timeout);
  witness_ = {heartbeat::any_alive(answers), heartbeat::tell(answers)};
}

Heard Asking::heard() { return {witness_, peer_.valid() ? peer_.get() : std::nullopt}; }

Result<void> record_heard(const Node& node, const Heard& heard) {
  return heard.peer ? peer::record_told(node.database, *heard.peer, node.clock.now()) : Result<void>{};
}

Result<std::optional<peer::Description>> ask_the_peer(const Node& node) {
  Heard heard{.peer = hear_peer(node)};
  HASYNC_CHECK(record_heard(node, heard));
  return std::move(heard.peer);
}

Result<Heard> ask_around(const Node& node, AskPeer ask) {
  auto heard = Asking{node, ask}.heard();
  HASYNC_CHECK(record_heard(node, heard));
  return heard;
}

Result<Decision> decide(const Node& node, const std::vector<std::string>& forced, const Heard& heard) {
  const auto now = node.clock.now();
  failover::Facts facts{.now = now,
                        .max_data_age = node.settings.failover.max_data_age,
                        .witness = heard.witness,
                        .transport = node.settings.peer.transport,
                        .peer = node.settings.peer.name};
  HASYNC_TRY(facts.node, store::read_or_start_node(node.database, node.settings.node.role, now));
  HASYNC_TRY(facts.earlier, store::unacknowledged_failover(node.database));
  facts.point = complete_point(node, facts.point_trouble);
  Decision decision{.point = facts.point};
  if (facts.point) {
    decision.plan =
        failover::plan_promotion(node.settings, store::StoreFolder{node.settings.sync.store}.point(facts.point->id));
    facts.live = failover::look_at_live_paths(decision.plan, bytes_copied(node, *facts.point), kept_in_place(node));
    if (facts.live.trouble.empty()) facts.live.trouble = failover::trouble_with_servers(decision.plan, node.runner);
  }
  decision.guards = failover::judge_guards(facts);
  decision.blocking = failover::blocking(decision.guards, forced);
  return decision;
}

std::vector<std::string> kept_in_place(const Node& node) { return {node.settings.sync.store, node.paths.folder}; }

std::vector<std::string> blocked_by(const Decision& decision) {
  std::vector<std::string> lines;
  for (const auto& guard : decision.guards)
    if (std::find(decision.blocking.begin(), decision.blocking.end(), guard.name) != decision.blocking.end())
      lines.push_back(guard.name + ": " + guard.evidence);
  return lines;
}

}  // namespace hasync::agent
