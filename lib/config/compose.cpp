#include "config/compose.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/datasets.hpp"
#include "config/written.hpp"

namespace hasync::config {
namespace {

std::string plain(const std::string& text) { return written(text, Style::plain, Around::flow); }

std::string list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(plain(word));
  return "[" + join(quoted, ", ") + "]";
}

// A comment begins here where the setting leaves room: "  run_every: 15m                  # how often …"
constexpr std::size_t comment_column = 36;

class Writer {
 public:
  // A section, what it is about in a line above it.
  void section(std::string_view name, std::string_view words) { out_ += fmt::format("\n# {}\n{}:\n", words, name); }
  void set(std::string_view key, const std::string& value, std::string_view comment = "") {
    line(fmt::format("  {}: {}", key, value), comment);
  }
  // What could be set, as a comment: the default, or an example where there is none.
  void unset(std::string_view key, const std::string& example, std::string_view comment = "") {
    const auto depth = key.find_first_not_of(' ');
    line(fmt::format("  {}# {}: {}", key.substr(0, depth), key.substr(depth), example), comment);
  }
  void set_or_unset(std::string_view key, const std::string& value, const std::string& example,
                    std::string_view comment) {
    if (value.empty())
      unset(key, example, comment);
    else
      set(key, plain(value), comment);
  }
  template <typename T>
  void set_unless(const T& otherwise, std::string_view key, const T& value, std::string (*shown)(T),
                  const std::string& example, std::string_view comment) {
    if (value == otherwise)
      unset(key, example, comment);
    else
      set(key, shown(value), comment);
  }
  template <typename Item>
  void list(std::string_view key, const std::vector<Item>& items, std::string (*flow)(const Item&),
            std::string_view example, std::string_view comment) {
    line(fmt::format("  {}{}:", items.empty() ? "# " : "", key), comment);
    if (items.empty()) out_ += fmt::format("  #   - {}\n", example);
    for (const auto& item : items) out_ += "    - " + flow(item) + "\n";
  }
  void raw(std::string_view text) { out_ += text; }
  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& setting, std::string_view comment) {
    if (comment.empty())
      out_ += setting + "\n";
    else
      out_ += fmt::format("{:<{}}  # {}\n", setting, comment_column - 2, comment);
  }
  std::string out_;
};

std::string start_text(const std::optional<StartTime>& start) {
  if (!start) return "\"02:00\"";
  if (const auto* at = std::get_if<Instant>(&*start)) return "\"" + format_rfc3339(*at) + "\"";
  const auto clock = std::get<std::chrono::minutes>(*start);
  return fmt::format("\"{:02}:{:02}\"", clock.count() / 60, clock.count() % 60);
}

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kibi = 1024, mebi = kibi * kibi;
  if (bytes % mebi == 0) return fmt::format("{}MiB", bytes / mebi);
  return bytes % kibi == 0 ? fmt::format("{}KiB", bytes / kibi) : fmt::format("{}", bytes);
}

std::string rate_text(std::int64_t bytes) { return size_text(bytes) + "/s"; }

std::string flow_of(const Dataset& dataset) {
  auto text = fmt::format("{{ name: {}", plain(dataset.name));
  if (dataset.type != DatasetType::files) text += fmt::format(", type: {}", dataset_type_name(dataset.type));
  if (!dataset.source.empty()) text += ", source: " + plain(dataset.source);
  if (!dataset.database.empty()) text += ", database: " + plain(dataset.database);
  if (!dataset.run.empty()) text += ", run: " + list(dataset.run);
  if (dataset.max_size > 0) text += ", max_size: " + size_text(dataset.max_size);
  if (!dataset.restore.empty()) text += ", restore: " + list(dataset.restore);
  if (!dataset.live.empty()) text += ", live: " + plain(dataset.live);
  if (!dataset.exclude.empty()) text += ", exclude: " + list(dataset.exclude);
  return text + " }";
}

std::string flow_of(const Probe& probe) {
  auto text = fmt::format("{{ name: {}", plain(probe.name));
  if (probe.type == ProbeType::http)
    return text + ", type: http, url: " + written(probe.url, Style::double_quoted, Around::flow) + " }";
  text += ", type: tcp";
  if (!probe.host.empty()) text += ", host: " + plain(probe.host);
  return text + fmt::format(", port: {} }}", probe.port);
}

std::string flow_of(const Step& step) {
  return fmt::format("{{ name: {}, run: {}, timeout: {} }}", plain(step.name), list(step.run),
                     format_duration(step.timeout));
}

void write_peer(Writer& out, const Peer& peer) {
  out.section("peer", "The other server.");
  out.set("name", plain(peer.name));
  if (peer.transport == Transport::local) {
    out.set("transport", "local", "ssh | local: the sources are folders of this machine, a mount for example");
    if (!peer.host.empty()) out.set("host", plain(peer.host), "where a tcp probe without a host connects to");
    return;
  }
  out.set("transport", "ssh", "ssh | local: the sources are folders of this machine, a mount for example");
  out.set("host", plain(peer.host));
  out.set("user", plain(peer.user), "must be able to read every source there");
  out.set("port", fmt::format("{}", peer.port));
  out.set_or_unset("identity_file", peer.identity_file, "/etc/hasync/ssh/id_ed25519",
                   peer.identity_file.empty() ? "without it ssh chooses" : "");
  out.set_or_unset("known_hosts_file", peer.known_hosts_file, "/etc/hasync/ssh/known_hosts",
                   peer.known_hosts_file.empty() ? "without it ssh's own files" : "");
}

void write_sync(Writer& out, const Sync& sync) {
  const Sync defaults;
  out.section("sync", "Pulling the data from the primary.");
  constexpr std::string_view start = "the first run, UTC; without it: the next quarter of an hour";
  if (sync.start_time)
    out.set("start_time", start_text(sync.start_time), start);
  else
    out.unset("start_time", start_text(sync.start_time), start);
  out.set("run_every", format_duration(sync.run_every), "work that is younger than this may be lost in a failover");
  out.set("store", plain(sync.store), "recovery points live here, on one file system");
  out.set("keep", fmt::format("{}", sync.keep), "so many of them; files that did not change are shared");
  out.unset("shrink_limit", fmt::format("{}%", defaults.shrink_limit),
            "a point that has lost more than this is not published before you say so");
  out.unset("timeout", format_duration(defaults.timeout), "a run that takes longer is ended, and has failed");
  out.unset("retry_interval", format_duration(defaults.retry_interval),
            "a peer that does not answer is tried again after this, then after more; 0: never");
  out.set_unless(defaults.bandwidth_limit, "bandwidth_limit", sync.bandwidth_limit, rate_text, "20MiB/s",
                 "the most that a run may transfer");
  out.unset("dumps_at_once", fmt::format("{}", defaults.dumps_at_once),
            "so many datasets that are not files are dumped at the same time");
  out.list("datasets", sync.datasets, flow_of, "", "live: where the application looks once this server is primary");
}

void write_heartbeat(Writer& out, const Heartbeat& heartbeat) {
  out.section("heartbeat",
              "Asking whether the peer is alive: it is when any probe answers. An outage is detected within\n"
              "# interval + failures × timeout + (failures - 1) × recheck_interval.");
  out.set("interval", format_duration(heartbeat.interval), "how often it is asked");
  out.set("failures", fmt::format("{}", heartbeat.failures),
          "so many failed attempts in a row mean that it is gone; the first counts");
  out.set("recheck_interval", format_duration(heartbeat.recheck_interval),
          "from the end of a failed attempt to the next");
  out.set("timeout", format_duration(heartbeat.timeout), "an attempt that takes longer has failed");
  out.list("probes", heartbeat.probes, flow_of, R"({ name: web, type: http, url: "https://east.example.net/status" })",
           heartbeat.probes.empty() ? "without any: whether its ssh port answers" : "");
}

void write_failover(Writer& out, const Failover& failover) {
  out.section("failover", "What happens when the peer is gone.");
  out.set("action", failover.action == FailoverAction::promote ? "promote" : "standby",
          "standby: stay, and tell people | promote: become the primary");
  out.set("max_data_age", format_duration(failover.max_data_age), "older data is not promoted; 0: any age");
  out.list("witnesses", failover.witnesses, flow_of, "{ name: gateway, type: tcp, host: 10.0.0.254, port: 443 }",
           "one must answer, or this server may be the one that is cut off");
  if (failover.fence)
    out.set("fence", fmt::format("{{ run: {}, timeout: {} }}", list(failover.fence->run),
                                 format_duration(failover.fence->timeout)));
  else
    out.unset("fence", "{ run: [/usr/local/sbin/power-off, east], timeout: 30s }",
              "must succeed before the first step");
  out.list("demote", failover.demote, flow_of, "{ name: stop app, run: [systemctl, stop, app], timeout: 60s }",
           failover.demote.empty() ? "when the other server has taken over" : "");
  out.list("promote", failover.promote, flow_of, "{ name: start app, run: [systemctl, start, app], timeout: 60s }",
           failover.promote.empty() ? "in this order, each harmless to run again" : "");
}

void write_notify(Writer& out, const Notify& notify) {
  out.section("notify", "Who is told.");
  out.set("on_sync_completion", notify.on_sync_completion ? "true" : "false",
          "after every run that brought something new");
  out.set("on_failure", notify.on_failure ? "true" : "false",
          "a sync failed, the peer is gone, either is over, this server became primary");
  const auto& [to, from] = notify.email;
  std::vector<std::string> email;
  if (!to.empty()) email.push_back("to: " + list(to));
  if (!from.empty()) email.push_back("from: " + plain(from));
  if (email.empty())
    out.unset("email", "{ to: [ops@example.com], from: hasync@west.example.net }");
  else
    out.set("email", "{ " + join(email, ", ") + " }");
  if (notify.smtp.url.empty()) {
    out.raw("  # smtp: { url: \"smtp://mail.example.com:587\", tls: required }\n");
    return;
  }
  out.raw("  smtp:\n");
  out.set("  url", written(notify.smtp.url, Style::double_quoted, Around::block));
  out.set("  tls", notify.smtp.tls == Tls::none ? "none" : "required",
          "required | none: in clear, for a server on this machine");
  out.set_or_unset("  username", notify.smtp.username, "hasync", "");
  out.set_or_unset("  password_file", notify.smtp.password_file, "/etc/hasync/smtp.password", "mode 0600");
}

}  // namespace

std::string compose(const Config& settings) {
  Writer out;
  out.raw(
      "# hasync settings. Every key: man hasync.yaml. Change them with: hasync config set KEY=VALUE, or any editor.\n"
      "# After a change: hasync apply. Durations are 30s, 15m, 2h, 1d; times are UTC.\n");
  out.section("node", "This server. The role counts at the first start only; afterwards see: hasync status");
  out.set("name", plain(settings.node.name));
  out.set("role", settings.node.role == Role::primary ? "primary" : "secondary",
          "primary: it serves | secondary: it stands by");
  write_peer(out, settings.peer);
  write_sync(out, settings.sync);
  write_heartbeat(out, settings.heartbeat);
  write_failover(out, settings.failover);
  write_notify(out, settings.notify);
  out.section("history", "How long the history is kept.");
  out.set("retain", format_duration(settings.history.retain));
  return out.take();
}

}  // namespace hasync::config
