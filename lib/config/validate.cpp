#include "config/validate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/datasets.hpp"

namespace hasync::config {
namespace {

class Faults {
 public:
  explicit Faults(const Places& places) : places_(places) {}

  bool is_set(const std::string& path) const { return places_.contains(path); }

  // At the key's own place, or at the nearest thing above it that is in the file.
  void add(std::string path, std::string message, std::string hint) {
    const auto told = path + ": " + std::move(message);
    auto place = places_.find(path);
    while (place == places_.end() && path.find('.') != std::string::npos) {
      path.resize(path.rfind('.'));
      place = places_.find(path);
      if (place == places_.end()) place = first_below(path);
    }
    all_.push_back({place == places_.end() ? Place{} : place->second, told, std::move(hint)});
  }
  std::vector<Fault> take() { return std::move(all_); }

 private:
  Places::const_iterator first_below(const std::string& path) const {
    const auto next = places_.lower_bound(path + ".");
    return next != places_.end() && next->first.starts_with(path + ".") ? next : places_.end();
  }
  const Places& places_;
  std::vector<Fault> all_;
};

void check_probe(Faults& faults, const std::string& list, const Probe& probe, const Peer& peer) {
  if (probe.name.empty()) return;  // it could not be read, which is told
  const auto path = list + "." + probe.name;
  switch (probe.type) {
    case ProbeType::tcp:
      if (probe.port == 0) faults.add(path + ".port", "is missing", "a tcp probe needs the port to connect to");
      if (probe.host.empty() && peer.host.empty())
        faults.add(path + ".host", "is missing", "there is no peer.host to take its place");
      break;
    case ProbeType::http:
      if (probe.url.empty()) faults.add(path + ".url", "is missing", "an http probe needs the URL to ask for");
      break;
    case ProbeType::command:
      if (probe.run.empty()) faults.add(path + ".run", "is missing", "a command probe needs the program to run");
      break;
  }
}

bool inside(const std::string& path, const std::string& folder) {
  return path == folder || folder == "/" || path.starts_with(folder + "/");
}

// Keys that only some types have.
struct Belongs {
  std::string_view key;
  std::vector<DatasetType> to;
};

void check_keys_of_type(Faults& faults, const std::string& path, const Dataset& dataset) {
  static const std::vector<Belongs> keys{
      {"source", {DatasetType::files, DatasetType::postgresql, DatasetType::mysql, DatasetType::sqlite}},
      {"run", {DatasetType::command}},
      {"max_size", {DatasetType::postgresql, DatasetType::mysql, DatasetType::sqlite, DatasetType::command}},
      {"live", {DatasetType::files, DatasetType::sqlite, DatasetType::command}},
      {"database", {DatasetType::postgresql, DatasetType::mysql}},
      {"restore", {DatasetType::command}},
      {"exclude", {DatasetType::files}}};
  for (const auto& [key, types] : keys) {
    if (std::find(types.begin(), types.end(), dataset.type) != types.end() ||
        !faults.is_set(fmt::format("{}.{}", path, key)))
      continue;
    std::vector<std::string_view> names;
    std::transform(types.begin(), types.end(), std::back_inserter(names), dataset_type_name);
    faults.add(fmt::format("{}.{}", path, key), fmt::format("is not for type {}", dataset_type_name(dataset.type)),
               fmt::format("take it out; it is for {}", fmt::join(names, ", ")));
  }
  if (dataset.type == DatasetType::command && dataset.run.empty())
    faults.add(path + ".run", "is missing", "a command dataset needs the program to run on the primary");
  const auto source = path + ".source";
  const bool is_uri = is_database_uri(dataset.source), wants_uri = is_of_a_server(dataset.type);
  if (dataset.type != DatasetType::command && dataset.source.empty())
    faults.add(source, "is missing",
               wants_uri ? fmt::format("the URI of the database, as {}:///app", dataset_type_name(dataset.type))
               : dataset.type == DatasetType::files ? "the folder on the primary (accepted: an absolute path)"
                                                    : "the file of the database on the primary");
  else if (wants_uri && (!is_uri || is_mysql_uri(dataset.source) != (dataset.type == DatasetType::mysql)))
    faults.add(source, fmt::format("is not the URI of a {} database", dataset_type_name(dataset.type)),
               fmt::format("write {}:///app", dataset_type_name(dataset.type)));
  else if (!wants_uri && is_uri)
    faults.add(source, "is the URI of a database",
               fmt::format("that needs type: {}", is_mysql_uri(dataset.source) ? "mysql" : "postgresql"));
}

void check_hooks(Faults& faults, const std::string& list, const std::vector<Hook>& hooks,
                 const std::vector<Dataset>& datasets) {
  std::vector<std::string> names;
  for (const auto& dataset : datasets) names.push_back(dataset.name);
  for (const auto& hook : hooks) {
    if (hook.dataset.empty() || std::find(names.begin(), names.end(), hook.dataset) != names.end()) continue;
    const auto meant = nearest(hook.dataset, names);
    faults.add(
        fmt::format("{}.{}.dataset", list, hook.name), fmt::format("there is no dataset {}", hook.dataset),
        meant ? fmt::format("did you mean {}?", *meant)
              : fmt::format("there is {}; without it the hook is run around the whole run", fmt::join(names, ", ")));
  }
}

// What a promotion makes beside a database is called after it, as far as names go: 63 bytes with "_hasync_new". Of two
// with the very same name, one is on another server.
bool are_told_apart(const std::string& one, const std::string& other) {
  constexpr std::size_t room = 52;
  return is_mysql_uri(one) != is_mysql_uri(other) ||
         database_name(one).substr(0, room) != database_name(other).substr(0, room) ||
         database_name(one) == database_name(other);
}

// A promotion replaces a database: that must never be the one that is pulled from.
void check_database(Faults& faults, const std::string& path, const Config& config, const Dataset& dataset) {
  if (!is_database_uri(dataset.source)) return;  // told
  const bool local = config.peer.transport == Transport::local;
  const auto host = database_host(dataset.source);
  if (dataset.database.empty() && local)
    faults.add(path + ".database", "is missing",
               "with transport local a promotion would replace the source itself; name the database here");
  else if (dataset.database.empty() && !host.empty())
    faults.add(path + ".database", "is missing",
               fmt::format("a promotion would replace the database on {}; name the one here", printable(host)));
  else if (local && dataset.database == dataset.source)
    faults.add(path + ".database", "is the source itself", "a promotion would replace it; name the database here");
  if (is_mysql_uri(dataset.source) != is_mysql_uri(database_of(dataset)))
    faults.add(path + ".database", "is of another kind of server than source", "the two must have the same scheme");
  else if (is_mysql_uri(dataset.source) && database_name(dataset.source) != database_name(database_of(dataset)))
    faults.add(path + ".database", "names another database than source", "with mysql the two must have one name");
  for (const auto& other : config.sync.datasets) {
    if (&other >= &dataset || !is_of_a_server(other.type)) continue;
    if (database_of(other) == database_of(dataset))
      faults.add(path, fmt::format("replaces the same database as {}", other.name), "give each a database of its own");
    else if (!are_told_apart(database_of(other), database_of(dataset)))
      faults.add(path, fmt::format("has a database whose name begins with the same 52 bytes as that of {}", other.name),
                 "give one of them a name that is told apart");
  }
}

void check_datasets(Faults& faults, const Config& config) {
  const auto& store = config.sync.store;
  const bool local = config.peer.transport == Transport::local;
  if (store == "/") faults.add("sync.store", "is the whole machine", "name a folder of its own");
  for (const auto& dataset : config.sync.datasets) {
    const auto path = "sync.datasets." + dataset.name;
    if (dataset.name.empty()) continue;  // it could not be read, which is told
    check_keys_of_type(faults, path, dataset);
    if (dataset.source.empty() && dataset.type != DatasetType::command) continue;  // told, too
    if (is_of_a_server(dataset.type)) {
      check_database(faults, path, config, dataset);
      continue;
    }
    if (dataset.source == "/")
      faults.add(path + ".source", "is the whole machine", "name the application's own folder");
    const bool reads = local && !dataset.source.empty();
    if (reads && (inside(store, dataset.source) || inside(dataset.source, store)))
      faults.add(path + ".source", "holds the store, or is in it", "keep sync.store and every source apart");
    const auto live = live_path(config, dataset);
    if (live.empty()) continue;
    if (inside(store, live))
      faults.add(path + ".live", "holds the store itself", "name the folder where the application looks");
    else if (inside(live, store) && !inside(live, store + "/live"))
      faults.add(path + ".live", "is in the store, among its recovery points",
                 "name the folder where the application looks, or leave it out");
    if (reads && (inside(live, dataset.source) || inside(dataset.source, live)))
      faults.add(path + ".live", "is the source itself, or one is in the other",
                 "with transport local the two must be different folders");
    for (const auto& other : config.sync.datasets)
      if (const auto theirs = live_path(config, other);
          other.name != dataset.name && !theirs.empty() && inside(live, theirs))
        faults.add(path + ".live", fmt::format("is inside the live folder of {}", other.name),
                   "give each its own folder");
  }
}

void check_mail(Faults& faults, const Notify& notify) {
  if (!notify.email.to.empty() && notify.smtp.url.empty())
    faults.add("notify.smtp.url", "is missing",
               "mail to notify.email.to cannot be sent without it; first: hasync config set "
               "notify.smtp.url=smtp://mail.example.com:587");
  if (!notify.smtp.username.empty() && notify.smtp.password_file.empty())
    faults.add("notify.smtp.password_file", "is missing", "a username needs a password");
  const bool in_clear = notify.smtp.tls == Tls::none && notify.smtp.url.starts_with("smtp:");
  if (notify.smtp.tls == Tls::none && notify.smtp.url.starts_with("smtps:"))
    faults.add("notify.smtp.tls", "none contradicts smtps://", "write required, or smtp://");
  if (in_clear && !notify.smtp.username.empty())
    faults.add("notify.smtp.tls", "none would send the password in clear", "write required, or leave the username out");
}

}  // namespace

std::vector<Fault> contradictions(const Config& config, const Places& places) {
  Faults faults{places};
  if (!config.node.name.empty() && config.node.name == config.peer.name)
    faults.add("peer.name", "is the name of this node too", "the two must differ");
  if (config.peer.transport == Transport::ssh && config.peer.host.empty())
    faults.add("peer.host", "is missing", "transport ssh needs it; transport local does not");
  for (const auto& [key, value] : {std::pair{"peer.host", config.peer.host}, std::pair{"peer.user", config.peer.user}})
    if (value.starts_with("-") || value.find_first_of(" \t/@") != std::string::npos)
      faults.add(key, fmt::format("\"{}\" is not a name", printable(value)), "write it as ssh knows it");
  if (config.sync.datasets.empty())
    faults.add("sync.datasets", "is missing", "write - { name: app, source: /var/lib/app }");
  for (const auto& probe : config.heartbeat.probes) check_probe(faults, "heartbeat.probes", probe, config.peer);
  if (config.heartbeat.probes.empty() && config.peer.transport == Transport::local)
    faults.add("heartbeat.probes", "is missing",
               "nothing tells whether the peer is alive; write - { name: web, type: http, url: … }");
  for (const auto& witness : config.failover.witnesses) {
    check_probe(faults, "failover.witnesses", witness, Peer{});
    if (!witness.host.empty() && witness.host == config.peer.host)
      faults.add("failover.witnesses." + witness.name + ".host", "is the peer",
                 "a witness must be another machine, as the gateway");
  }
  check_datasets(faults, config);
  check_hooks(faults, "sync.before", config.sync.before, config.sync.datasets);
  check_hooks(faults, "sync.after", config.sync.after, config.sync.datasets);
  check_mail(faults, config.notify);
  return faults.take();
}

std::vector<Fault> faults_of_named_files(const Config& config, const Places& places) {
  Faults faults{places};
  struct Secret {
    std::string key;
    std::string path;
  };
  for (const auto& [key, path] : {Secret{"notify.smtp.password_file", config.notify.smtp.password_file},
                                  Secret{"peer.identity_file", config.peer.identity_file}}) {
    if (path.empty()) continue;
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0)
      faults.add(key, fmt::format("{}: {}", path, std::generic_category().message(errno)), "make it, with mode 0600");
    else if ((found.st_mode & 077U) != 0)
      faults.add(key, fmt::format("{} can be read by others", path),
                 fmt::format("run: chmod 600 {}", shell_word(path)));
  }
  return faults.take();
}

namespace {

// Where cron's entries and systemd look (cron_d_file in schedule/units.cpp, systemd.exec(5)).
constexpr std::array folders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

void check_program(Faults& faults, const std::string& key, const std::vector<std::string>& argv) {
  if (argv.empty()) return;
  const auto& program = argv.front();
  if (program.find('/') != std::string::npos) {
    if (::access(program.c_str(), X_OK) != 0)
      faults.add(key, fmt::format("{}: {}", program, std::generic_category().message(errno)),
                 "it must be there, and executable, before it is needed");
    return;
  }
  const bool found = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return ::access((folder + "/" + program).c_str(), X_OK) == 0;
  });
  if (!found)
    faults.add(key, fmt::format("there is no program {} in {}", printable(program), fmt::join(folders, ":")),
               "install it, or name it by its absolute path");
}

}  // namespace

std::vector<Fault> faults_of_named_programs(const Config& config, const Places& places) {
  Faults faults{places};
  for (const auto& dataset : config.sync.datasets)
    check_program(faults, "sync.datasets." + dataset.name + ".restore", dataset.restore);
  for (const auto& hook : config.sync.before) check_program(faults, "sync.before." + hook.name + ".run", hook.run);
  for (const auto& hook : config.sync.after) check_program(faults, "sync.after." + hook.name + ".run", hook.run);
  for (const auto& probe : config.heartbeat.probes)
    check_program(faults, "heartbeat.probes." + probe.name + ".run", probe.run);
  if (config.failover.fence) check_program(faults, "failover.fence.run", config.failover.fence->run);
  for (const auto& step : config.failover.promote)
    check_program(faults, "failover.promote." + step.name + ".run", step.run);
  for (const auto& step : config.failover.demote)
    check_program(faults, "failover.demote." + step.name + ".run", step.run);

  const auto check_file = [&](const std::string& key, const std::string& path) {
    if (!path.empty() && ::access(path.c_str(), R_OK) != 0)
      faults.add(key, fmt::format("{}: {}", path, std::generic_category().message(errno)),
                 "it must be there, and readable");
  };
  check_file("peer.known_hosts_file", config.peer.known_hosts_file);
  check_file("notify.smtp.ca_file", config.notify.smtp.ca_file);
  for (const auto& probe : config.heartbeat.probes)
    check_file("heartbeat.probes." + probe.name + ".ca_file", probe.ca_file);
  return faults.take();
}

std::vector<std::string> warnings(const Config& config) {
  std::vector<std::string> lines;
  const bool promotes = config.failover.action == FailoverAction::promote;
  if (config.notify.email.to.empty()) lines.emplace_back("no notify.email.to: nobody is told of a failure");
  if (promotes && config.heartbeat.failures < 3)
    lines.push_back(
        fmt::format("heartbeat.failures {} with action promote: a short stall of the network becomes a failover",
                    config.heartbeat.failures));
  if (promotes && !config.failover.fence)
    lines.emplace_back(
        "action promote without failover.fence: nothing keeps the old primary from serving when it comes back");
  if (promotes && config.failover.promote.empty())
    lines.emplace_back("action promote without failover.promote steps: the data is put in place, nothing is started");
  if (promotes && config.failover.witnesses.empty())
    lines.emplace_back(
        "action promote without failover.witnesses: a cut of this server's own network looks like an outage of the "
        "peer");
  if (const auto limit = config.failover.max_data_age; limit > Duration{0} && limit < config.sync.run_every)
    lines.push_back(
        fmt::format("max_data_age {} is shorter than run_every {}: failover would be refused most of the time",
                    format_duration(limit), format_duration(config.sync.run_every)));
  return lines;
}

Duration detection_bound(const Heartbeat& heartbeat) {
  return heartbeat.interval + heartbeat.failures * heartbeat.timeout +
         (heartbeat.failures - 1) * heartbeat.recheck_interval;
}

std::string tell_detection(const Heartbeat& heartbeat) {
  auto text = fmt::format("within {} ({} interval + {} × {} timeout", tell_duration(detection_bound(heartbeat)),
                          tell_duration(heartbeat.interval), heartbeat.failures, tell_duration(heartbeat.timeout));
  if (heartbeat.failures > 1)
    text += fmt::format(" + {} × {} re-check", heartbeat.failures - 1, tell_duration(heartbeat.recheck_interval));
  return text + ")";
}

}  // namespace hasync::config
