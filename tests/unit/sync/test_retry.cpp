#include "sync/retry.hpp"

#include "peer/transport.hpp"
#include "sync/dumps.hpp"
#include "sync/rsync.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using namespace std::chrono_literals;

namespace {

const Error silent{.code = ExitCode::unreachable, .message = "east is silent", .outlook = Outlook::passing};
const Error refused{ExitCode::unsafe, "east is not primary"};

config::Config settings() {
  config::Config settings;
  settings.peer = {.name = "east", .host = "east.example.net"};
  return settings;
}

Outlook of_ssh(const std::string& errors) { return peer::explain_ssh(settings().peer, errors).outlook; }

Outlook of_rsync(int code, const std::string& errors) {
  return judge(settings(), {.name = "app", .source = "/app"}, {.code = code, .errors = errors}).error->outlook;
}

Outlook of_dump(config::DatasetType type, int code, const std::string& errors) {
  return judge_dump(settings(), {.name = "db", .type = type}, "dumper", {.code = code, .errors = errors})->outlook;
}

}  // namespace

TEST_CASE("each wait is twice as long as the one before, up to sixteen times the first") {
  std::vector<Duration> waits;
  for (int failed = 1; failed <= 7; ++failed) waits.push_back(next_attempt(silent, failed, 30s, 24h).value());
  CHECK(waits == std::vector<Duration>{30s, 1min, 2min, 4min, 8min, 8min, 8min});
}

TEST_CASE("another attempt begins before the time for it is over, or not at all") {
  CHECK(next_attempt(silent, 1, 30s, 31s) == Duration{30s});
  CHECK_FALSE(next_attempt(silent, 1, 30s, 30s));
  CHECK_FALSE(next_attempt(silent, 1, 30s, 0s));
  CHECK_FALSE(next_attempt(silent, 1, 30s, -1h));
  CHECK_FALSE(next_attempt(silent, 5, 30s, 7min));
  CHECK_FALSE(next_attempt(silent, 1, 0s, 24h));
}

TEST_CASE("what is refused is not tried again") { CHECK_FALSE(next_attempt(refused, 1, 30s, 24h)); }

TEST_CASE("attempts are told while there are more to come, and counted when there are none") {
  CHECK(tell_attempt(silent, 2, 1min) == "attempt 2 failed: east is silent; again in 1 min");
  CHECK(describe(after_attempts(silent, 3, 90s)) == "east is silent (the last of 3 attempts in 1 min 30 s)");
  CHECK(describe(after_attempts(silent, 1, 90s)) == "east is silent");
}

TEST_CASE("a peer that does not answer may do so later, one that refuses does not") {
  for (const auto* said : {"ssh: connect to host east port 22: Connection refused",
                           "ssh: connect to host east port 22: Connection timed out",
                           "ssh: connect to host east port 22: No route to host",
                           "ssh: connect to host east port 22: Network is unreachable",
                           "ssh: Could not resolve hostname east: Temporary failure in name resolution",
                           "kex_exchange_identification: read: Connection reset by peer",
                           "kex_exchange_identification: Connection closed by remote host",
                           "Connection closed by 10.0.0.1 port 22", "Connection to east closed by remote host.",
                           "client_loop: send disconnect: Broken pipe", "Timeout, server east not responding.", ""}) {
    INFO(said);
    CHECK(of_ssh(said) == Outlook::passing);
  }
  for (const auto* said :
       {"hasync@east: Permission denied (publickey).", "Host key verification failed.",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
        "ssh: Could not resolve hostname east: Name or service not known",
        "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
        "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures"}) {
    INFO(said);
    CHECK(of_ssh(said) == Outlook::lasting);
  }
}

TEST_CASE("an rsync that broke off in the middle may come further later") {
  const std::string closed = "rsync: connection unexpectedly closed (12858 bytes received so far) [receiver]";
  CHECK(of_rsync(12, closed) == Outlook::passing);
  // The key was let in, whatever else is denied there.
  CHECK(of_rsync(12, "rsync: opendir \"/app/x\" failed: Permission denied (13)\n" + closed) == Outlook::passing);
  CHECK(
      of_rsync(12, "Permission denied (publickey).\nrsync: connection unexpectedly closed (0 bytes received so far)") ==
      Outlook::lasting);
  CHECK(of_rsync(255, "ssh: connect to host east port 22: Connection refused") == Outlook::passing);
  CHECK(of_rsync(255, "Host key verification failed.") == Outlook::lasting);
  for (const int code : {10, 30, 35}) CHECK(of_rsync(code, "rsync error") == Outlook::passing);
  for (const int code : {1, 2, 3, 4, 11, 22, 23, 127}) CHECK(of_rsync(code, "rsync error") == Outlook::lasting);
  CHECK(of_rsync(12, "hasync: refused: not a source\n" + closed) == Outlook::lasting);
  CHECK(of_rsync(12, "sh: 1: rsync: not found\n" + closed) == Outlook::lasting);
  auto local = settings();
  local.peer.transport = config::Transport::local;
  CHECK(judge(local, {.name = "app"}, {.code = 12, .errors = closed}).error->outlook == Outlook::lasting);
}

TEST_CASE("a database server that takes no connections for now may do so later") {
  using Type = config::DatasetType;
  for (const auto* said : {"FATAL:  the database system is starting up", "FATAL:  sorry, too many clients already",
                           "connection to server at \"::1\", port 5432 failed: Connection refused",
                           "FATAL:  the database system is shutting "
                           "down",
                           "server closed the connection unexpectedly"}) {
    INFO(said);
    CHECK(of_dump(Type::postgresql, 1, said) == Outlook::passing);
  }
  for (const auto* said : {"Got error: 2002: \"Can't connect to local server through socket\"",
                           "Got error: 1040: \"Too many connections\"", "Error 2013: Lost connection to server"})
    CHECK(of_dump(Type::mysql, 2, said) == Outlook::passing);
  for (const auto* said : {"FATAL:  password authentication failed for user \"app\"",
                           "FATAL:  database \"app\" does not "
                           "exist",
                           "permission denied for table money", "no pg_hba.conf entry for host"})
    CHECK(of_dump(Type::postgresql, 1, said) == Outlook::lasting);
  CHECK(of_dump(Type::mysql, 2, "Got error: 1045: \"Access denied for user\"") == Outlook::lasting);
  CHECK(of_dump(Type::command, 1, "Connection refused") == Outlook::lasting);
  CHECK(of_dump(Type::postgresql, 255, "client_loop: send disconnect: Broken pipe") == Outlook::passing);
}
