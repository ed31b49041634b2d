#include "config/compose.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/written.hpp"

namespace hasync::config {
namespace {

std::string plain(const std::string& text) { return written(text, Style::plain, Around::flow); }

std::string list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(plain(word));
  return "[" + join(quoted, ", ") + "]";
}

// "  run_every: 15m            # How often the data is pulled. (1m to 7d, whole minutes)"
class Writer {
 public:
  void title(std::string_view name, std::string_view words) { out_ += fmt::format("\n# {}\n{}:\n", words, name); }
  void set(const std::string& path, const std::string& value) { line(path, "", value); }
  // As a comment: the default, or an example where there is none.
  void unset(const std::string& path, const std::string& example) { line(path, "# ", example); }
  void set_or_unset(const std::string& path, const std::string& value, const std::string& example) {
    if (value.empty())
      unset(path, example);
    else
      set(path, plain(value));
  }
  void raw(std::string_view text) { out_ += text; }
  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& path, std::string_view mark, const std::string& value) {
    const auto* key = find_key(path);
    const auto depth = split(path, '.').size() - 1;
    const auto name = path.substr(path.rfind('.') + 1);
    const auto setting = fmt::format("{}{}{}: {}", std::string(2 * depth, ' '), mark, name, value);
    out_ += fmt::format("{:<34} # {}\n", setting, key == nullptr ? "" : key->help.substr(0, key->help.find(". ")));
  }
  std::string out_ = "# hasync settings. Every key: man hasync.yaml. After a change: hasync apply\n";
};

std::string start_text(const std::optional<StartTime>& start) {
  if (!start) return "\"02:00\"";
  if (const auto* at = std::get_if<Instant>(&*start)) return "\"" + format_rfc3339(*at) + "\"";
  const auto clock = std::get<std::chrono::minutes>(*start);
  return fmt::format("\"{:02}:{:02}\"", clock.count() / 60, clock.count() % 60);
}

std::string tell(const Dataset& dataset) {
  auto text = fmt::format("    - {{ name: {}, type: files, source: {}", dataset.name, plain(dataset.source));
  if (!dataset.live.empty()) text += ", live: " + plain(dataset.live);
  if (!dataset.exclude.empty()) text += ", exclude: " + list(dataset.exclude);
  return text + " }\n";
}

std::string tell(const Probe& probe) {
  auto text = fmt::format("    - {{ name: {}", probe.name);
  if (probe.type == ProbeType::http) {
    text += ", type: http, url: " + written(probe.url, Style::double_quoted, Around::flow);
  } else {
    text += ", type: tcp";
    if (!probe.host.empty()) text += ", host: " + plain(probe.host);
    text += fmt::format(", port: {}", probe.port);
  }
  return text + " }\n";
}

std::string tell(const Step& step) {
  return fmt::format("    - {{ name: {}, run: {}, timeout: {} }}\n", plain(step.name), list(step.run),
                     format_duration(step.timeout));
}

std::string tell(std::string_view key, const std::vector<Step>& steps, std::string_view sample) {
  if (steps.empty()) return std::string{sample};
  auto text = fmt::format("  {}:\n", key);
  for (const auto& step : steps) text += tell(step);
  return text;
}

}  // namespace

std::string compose(const Config& settings) {
  const Config defaults;
  Writer out;
  out.title("node", "This server. Its role counts at the first start only; afterwards see: hasync status");
  out.set("node.name", settings.node.name);
  out.set("node.role", settings.node.role == Role::primary ? "primary" : "secondary");

  out.title("peer", "The other server.");
  out.set("peer.name", settings.peer.name);
  if (settings.peer.transport == Transport::local) {
    out.set("peer.transport", "local");
  } else {
    out.set("peer.transport", "ssh");
    out.set("peer.host", plain(settings.peer.host));
    out.set("peer.user", plain(settings.peer.user));
    out.set("peer.port", fmt::format("{}", settings.peer.port));
    out.set_or_unset("peer.identity_file", settings.peer.identity_file, "/etc/hasync/ssh/id_ed25519");
    out.set_or_unset("peer.known_hosts_file", settings.peer.known_hosts_file, "/etc/hasync/ssh/known_hosts");
  }

  out.title("sync", "Pulling the data. Times are UTC.");
  if (settings.sync.start_time)
    out.set("sync.start_time", start_text(settings.sync.start_time));
  else
    out.unset("sync.start_time", start_text(settings.sync.start_time));
  out.set("sync.run_every", format_duration(settings.sync.run_every));
  out.set("sync.store", plain(settings.sync.store));
  out.set("sync.keep", fmt::format("{}", settings.sync.keep));
  out.unset("sync.timeout", format_duration(defaults.sync.timeout));
  out.unset("sync.bandwidth_limit", "20MiB/s");
  out.raw(
      "  datasets:                        # What is pulled; live is where the application looks for it after a "
      "promotion\n");
  for (const auto& dataset : settings.sync.datasets) out.raw(tell(dataset));

  out.title("heartbeat", "Asking whether the peer is alive: it is when any probe answers.");
  out.set("heartbeat.interval", format_duration(settings.heartbeat.interval));
  out.set("heartbeat.failures", fmt::format("{}", settings.heartbeat.failures));
  out.set("heartbeat.recheck_interval", format_duration(settings.heartbeat.recheck_interval));
  out.set("heartbeat.timeout", format_duration(settings.heartbeat.timeout));
  out.raw(settings.heartbeat.probes.empty()
              ? "  # probes:\n  #   - { name: web, type: http, url: \"https://east.example.net/status\" }\n"
              : "  probes:\n");
  for (const auto& probe : settings.heartbeat.probes) out.raw(tell(probe));

  out.title("failover", "What happens when the peer is gone.");
  out.set("failover.action", settings.failover.action == FailoverAction::promote ? "promote" : "standby");
  out.set("failover.max_data_age", format_duration(settings.failover.max_data_age));
  out.raw(
      "  # witnesses: [ { name: gateway, type: tcp, host: 10.0.0.254, port: 443 } ]   # one must answer before a "
      "promotion\n"
      "  # fence:   { run: [/usr/local/sbin/power-off, east], timeout: 30s }          # must succeed before the first "
      "step\n");
  out.raw(tell("demote", settings.failover.demote,
               "  # demote:  [ { name: stop app,  run: [systemctl, stop, app],  timeout: 60s } ]\n"));
  out.raw(tell("promote", settings.failover.promote,
               "  # promote: [ { name: start app, run: [systemctl, start, app], timeout: 60s } ]\n"));

  out.title("notify", "Who is told.");
  out.set("notify.on_sync_completion", settings.notify.on_sync_completion ? "true" : "false");
  out.set("notify.on_failure", settings.notify.on_failure ? "true" : "false");
  if (settings.notify.email.to.empty()) {
    out.raw(
        "  # email: { to: [ops@example.com], from: hasync@west.example.net }\n"
        "  # smtp:  { url: \"smtp://mail.example.com:587\", tls: required, username: hasync, password_file: "
        "/etc/hasync/smtp.password }\n");
  } else {
    const auto from = settings.notify.email.from.empty() ? "" : ", from: " + plain(settings.notify.email.from);
    out.raw(fmt::format("  email: {{ to: {}{} }}\n", list(settings.notify.email.to), from));
    out.raw(fmt::format("  smtp:  {{ url: {}, tls: {} }}\n",
                        written(settings.notify.smtp.url, Style::double_quoted, Around::flow),
                        settings.notify.smtp.tls == Tls::none ? "none" : "required"));
  }
  out.title("history", "How long what happened is kept.");
  out.set("history.retain", format_duration(settings.history.retain));
  return out.take();
}

}  // namespace hasync::config
