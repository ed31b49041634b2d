#include "heartbeat/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "heartbeat/curl_probe.hpp"

namespace hasync::heartbeat {
namespace {

ProbeResult ask_command(const config::Probe& probe, Duration timeout, ProcessRunner& runner) {
  const auto ended =
      runner.run({.argv = probe.run, .timeout = timeout, .grace = std::chrono::seconds{1}, .output_limit = 4096});
  if (!ended) return {probe.name, false, Duration{0}, describe(ended.error())};
  return {probe.name, ended->succeeded(), ended->elapsed,
          ended->succeeded() ? tell_duration(ended->elapsed) : tell_end(*ended)};
}

// `curl`: there when a probe needs it.
ProbeResult ask_one(const Libcurl* curl, const config::Probe& probe, Duration timeout, ProcessRunner& runner) {
  switch (probe.type) {
    case config::ProbeType::http:
      return ask_http(*curl, probe, timeout);
    case config::ProbeType::command:
      return ask_command(probe, timeout, runner);
    case config::ProbeType::tcp:
      break;
  }
  return ask_tcp(*curl, probe, timeout);
}

bool needs_curl(const config::Probe& probe) { return probe.type != config::ProbeType::command; }

}  // namespace

Result<std::vector<ProbeResult>> SystemProber::ask(const std::vector<config::Probe>& probes, Duration timeout) {
  const Libcurl* curl = nullptr;
  if (std::any_of(probes.begin(), probes.end(), needs_curl)) {
    HASYNC_TRY(curl, libcurl());
  }
  std::vector<ProbeResult> results(probes.size());
  std::vector<std::jthread> others;
  for (std::size_t at = 1; at < probes.size(); ++at)
    others.emplace_back([&, at] { results[at] = ask_one(curl, probes[at], timeout, runner_); });
  if (!probes.empty()) results[0] = ask_one(curl, probes[0], timeout, runner_);
  others.clear();  // joins
  return results;
}

std::vector<config::Probe> probes_of(const config::Config& settings) {
  auto probes = settings.heartbeat.probes;
  if (probes.empty())
    probes.push_back({.name = "ssh", .type = config::ProbeType::tcp, .host = "", .port = settings.peer.port});
  for (auto& probe : probes)
    if (probe.host.empty()) probe.host = settings.peer.host;
  return probes;
}

bool any_alive(const std::vector<ProbeResult>& results) {
  return std::any_of(results.begin(), results.end(), [](const ProbeResult& result) { return result.alive; });
}

std::string tell(const std::vector<ProbeResult>& results) {
  std::vector<std::string> told;
  for (const auto& result : results) told.push_back(result.name + " " + result.words);
  return join(told, ", ");
}

}  // namespace hasync::heartbeat
