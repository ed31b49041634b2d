#include "peer/describe.hpp"
#include "sync/rsync.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using namespace std::chrono_literals;

namespace {

config::Config over_ssh() {
  config::Config settings;
  settings.peer = {.name = "east",
                   .host = "east.example.net",
                   .user = "hasync",
                   .port = 2222,
                   .identity_file = "/etc/my keys/id",
                   .known_hosts_file = "/etc/kh"};
  settings.sync = {.run_every = 15min, .store = "/srv/hasync", .bandwidth_limit = 20 << 20};
  return settings;
}

const config::Dataset app{.name = "app", .source = "/var/lib/app", .exclude = {"cache/"}};

}  // namespace

TEST_CASE("the argv of a transfer") {
  const auto argv =
      transfer_argv(over_ssh(), app, "/srv/hasync/points/p/app", "/srv/hasync/incoming/app", Progress::silent);
  CHECK(argv == std::vector<std::string>{"rsync", "-aHAX", "--sparse", "--modify-window=-1", "--numeric-ids",
                                         "--no-human-readable", "--stats", "--timeout=120", "-e",
                                         "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o "
                                         "ServerAliveInterval=10 -o ServerAliveCountMax=3 -o LogLevel=ERROR "
                                         "-p 2222 -i '/etc/my keys/id' -o IdentitiesOnly=yes -o "
                                         "UserKnownHostsFile=/etc/kh -o GlobalKnownHostsFile=/dev/null",
                                         "--exclude=cache/", "--link-dest=/srv/hasync/points/p/app", "--bwlimit=20480",
                                         "hasync@east.example.net:/var/lib/app/", "/srv/hasync/incoming/app/"});
}

TEST_CASE("a plan writes nothing") {
  const auto argv = plan_argv(over_ssh(), app, "/srv/hasync/points/p/app");
  CHECK(std::find(argv.begin(), argv.end(), "--dry-run") != argv.end());
  CHECK(argv.back() == "/srv/hasync/points/p/app/");
}

TEST_CASE("what rsync counted is read, whatever the files are called") {
  const auto counts = read_counts(
      "*deleting  \n.d..t......\n>f+++++++++\n.f...p.....\nNumber of files: 15 (reg: 12, dir: 3)\nNumber of created "
      "files: 1\nTotal file size: 328,800 bytes\n"
      "Total transferred file size: 29 bytes\n");
  CHECK((counts.changed == 2 && counts.folders == 1 && counts.deleted == 1 && counts.files == 12 &&
         counts.bytes == 328800 && counts.transferred == 29));
}

TEST_CASE("progress is read from rsync's own") {
  CHECK(read_percent("\r      1,234,567  45%    1.20MB/s    0:00:12 (xfr#3, to-chk=7/12)") == 45);
  CHECK(read_percent("\r 1 9% x\r 2 100% y") == 100);
  CHECK_FALSE(read_percent("sending incremental file list"));
  CHECK_FALSE(read_percent("%"));
}

TEST_CASE("each end of rsync is judged") {
  using End = ProcessResult::End;
  const auto settings = over_ssh();
  const auto judged = [&](End end, int code, const std::string& errors) {
    return judge(settings, app, {end, code, "", errors});
  };
  CHECK_FALSE(judged(End::exited, 0, "").error);
  CHECK(judged(End::exited, 24, "").note == "dataset app: some files vanished while they were read");
  CHECK(judged(End::interrupted, 0, "").error->code == ExitCode::interrupted);
  CHECK(judged(End::exited, 255, "ssh: connect to host east port 22: Connection refused").error->code ==
        ExitCode::unreachable);
  const std::string closed = "rsync: connection unexpectedly closed (12858 bytes received so far) [receiver]";
  CHECK(judged(End::exited, 12, closed).error->code == ExitCode::unreachable);
  CHECK(judged(End::exited, 12, "sh: 1: rsync: not found\n" + closed).error->message ==
        "dataset app: east has no rsync; install it there");
  CHECK(judged(End::exited, 30, "rsync error: timeout in data send/receive (code 30)").error->message ==
        "dataset app: rsync failed with exit status 30: rsync error: timeout in data send/receive (code 30)");
  CHECK(judged(End::exited, 11, "rsync: write failed: No space left on device (28)").error->message ==
        "dataset app: no room left in the store /srv/hasync; make room there, or lower sync.keep");
}

TEST_CASE("a command on the peer is one word for its shell") {
  auto peer = over_ssh().peer;
  CHECK(peer::command_on_peer(peer, {"test", "-d", "/a b; rm -rf /"}, 5s).back() == "test -d '/a b; rm -rf /'");
  CHECK(peer::rsync_source({.name = "e", .host = "::1", .user = ""}, "/x") == "[::1]:/x/");
}

TEST_CASE("a description is read back, and nothing else is taken for one") {
  const peer::Description east{"east", Role::primary, 7, "0.1.0", parse_rfc3339("2026-11-24T00:00:00.5Z").value()};
  const auto back = peer::parse_description(peer::render(east)).value();
  CHECK((back.node == "east" && back.role == Role::primary && back.term == 7 && back.at == east.at));
  for (const auto* text : {"", "{}", "[1]", "{\"schema\":\"hasync.describe/1\",\"role\":\"king\"}", "not json\nat all"})
    CHECK_FALSE(peer::parse_description(text));
}
