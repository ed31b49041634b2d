#include "agent/installation.hpp"

#include <algorithm>
#include <filesystem>

#include "config/database_uri.hpp"
#include "failover/plan.hpp"

namespace hasync::agent {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto full = fs::absolute(path, error).lexically_normal().string();
  return error ? path : full;
}

// Where it really is, as far as it is there: a sandbox goes by that.
std::string real(const std::string& path) {
  std::error_code error;
  const auto full = fs::weakly_canonical(path, error).string();
  return error ? path : full;
}

std::vector<std::string> paths_to_write(const Node& node) {
  const auto& settings = node.settings;
  std::vector<std::string> paths{real(node.paths.folder), real(settings.sync.store)};
  for (const auto& step : failover::plan_promotion(settings, settings.sync.store))
    if (step.kind == failover::StepKind::copy) paths.push_back(real(step.live));
  return paths;
}

std::vector<std::string> paths_to_read(const config::Config& settings) {
  std::vector<std::string> paths{settings.peer.identity_file, settings.peer.known_hosts_file,
                                 settings.notify.smtp.password_file, settings.notify.smtp.ca_file};
  for (const auto& probe : settings.heartbeat.probes) paths.push_back(probe.ca_file);
  if (settings.peer.transport == config::Transport::local)
    for (const auto& dataset : settings.sync.datasets)
      if (!config::is_database_uri(dataset.source)) paths.push_back(dataset.source);
  paths.erase(std::remove(paths.begin(), paths.end(), std::string{}), paths.end());
  std::transform(paths.begin(), paths.end(), paths.begin(), real);
  return paths;
}

schedule::Programs programs_of_a_beat(const config::Config& settings) {
  const auto& failover = settings.failover;
  const auto runs = [](const config::Probe& probe) { return probe.type == config::ProbeType::command; };
  const auto& probes = settings.heartbeat.probes;
  const auto restores = [](const config::Dataset& dataset) { return !dataset.restore.empty(); };
  const auto& datasets = settings.sync.datasets;
  const bool any = std::any_of(datasets.begin(), datasets.end(), restores) || failover.fence ||
                   !failover.promote.empty() || !failover.demote.empty() ||
                   std::any_of(probes.begin(), probes.end(), runs) ||
                   std::any_of(failover.witnesses.begin(), failover.witnesses.end(), runs);
  return any ? schedule::Programs::of_the_operator : schedule::Programs::ours;
}

schedule::Programs programs_of_a_sync(const config::Sync& sync) {
  return sync.before.empty() && sync.after.empty() ? schedule::Programs::ours : schedule::Programs::of_the_operator;
}

}  // namespace

schedule::Installation installation_of(const Node& node, const Installer& installer, const schedule::Grid& grid) {
  const auto& settings = node.settings;
  return {.program = installer.program,
          .config = absolute(installer.config_path),
          .state_folder = absolute(node.paths.folder),
          .grid = grid,
          .heartbeat_interval = settings.heartbeat.interval,
          .store = absolute(settings.sync.store),
          .writes = paths_to_write(node),
          .reads = paths_to_read(settings),
          .of_a_beat = programs_of_a_beat(settings),
          .of_a_sync = programs_of_a_sync(settings.sync)};
}

}  // namespace hasync::agent
