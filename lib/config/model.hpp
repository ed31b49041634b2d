// The settings as plain values, every default filled in. What each means to the operator is in keys.cpp and
// hasync.yaml(5).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace hasync {

enum class Role { primary, secondary };

}  // namespace hasync

namespace hasync::config {

struct Node {
  std::string name;
  Role role = Role::secondary;  // counts at first start only; the recorded role rules afterwards
};

enum class Transport { ssh, local };

struct Peer {
  std::string name;
  Transport transport = Transport::ssh;
  std::string host;
  std::string user = "hasync";
  int port = 22;
  std::string identity_file;     // empty: ssh's own choice
  std::string known_hosts_file;  // empty: ssh's own choice
  // No setting: the socket of a connection that is open already, and goes before one of one's own (ssh(1), -S).
  std::string open_connection{};
  std::int64_t lately_per_second = 0;  // nor is this: the bytes that came from it in a second; 0: not known
  bool compressed = false;  // nor this: all that comes through ssh is compressed (ssh_config(5), Compression)
};

enum class DatasetType { files, postgresql, mysql, sqlite, command };

struct Dataset {
  std::string name;
  DatasetType type = DatasetType::files;
  std::string source;                // on the peer: an absolute path, the URI of a database; none for a command
  std::vector<std::string> run;      // command: what is run on the peer
  std::int64_t max_size = 0;         // bytes of a dump, see dump_limit(); 0: as its type says
  std::string live;                  // empty: STORE/live/NAME
  std::string database;              // postgresql, mysql: the URI of what a promotion restores into; empty: source
  std::vector<std::string> restore;  // command: what takes the dump on its standard input in a promotion
  std::vector<std::string> exclude;  // files
};

// "02:00" (its next occurrence when applied) or an absolute instant.
using StartTime = std::variant<std::chrono::minutes, Instant>;

// What is run on this node around a sync run, or around one of its datasets.
struct Hook {
  std::string name;
  std::vector<std::string> run;
  std::string dataset;  // empty: around the run
  Duration timeout = std::chrono::seconds{60};
};

struct Sync {
  std::optional<StartTime> start_time;  // none: the next quarter of an hour
  Duration run_every = std::chrono::minutes{15};
  std::string store = "/srv/hasync";
  int keep = 3;
  int shrink_limit = 50;  // percent of files or bytes; a point that loses more is held
  Duration timeout = std::chrono::hours{2};
  Duration retry_interval = std::chrono::seconds{30};  // 0: a failed attempt fails the run
  std::int64_t bandwidth_limit = 0;                    // bytes per second, 0: none
  int dumps_at_once = 2;
  std::vector<Dataset> datasets;
  std::vector<Hook> before;
  std::vector<Hook> after;
};

enum class ProbeType { tcp, http, command };

struct Probe {
  std::string name;
  ProbeType type = ProbeType::tcp;
  std::string host;  // tcp; empty: peer.host
  int port = 0;      // tcp
  std::string url;   // http
  int expect_status = 200;
  std::string expect_body;       // must occur in the body; empty: any
  std::string ca_file;           // http; empty: the system's
  std::vector<std::string> run;  // command
};

struct Heartbeat {
  Duration interval = std::chrono::seconds{30};
  int failures = 5;
  Duration recheck_interval = std::chrono::seconds{10};
  Duration timeout = std::chrono::seconds{5};
  std::vector<Probe> probes;
};

enum class FailoverAction { standby, promote };
enum class OnError { abort, go_on };

struct Step {
  std::string name;
  std::vector<std::string> run;
  Duration timeout = std::chrono::seconds{60};
  int retries = 0;  // further tries before on_error counts
  OnError on_error = OnError::abort;
};

struct Fence {
  std::vector<std::string> run;
  Duration timeout = std::chrono::seconds{30};
};

struct Failover {
  FailoverAction action = FailoverAction::standby;
  Duration max_data_age = std::chrono::hours{1};  // 0: any age
  std::vector<Probe> witnesses;                   // tcp
  std::optional<Fence> fence;
  std::vector<Step> promote;
  std::vector<Step> demote;
};

enum class Tls { required, none };

struct Smtp {
  std::string url;  // smtp://host[:port] or smtps://host[:port]
  Tls tls = Tls::required;
  std::string username;
  std::string password_file;
  std::string ca_file;  // empty: the system's
  Duration timeout = std::chrono::seconds{30};
};

struct Email {
  std::vector<std::string> to;
  std::string from;  // empty: hasync@NODE
};

struct Notify {
  bool on_sync_completion = false;
  bool on_failure = true;  // sync failure, peer failure, recovery, this server becoming primary
  Email email;
  Smtp smtp;
};

struct History {
  Duration retain = std::chrono::days{90};
};

struct Config {
  Node node;
  Peer peer;
  Sync sync;
  Heartbeat heartbeat;
  Failover failover;
  Notify notify;
  History history;
};

}  // namespace hasync::config
