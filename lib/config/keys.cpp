#include "config/keys.hpp"

#include <algorithm>

#include "config/database_uri.hpp"
#include "config/read_value.hpp"

namespace hasync::config {
namespace {

using namespace std::chrono_literals;
using std::pair;

constexpr std::array roles{pair{"primary", Role::primary}, pair{"secondary", Role::secondary}};
constexpr std::array transports{pair{"ssh", Transport::ssh}, pair{"local", Transport::local}};
constexpr std::array dataset_types{pair{"files", DatasetType::files}, pair{"postgresql", DatasetType::postgresql},
                                   pair{"mysql", DatasetType::mysql}, pair{"sqlite", DatasetType::sqlite},
                                   pair{"command", DatasetType::command}};
constexpr std::array probe_types{pair{"tcp", ProbeType::tcp}, pair{"http", ProbeType::http},
                                 pair{"command", ProbeType::command}};
constexpr std::array witness_types{pair{"tcp", ProbeType::tcp}};
constexpr std::array actions{pair{"standby", FailoverAction::standby}, pair{"promote", FailoverAction::promote}};
constexpr std::array on_errors{pair{"abort", OnError::abort}, pair{"continue", OnError::go_on}};
constexpr std::array tls_modes{pair{"required", Tls::required}, pair{"none", Tls::none}};

Fence& fence(Target& target) {
  auto& fence = target.config.failover.fence;
  return fence ? *fence : fence.emplace();
}

using V = const Value&;
using T = Target&;
constexpr auto optional = Need::optional;
constexpr auto required = Need::required;

const std::vector<Key> plain_keys{
    {"node.name", KeyType::text, required, "", "letters, digits, - and _", "This server, as the two call it.",
     [](V v, T t) { return into_name(t.config.node.name, v); }},
    {"node.role", KeyType::choice, optional, "secondary", "primary, secondary",
     "What this server is at its first start. Afterwards the recorded role rules, see hasync status.",
     [](V v, T t) { return into_choice(t.config.node.role, v, roles); }},

    {"peer.name", KeyType::text, required, "", "letters, digits, - and _", "The other server.",
     [](V v, T t) { return into_name(t.config.peer.name, v); }},
    {"peer.transport", KeyType::choice, optional, "ssh", "ssh, local",
     "How its data is reached. local: the sources are folders of this machine, a mount for example.",
     [](V v, T t) { return into_choice(t.config.peer.transport, v, transports); }},
    {"peer.host", KeyType::text, optional, "", "a host name or address", "Where the peer is; needed for ssh.",
     [](V v, T t) { return into(t.config.peer.host, v); }},
    {"peer.user", KeyType::text, optional, "hasync", "a user name", "The user on the peer.",
     [](V v, T t) { return into(t.config.peer.user, v); }},
    {"peer.port", KeyType::integer, optional, "22", "1 to 65535", "The port of its ssh server.",
     [](V v, T t) { return into(t.config.peer.port, v, 1, 65535); }},
    {"peer.identity_file", KeyType::path, optional, "", "an absolute path",
     "The private key to use; without it ssh chooses.",
     [](V v, T t) { return into_path(t.config.peer.identity_file, v); }},
    {"peer.known_hosts_file", KeyType::path, optional, "", "an absolute path",
     "Where the peer's host key is pinned; without it ssh's own files.",
     [](V v, T t) { return into_path(t.config.peer.known_hosts_file, v); }},

    {"sync.start_time", KeyType::start_time, optional, "", "HH:MM or 2026-11-24T02:00:00Z, UTC",
     "The first run; later ones follow every run_every. HH:MM means its next occurrence when applied. Without it: the "
     "next quarter of "
     "an hour.",
     [](V v, T t) { return into_start(t.config.sync.start_time, v); }},
    {"sync.run_every", KeyType::duration, optional, "15m", "1m to 7d, whole minutes", "How often the data is pulled.",
     [](V v, T t) { return into(t.config.sync.run_every, v, 1min, 168h); }},
    {"sync.store", KeyType::path, optional, "/srv/hasync", "an absolute path",
     "Where recovery points are kept, on one file system.", [](V v, T t) { return into_path(t.config.sync.store, v); }},
    {"sync.keep", KeyType::integer, optional, "3", "1 to 1000", "How many recovery points are kept.",
     [](V v, T t) { return into(t.config.sync.keep, v, 1, 1000); }},
    {"sync.shrink_limit", KeyType::percent, optional, "50%", "1% to 100%",
     "A point that has lost more than this of its files or bytes is held: not published before you say so, see hasync "
     "points.",
     [](V v, T t) { return into_percent(t.config.sync.shrink_limit, v, 1, 100); }},
    {"sync.timeout", KeyType::duration, optional, "2h", "10s to 7d",
     "A run that takes longer is ended, and has failed.",
     [](V v, T t) { return into(t.config.sync.timeout, v, 10s, 168h); }},
    {"sync.retry_interval", KeyType::duration, optional, "30s", "1s to 1h; 0: never",
     "A run of the schedule that fails for what may pass by itself, as a peer that does not answer, tries again after "
     "this, then after twice as long, and so on, before the next run is due.",
     [](V v, T t) { return into(t.config.sync.retry_interval, v, 0s, 1h); }},
    {"sync.bandwidth_limit", KeyType::size, optional, "0", "a rate as 20MiB/s; 0: none",
     "The most a run may transfer in a second, of files and of dumps.",
     [](V v, T t) { return into_size(t.config.sync.bandwidth_limit, v); }},
    {"sync.dumps_at_once", KeyType::integer, optional, "2", "1 to 8",
     "How many dumps, of what is not files, are made at the same time where they follow each other. A dataset with "
     "hooks of its own is dumped by itself.",
     [](V v, T t) { return into(t.config.sync.dumps_at_once, v, 1, 8); }},
    {"sync.datasets[].name", KeyType::text, required, "", "letters, digits, - and _",
     "The dataset: its folder in a recovery point has this name.",
     [](V v, T t) { return into_name(t.dataset->name, v); }},
    {"sync.datasets[].type", KeyType::choice, optional, "files", "files, postgresql, mysql, sqlite, command",
     "What it is: files is a directory tree, postgresql and mysql are one database of such a server (mysql also of "
     "MariaDB), sqlite is one SQLite database, command the output of a program.",
     [](V v, T t) { return into_choice(t.dataset->type, v, dataset_types); }},
    {"sync.datasets[].source", KeyType::path, optional, "", "an absolute path, or a URI as postgresql:///app",
     "files: the folder on the primary. sqlite: the file of the database there, which may be in use. postgresql, "
     "mysql: "
     "the URI of the database, as seen from the primary.",
     [](V v, T t) {
       const bool is_uri = is_database_uri(v.text);
       return is_uri ? into_database_uri(t.dataset->source, v) : into_path(t.dataset->source, v);
     }},
    {"sync.datasets[].run", KeyType::words, optional, "", "a list: program and arguments",
     "command: what is run on the primary, without a shell. Its standard output is the dataset; exit status 0 means "
     "that it is all there.",
     [](V v, T t) { return into_words(t.dataset->run, v); }},
    {"sync.datasets[].max_size", KeyType::size, optional, "", "a size as 20GiB",
     "What is not files: a dump that is larger is a failed run. Without it: 10GiB for a command, any size for others.",
     [](V v, T t) { return into_size(t.dataset->max_size, v); }},
    {"sync.datasets[].live", KeyType::path, optional, "", "an absolute path",
     "Where the application looks for it once this server is primary: a folder for files, else a file. Without it: "
     "STORE/live/NAME.",
     [](V v, T t) { return into_path(t.dataset->live, v); }},
    {"sync.datasets[].database", KeyType::text, optional, "", "a URI as postgresql:///app",
     "postgresql: the database here that a promotion replaces with the dump. What has that name is renamed, not "
     "dropped. mysql: the database here that a promotion restores; it must be empty, or not there. Without it: the "
     "same "
     "as source.",
     [](V v, T t) { return into_database_uri(t.dataset->database, v); }},
    {"sync.datasets[].restore", KeyType::words, optional, "", "a list: program and arguments",
     "command: what is run here in a promotion, with the dump as its standard input. It must be harmless to run again: "
     "after a crash it is. Without live nothing is put at STORE/live/NAME then.",
     [](V v, T t) { return into_words(t.dataset->restore, v); }},
    {"sync.datasets[].exclude", KeyType::words, optional, "", "a list of rsync patterns, as [\"cache/\"]",
     "files: what is left out, see FILTER RULES in rsync(1).",
     [](V v, T t) { return into_words(t.dataset->exclude, v); }},
};

std::vector<Key> hook_keys(const std::string& list, const std::string& run) {
  return {
      {list + ".name", KeyType::text, required, "", "a text", "What the hook is called in messages.",
       [](V v, T t) { return into(t.hook->name, v); }},
      {list + ".run", KeyType::words, required, "", "a list: program and arguments", run,
       [](V v, T t) { return into_words(t.hook->run, v); }},
      {list + ".dataset", KeyType::text, optional, "", "the name of a dataset",
       "It is run around this dataset alone. Without it: around the whole run.",
       [](V v, T t) { return into_name(t.hook->dataset, v); }},
      {list + ".timeout", KeyType::duration, optional, "60s", "1s to 1d",
       "A hook that takes longer is ended, and has failed.",
       [](V v, T t) { return into(t.hook->timeout, v, 1s, 24h); }},
  };
}

const std::vector<Key> heartbeat_keys{
    {"heartbeat.interval", KeyType::duration, optional, "30s", "1s to 1h",
     "How often the peer is asked whether it is alive.",
     [](V v, T t) { return into(t.config.heartbeat.interval, v, 1s, 1h); }},
    {"heartbeat.failures", KeyType::integer, optional, "5", "1 to 100",
     "So many failed attempts in a row mean that the peer is gone. The first counts.",
     [](V v, T t) { return into(t.config.heartbeat.failures, v, 1, 100); }},
    {"heartbeat.recheck_interval", KeyType::duration, optional, "10s", "1s to 10m",
     "The wait from the end of a failed attempt to the next.",
     [](V v, T t) { return into(t.config.heartbeat.recheck_interval, v, 1s, 10min); }},
    {"heartbeat.timeout", KeyType::duration, optional, "5s", "1s to 60s", "An attempt that takes longer has failed.",
     [](V v, T t) { return into(t.config.heartbeat.timeout, v, 1s, 60s); }},
};

// Probes and witnesses are told apart by their list and by nothing else.
std::vector<Key> probe_keys(const std::string& list, std::string types, const std::string& noun,
                            decltype(Key::read) read_type) {
  return {
      {list + ".name", KeyType::text, required, "", "letters, digits, - and _",
       "What the " + noun + " is called in messages.", [](V v, T t) { return into_name(t.probe->name, v); }},
      {list + ".type", KeyType::choice, optional, "tcp", std::move(types), "How it asks.", read_type},
      {list + ".host", KeyType::text, optional, "", "a host name or address",
       "tcp: where to connect; without it peer.host.", [](V v, T t) { return into(t.probe->host, v); }},
      {list + ".port", KeyType::integer, optional, "", "1 to 65535", "tcp: the port.",
       [](V v, T t) { return into(t.probe->port, v, 1, 65535); }},
  };
}

const std::vector<Key> http_and_command_keys{
    {"heartbeat.probes[].url", KeyType::text, optional, "", "http:// or https://",
     "http: what to ask for. A redirect is not followed.",
     [](V v, T t) {
       return into_url(t.probe->url, v, {"http", "https"});
     }},
    {"heartbeat.probes[].expect.status", KeyType::integer, optional, "200", "100 to 599",
     "http: the status of a living peer.", [](V v, T t) { return into(t.probe->expect_status, v, 100, 599); }},
    {"heartbeat.probes[].expect.body", KeyType::text, optional, "", "a text",
     "http: must occur in the first MiB of the answer.", [](V v, T t) { return into(t.probe->expect_body, v); }},
    {"heartbeat.probes[].ca_file", KeyType::path, optional, "", "an absolute path",
     "http: the certificates to trust, instead of the system's.",
     [](V v, T t) { return into_path(t.probe->ca_file, v); }},
    {"heartbeat.probes[].run", KeyType::words, optional, "", "a list: program and arguments",
     "command: exit status 0 means alive. One that cannot be started says nothing about the peer.",
     [](V v, T t) { return into_words(t.probe->run, v); }},
};

std::vector<Key> step_keys(const std::string& list) {
  return {
      {list + ".name", KeyType::text, required, "", "a text", "What the step is called in messages.",
       [](V v, T t) { return into(t.step->name, v); }},
      {list + ".run", KeyType::words, required, "", "a list: program and arguments",
       "What is run, without a shell. It must be harmless to run again: after a crash it is.",
       [](V v, T t) { return into_words(t.step->run, v); }},
      {list + ".timeout", KeyType::duration, optional, "60s", "1s to 1d",
       "A step that takes longer is ended, and has failed.",
       [](V v, T t) { return into(t.step->timeout, v, 1s, 24h); }},
      {list + ".retries", KeyType::integer, optional, "0", "0 to 100",
       "Further tries after a failure, before on_error counts.",
       [](V v, T t) { return into(t.step->retries, v, 0, 100); }},
      {list + ".on_error", KeyType::choice, optional, "abort", "abort, continue",
       "What a failure means for the steps after it.",
       [](V v, T t) { return into_choice(t.step->on_error, v, on_errors); }},
  };
}

const std::vector<Key> failover_keys{
    {"failover.action", KeyType::choice, optional, "standby", "standby, promote",
     "What happens when the peer is gone: stay in standby and tell people, or become the primary.",
     [](V v, T t) { return into_choice(t.config.failover.action, v, actions); }},
    {"failover.max_data_age", KeyType::duration, optional, "1h", "a duration; 0: any age",
     "Older data is not promoted; people are told instead.",
     [](V v, T t) { return into(t.config.failover.max_data_age, v, 0s, 8760h); }},
};

const std::vector<Key> fence_keys{
    {"failover.fence.run", KeyType::words, required, "", "a list: program and arguments",
     "Keeps the old primary from serving. It must succeed before anything else is done.",
     [](V v, T t) { return into_words(fence(t).run, v); }},
    {"failover.fence.timeout", KeyType::duration, optional, "30s", "1s to 1d",
     "A fence that takes longer is ended, and has failed.",
     [](V v, T t) { return into(fence(t).timeout, v, 1s, 24h); }},
};

const std::vector<Key> notify_keys{
    {"notify.on_sync_completion", KeyType::truth, optional, "false", "true, false",
     "Mail after every run that brought something new.",
     [](V v, T t) { return into(t.config.notify.on_sync_completion, v); }},
    {"notify.on_failure", KeyType::truth, optional, "true", "true, false",
     "Mail when a sync fails, when the peer is gone, when either is over, and when this server becomes primary.",
     [](V v, T t) { return into(t.config.notify.on_failure, v); }},
    {"notify.email.to", KeyType::address_list, optional, "", "1 to 10 addresses", "Who is told.",
     [](V v, T t) { return into_addresses(t.config.notify.email.to, v); }},
    {"notify.email.from", KeyType::text, optional, "", "an address", "Whom the mail is from. Without it: hasync@NODE.",
     [](V v, T t) { return into_address(t.config.notify.email.from, v); }},
    {"notify.smtp.url", KeyType::text, optional, "", "smtp:// or smtps://",
     "The mail server, as smtp://mail.example.com:587.",
     [](V v, T t) {
       return into_url(t.config.notify.smtp.url, v, {"smtp", "smtps"});
     }},
    {"notify.smtp.tls", KeyType::choice, optional, "required", "required, none",
     "required: encrypted with a certificate that is verified, or not sent. none: in clear, for a server on this "
     "machine.",
     [](V v, T t) { return into_choice(t.config.notify.smtp.tls, v, tls_modes); }},
    {"notify.smtp.username", KeyType::text, optional, "", "a text", "For a server that wants a login.",
     [](V v, T t) { return into(t.config.notify.smtp.username, v); }},
    {"notify.smtp.password_file", KeyType::path, optional, "", "an absolute path",
     "A file with the password, mode 0600.", [](V v, T t) { return into_path(t.config.notify.smtp.password_file, v); }},
    {"notify.smtp.ca_file", KeyType::path, optional, "", "an absolute path",
     "The certificates to trust, instead of the system's.",
     [](V v, T t) { return into_path(t.config.notify.smtp.ca_file, v); }},
    {"notify.smtp.timeout", KeyType::duration, optional, "30s", "1s to 10m", "The longest a mail server is waited for.",
     [](V v, T t) { return into(t.config.notify.smtp.timeout, v, 1s, 10min); }},
    {"history.retain", KeyType::duration, optional, "90d", "1d to 3650d", "How long the history is kept.",
     [](V v, T t) { return into(t.config.history.retain, v, 24h, 87600h); }},
};

std::vector<Key> all_keys() {
  std::vector<Key> all = plain_keys;
  const auto append = [&](const std::vector<Key>& more) { all.insert(all.end(), more.begin(), more.end()); };
  append(hook_keys("sync.before[]",
                   "What is run on this server before data are pulled, without a shell. When it fails, the run has "
                   "failed, and nothing is pulled."));
  append(hook_keys("sync.after[]",
                   "What is run on this server afterwards, without a shell, whatever became of the run, which it is "
                   "told in its environment. When it fails, that is told, and the run's result stays."));
  append(heartbeat_keys);
  append(probe_keys("heartbeat.probes[]", "tcp, http, command", "probe",
                    [](V v, T t) { return into_choice(t.probe->type, v, probe_types); }));
  append(http_and_command_keys);
  append(failover_keys);
  append(probe_keys("failover.witnesses[]", "tcp", "witness",
                    [](V v, T t) { return into_choice(t.probe->type, v, witness_types); }));
  append(fence_keys);
  append(step_keys("failover.promote[]"));
  append(step_keys("failover.demote[]"));
  append(notify_keys);
  return all;
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = all_keys();
  return all;
}

const Key* find_key(const std::string& path) {
  const auto found = std::find_if(keys().begin(), keys().end(), [&](const Key& key) { return key.path == path; });
  return found == keys().end() ? nullptr : &*found;
}

bool fits(const std::string& path, const std::string& pattern) {
  const auto at = pattern.find("[]");
  if (at == std::string::npos) return path == pattern;
  const auto list = pattern.substr(0, at) + ".", rest = pattern.substr(at + 2);
  return path.starts_with(list) && path.ends_with(rest) && path.size() > list.size() + rest.size();
}

const Key* key_for(const std::string& path) {
  const auto found = std::find_if(keys().begin(), keys().end(), [&](const Key& key) { return fits(path, key.path); });
  return found == keys().end() ? nullptr : &*found;
}

std::string_view type_name(KeyType type) {
  static constexpr std::array names{"text",          "whole number", "true or false", "duration", "size",      "one of",
                                    "list of words", "addresses",    "UTC time",      "path",     "percentage"};
  return names.at(static_cast<std::size_t>(type));
}

}  // namespace hasync::config
