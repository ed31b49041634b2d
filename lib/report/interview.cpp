#include "report/interview.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"

namespace hasync::report {
namespace {

using config::Transport;

// More would push the question off a small screen.
constexpr std::size_t most_choices = 12;

std::string tell_choices(const std::vector<peer::Folder>& choices) {
  std::string out;
  for (std::size_t at = 0; at < choices.size() && at < most_choices; ++at)
    out += fmt::format("  {:>2}  {:<32} {}\n", at + 1, choices[at].path,
                       choices[at].bytes ? tell_size(*choices[at].bytes) : "");
  if (choices.size() > most_choices) out += fmt::format("      and {} more\n", choices.size() - most_choices);
  return out;
}

std::string start_text(const config::StartTime& start) {
  if (const auto* at = std::get_if<Instant>(&start)) return format_rfc3339(*at);
  return format_clock(Instant{std::get<std::chrono::minutes>(start)}) + " UTC";
}

std::string row(std::string_view name, std::string_view words) { return fmt::format("  {:<10} {}\n", name, words); }

std::string tell_way(const config::Peer& peer) {
  if (peer.transport == Transport::local) return "folders of this machine";
  return fmt::format("ssh {}@{} port {}, {}, {}", peer.user, peer.host, peer.port,
                     peer.identity_file.empty() ? "ssh's own key" : "key " + peer.identity_file,
                     peer.known_hosts_file.empty() ? "host key not pinned" : "host key pinned");
}

std::string tell_probes(const config::Config& settings) {
  std::vector<std::string> asked;
  for (const auto& probe : settings.heartbeat.probes)
    asked.push_back(probe.type == config::ProbeType::http ? probe.url : fmt::format("{}:{}", probe.host, probe.port));
  return fmt::format("{}; an outage is detected within {}", asked.empty() ? "its ssh port" : join(asked, ", "),
                     tell_duration(config::detection_bound(settings.heartbeat)));
}

}  // namespace

std::string render_opening(const agent::Interview& interview) {
  return fmt::format(
      "The settings of this server, {}. Nothing is written before you agree.\n"
      "Enter takes what stands in brackets; ? tells more; back: the question before; quit: leave\n",
      interview.here.config_path);
}

std::string render(const agent::Question& question) {
  const auto above = question.above.empty() ? std::string{} : question.above + "\n";
  return fmt::format("\n{}{}{}\n  {}\n", above, tell_choices(question.choices), question.what, question.why);
}

std::string render_prompt(const agent::Question& question) {
  return question.otherwise.empty() ? "> " : fmt::format("[{}] > ", question.otherwise);
}

std::string render_look(agent::Look look, const agent::Draft& draft) {
  const auto& name = draft.settings.peer.name;
  switch (look) {
    case agent::Look::host_key:
      return fmt::format("\nasking {} for its ssh host key ...\n", name);
    case agent::Look::make_key:
      return "\nmaking a key ...\n";
    case agent::Look::ssh:
      return fmt::format("\ntrying ssh to {} ...\n", name);
    case agent::Look::folders:
      return "\nlooking for folders ...\n";
  }
  return {};
}

std::string render_summary(const config::Config& settings) {
  const bool secondary = settings.node.role == Role::secondary;
  auto out =
      fmt::format("\n{}, {} of {}\n", settings.node.name, secondary ? "secondary" : "primary", settings.peer.name);
  out += row("peer", tell_way(settings.peer));
  for (const auto& dataset : settings.sync.datasets)
    out +=
        row("data", fmt::format("{}: {} to {}", dataset.name, dataset.source,
                                dataset.live.empty() ? settings.sync.store + "/live/" + dataset.name : dataset.live));
  if (secondary) {
    out += row("sync", fmt::format("every {}{}, into {}", format_duration(settings.sync.run_every),
                                   settings.sync.start_time ? " from " + start_text(*settings.sync.start_time) : "",
                                   settings.sync.store));
    out += row("alive", tell_probes(settings));
    out +=
        row("failover", settings.failover.action == config::FailoverAction::promote ? "promote: become the primary"
                                                                                    : "standby: stay, and tell people");
  }
  for (const auto& step : settings.failover.promote) out += row("starts", shell_line(step.run));
  for (const auto& step : settings.failover.demote) out += row("stops", shell_line(step.run));
  if (!settings.notify.email.to.empty())
    out += row("mail", fmt::format("{} by {}", join(settings.notify.email.to, ", "), settings.notify.smtp.url));
  for (const auto& warning : config::warnings(settings)) out += row("warning", warning);
  return out;
}

}  // namespace hasync::report
