#include <algorithm>

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

bool has(const std::vector<std::string>& argv, const std::string& option) {
  return std::find(argv.begin(), argv.end(), option) != argv.end();
}

const config::Dataset app{.name = "app", .source = "/var/lib/app", .exclude = {"cache/"}};

}  // namespace

TEST_CASE("what comes over a slow link is compressed, and nothing else") {
  auto settings = over_ssh();
  settings.sync.bandwidth_limit = 0;
  CHECK_FALSE(is_slow_link(settings));
  settings.peer.lately_per_second = 100 << 20;
  CHECK_FALSE(is_slow_link(settings));
  settings.peer.lately_per_second = 3 << 20;
  CHECK(is_slow_link(settings));
  CHECK(has(transfer_argv(settings, app, {}, "/t", Progress::silent), "--compress"));
  settings.peer.lately_per_second = 0;
  settings.sync.bandwidth_limit = 1 << 20;
  CHECK(is_slow_link(settings));
  settings.peer.transport = config::Transport::local;
  CHECK_FALSE(is_slow_link(settings));
  CHECK_FALSE(has(transfer_argv(settings, app, {}, "/t", Progress::silent), "--compress"));
}

TEST_CASE("what is here already of what is fetched") {
  const AtHand at_hand{
      .newest = "/p/app", .apart = "/apart", .interrupted = {"/i/2/app", "/i/1/app"}, .parts = "/parts", .begun = true};
  const auto argv = transfer_argv(over_ssh(), app, at_hand, "/t", Progress::silent);
  const std::vector<std::string> wanted{"--link-dest=/apart",   "--link-dest=/p/app", "--link-dest=/i/2/app",
                                        "--link-dest=/i/1/app", "--itemize-changes",  "--itemize-changes",
                                        "--partial-dir=/parts", "--no-whole-file"};
  CHECK(std::search(argv.begin(), argv.end(), wanted.begin(), wanted.end()) != argv.end());
}

TEST_CASE("a path is listed so that rsync takes it for one") {
  CHECK(listed("a b") == std::string{"a b\0", 4});
  CHECK(listed("#x/#y") == std::string{"./#x/#y\0", 8});
  CHECK(listed(";") == std::string{"./;\0", 4});
  CHECK(listed(".") == std::string{".\0", 2});
}

TEST_CASE("the argv of a transfer") {
  const std::vector<std::string> ssh{
      "-e",
      "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=10 -o "
      "ServerAliveCountMax=3 -o LogLevel=ERROR -p 2222 -i '/etc/my keys/id' -o IdentitiesOnly=yes -o "
      "UserKnownHostsFile=/etc/kh -o GlobalKnownHostsFile=/dev/null"};
  std::vector<std::string> common{"rsync",
                                  "-aHAX",
                                  "--sparse",
                                  "--modify-window=-1",
                                  "--numeric-ids",
                                  "--no-human-readable",
                                  "--stats",
                                  "--timeout=120",
                                  "--out-format=%i %l %n//=%L//%C"};
  common.insert(common.end(), ssh.begin(), ssh.end());
  common.insert(common.end(), {"--exclude=cache/", "--checksum-choice=xxh128", "--bwlimit=20480"});
  const std::string source = "hasync@east.example.net:/var/lib/app/", target = "/srv/hasync/incoming/app";

  auto all = common;
  all.insert(all.end(), {source, target + "/"});
  CHECK(transfer_argv(over_ssh(), app, {}, target, Progress::silent) == all);
  auto beside = all;
  beside.insert(beside.end() - 2, "--link-dest=/srv/hasync/points/p/app");
  CHECK(transfer_argv(over_ssh(), app, {.newest = "/srv/hasync/points/p/app"}, target, Progress::silent) == beside);

  auto listed = common;
  listed.insert(listed.end(), {"--files-from=/srv/hasync/incoming.list", "--from0", "--ignore-missing-args",
                               "--link-dest=/srv/hasync/points/p/app", "--ignore-existing", source, target + "/"});
  CHECK(transfer_listed_argv(over_ssh(), app, {.newest = "/srv/hasync/points/p/app"}, "/srv/hasync/incoming.list",
                             target, Progress::silent) == listed);
}

TEST_CASE("a plan writes nothing, and what is shared within the store needs no peer") {
  const auto argv = plan_argv(over_ssh(), app, "/srv/hasync/points/p/app");
  CHECK(std::find(argv.begin(), argv.end(), "--dry-run") != argv.end());
  CHECK(argv.back() == "/srv/hasync/points/p/app/");
  CHECK(share_argv("/s/points/p/app", "/s/trash/o/app", "/s/incoming.list") ==
        std::vector<std::string>{"rsync", "-aHAX", "--sparse", "--modify-window=-1", "--numeric-ids",
                                 "--files-from=/s/incoming.list", "--from0", "--ignore-missing-args",
                                 "--link-dest=/s/points/p/app", "/s/points/p/app/", "/s/trash/o/app/"});
}

TEST_CASE("where whole files are read for their checksums, silence is no sign of a lost connection") {
  const auto timeout = [](const std::vector<std::string>& argv) {
    const auto last =
        std::find_if(argv.rbegin(), argv.rend(), [](const auto& each) { return each.starts_with("--timeout="); });
    return last == argv.rend() ? "" : *last;
  };
  CHECK(timeout(transfer_listed_argv(over_ssh(), app, {}, "l", "/t", Progress::silent)) == "--timeout=120");
  for (const auto& argv : {compare_argv(over_ssh(), app, "/p"), transfer_moved_argv(over_ssh(), app, "/g", "/t")}) {
    CHECK(std::find(argv.begin(), argv.end(), "--checksum") != argv.end());
    CHECK(timeout(argv) == "--timeout=86400");
  }
}

TEST_CASE("of the attributes, the second look of an ACL is left out, and else just what rsync itself leaves out") {
  auto settings = over_ssh();
  CHECK(attribute_filters(settings) == std::vector<std::string>{"--filter=-srx! user.*"});
  const std::vector<std::string> of_root{"--filter=-srx system.*", "--filter=-srx trusted.SGI_ACL_*"};
  settings.peer.user = "root";
  CHECK(attribute_filters(settings) == of_root);
  settings.peer = {.name = "east", .transport = config::Transport::local};
  CHECK(attribute_filters(settings) == of_root);
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
  CHECK(judged(End::exited, 4, "rsync: unknown checksum name: xxh128").error->message ==
        "dataset app: the rsync of east or of this node has no XXH128; install rsync 3.2 or newer on both");
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
