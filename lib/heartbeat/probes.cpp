#include "heartbeat/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "heartbeat/curl_probe.hpp"

namespace hasync::heartbeat {
namespace {

ProbeResult not_asked(const config::Probe& probe, const Error& why) {
  return {.name = probe.name, .words = describe(why), .asked = false};
}

ProbeResult ask_command(const config::Probe& probe, Duration timeout, ProcessRunner& runner) {
  const auto ended =
      runner.run({.argv = probe.run, .timeout = timeout, .grace = std::chrono::seconds{1}, .output_limit = 4096});
  if (!ended) return not_asked(probe, ended.error());
  return {probe.name, ended->succeeded(), ended->elapsed,
          ended->succeeded() ? tell_duration(ended->elapsed) : tell_end(*ended)};
}

ProbeResult ask_one(const config::Probe& probe, Duration timeout, ProcessRunner& runner) {
  if (probe.type == config::ProbeType::command) return ask_command(probe, timeout, runner);
  const auto curl = libcurl();
  if (!curl) return not_asked(probe, curl.error());
  return probe.type == config::ProbeType::http ? ask_http(**curl, probe, timeout) : ask_tcp(**curl, probe, timeout);
}

}  // namespace

std::vector<ProbeResult> SystemProber::ask(const std::vector<config::Probe>& probes, Duration timeout) {
  std::vector<ProbeResult> results(probes.size());
  std::vector<std::jthread> others;
  for (std::size_t at = 1; at < probes.size(); ++at)
    others.emplace_back([&, at] { results[at] = ask_one(probes[at], timeout, runner_); });
  if (!probes.empty()) results[0] = ask_one(probes[0], timeout, runner_);
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

Result<bool> judge_alive(const std::vector<ProbeResult>& results) {
  if (any_alive(results)) return true;
  const auto unasked =
      std::find_if(results.begin(), results.end(), [](const ProbeResult& result) { return !result.asked; });
  if (unasked == results.end()) return false;
  return fail(ExitCode::failed, fmt::format("nothing is known of the peer, for probe {} could not be asked: {}",
                                            unasked->name, unasked->words));
}

std::string tell(const std::vector<ProbeResult>& results) {
  std::vector<std::string> told;
  for (const auto& result : results) told.push_back(result.name + " " + result.words);
  return join(told, ", ");
}

}  // namespace hasync::heartbeat
