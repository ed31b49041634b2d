#include "agent/interview.hpp"

#include <random>

#include "config/compose.hpp"
#include "config/load.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::agent;

namespace {

const auto now = parse_rfc3339("2026-11-24T02:07:00Z").value();
const peer::HostKey key{.line = "east ssh-ed25519 AAAA", .fingerprint = "SHA256:abc (ED25519)"};

Surroundings west() { return {"west.example.net", "/etc/hasync/hasync.yaml", now, true, false}; }

// Whoever answers, and a world in which every look goes well.
struct Talk {
  Interview interview = begin_interview(west());
  std::vector<std::string> asked{};  // every question that was come to, and every look

  std::string id() {
    for (auto wanted = next_look(interview); wanted; wanted = next_look(interview)) look(*wanted);
    return interview.stage == Stage::asking ? next_question(interview).id : "";
  }
  Talk& say(std::string_view line) {
    asked.push_back(id());
    interview = answered(std::move(interview), line);
    return *this;
  }
  Talk& say_all(const std::vector<std::string>& lines) {
    for (const auto& line : lines) say(line);
    return *this;
  }
  void look(Look wanted) {
    switch (wanted) {
      case Look::host_key:
        asked.emplace_back("(host key)");
        interview = learned(std::move(interview), host_key);
        break;
      case Look::make_key:
        asked.emplace_back("(make key)");
        interview = learned_of_made_key(std::move(interview), made);
        break;
      case Look::ssh:
        asked.emplace_back("(ssh)");
        interview = learned_of_ssh(std::move(interview), ssh);
        break;
      case Look::folders:
        asked.emplace_back("(folders)");
        interview = learned(std::move(interview), folders);
        break;
    }
  }
  std::string otherwise() {
    id();
    return next_question(interview).otherwise;
  }

  Result<peer::HostKey> host_key = key;
  Result<std::string> made = std::string{"ssh-ed25519 AAAA hasync@west"};
  Result<std::string> ssh = std::string{"rsync  version 3"};
  Result<std::vector<peer::Folder>> folders = std::vector<peer::Folder>{{"/srv/app", 1024}, {"/var/www", std::nullopt}};
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a dozen answers, most of them Enter, are settings") {
  Talk talk;
  talk.say_all({"", "", "east", "root@east.example.net", "yes", "", "1", "", "", "", "", "", "", "", "yes"});
  CHECK(talk.asked == Words{"node", "role", "peer", "account", "(host key)", "host key", "identity", "(ssh)",
                            "(folders)", "datasets", "store", "run every", "start time", "probe", "action", "unit",
                            "email", "write"});
  CHECK(talk.interview.stage == Stage::agreed);
  const auto made = draft(talk.interview);
  CHECK(made.pins_host_key);
  CHECK(!made.makes_key);
  const auto& settings = made.settings;
  CHECK(settings.node.name == "west");
  CHECK(settings.node.role == Role::secondary);
  CHECK(settings.peer.name == "east");
  CHECK(settings.peer.user == "root");
  CHECK(settings.peer.host == "east.example.net");
  CHECK(settings.peer.port == 22);
  CHECK(settings.peer.identity_file == "/etc/hasync/ssh/id_ed25519");
  CHECK(settings.peer.known_hosts_file == "/etc/hasync/ssh/known_hosts");
  REQUIRE(settings.sync.datasets.size() == 1);
  CHECK(settings.sync.datasets[0].name == "app");
  CHECK(settings.sync.datasets[0].source == "/srv/app");
  CHECK(settings.sync.datasets[0].live == "/srv/app");
  CHECK(config::compose(settings).find("start_time: \"02:15\"") != std::string::npos);
  CHECK(settings.heartbeat.probes.empty());
  CHECK(config::load_text(config::compose(settings), "f"));
}

TEST_CASE("a primary is asked only what a primary needs") {
  Talk talk;
  talk.say_all({"", "primary", "east", "", "no", "", "/srv/app", "app.service", "ops@example.com a@b", "", ""});
  CHECK(talk.asked == Words{"node", "role", "peer", "account", "(host key)", "host key", "identity", "(ssh)",
                            "(folders)", "datasets", "unit", "email", "smtp", "write"});
  CHECK(talk.interview.stage == Stage::agreed);
  const auto settings = draft(talk.interview).settings;
  CHECK(settings.peer.known_hosts_file.empty());
  CHECK(settings.failover.promote.at(0).run == Words{"systemctl", "enable", "--now", "app.service"});
  CHECK(settings.failover.demote.at(0).run == Words{"systemctl", "disable", "--now", "app.service"});
  CHECK(settings.notify.email.to == Words{"ops@example.com", "a@b"});
  CHECK(settings.notify.smtp.tls == config::Tls::none);  // the default is this machine
}

TEST_CASE("a peer whose folders are mounted here is not asked for by ssh") {
  Talk talk;
  talk.say_all({"", "", "east", "local", "1 www=/var/www"});
  CHECK(talk.asked == Words{"node", "role", "peer", "account", "(folders)", "datasets"});
  const auto datasets = draft(talk.interview).settings.sync.datasets;
  CHECK(datasets.at(0).live.empty());  // it cannot be the source itself
  talk.say_all({"", "", ""}).say("");
  CHECK(talk.id() == "probe");
  CHECK(talk.interview.said == "there is no default for this; ? tells more");
}

TEST_CASE("a wrong answer is told in one line, in the words of the key table, and asked again") {
  const auto reply = [](Words before, const std::string& wrong) {
    Talk talk;
    talk.say_all(before);
    const auto id = talk.id();
    talk.say(wrong);
    CHECK(talk.id() == id);
    CHECK(talk.interview.said.find('\n') == std::string::npos);
    return talk.interview.said;
  };
  const Words to_account{"", "", "east"};
  const Words to_datasets{"", "", "east", "", "no", "ssh"};
  const Words to_store{"", "", "east", "", "no", "ssh", "1"};
  CHECK(reply({}, "we st") ==
        "\"we st\" is not a name: letters, digits, - and _, at most 63 (accepted: letters, digits, - and _)");
  CHECK(reply({}, "\x1b[A") ==
        "that holds a control character, as an arrow key leaves, or is not UTF-8; type it again");
  CHECK(reply(to_account, "caf\xe9") == reply({}, "\x1b[A"));
  CHECK(reply({""}, "third") == "\"third\" is not one of primary, secondary (accepted: primary, secondary)");
  CHECK(reply({"", ""}, "") == "there is no default for this; ? tells more");
  CHECK(reply({"", ""}, "west") == "peer.name: is the name of this node too (the two must differ)");
  CHECK(reply(to_account, "root@east:ssh") == "\"ssh\" is not a whole number (accepted: 1 to 65535)");
  CHECK(reply(to_account, "-v") == "peer.host: \"-v\" is not a name (write it as ssh knows it)");
  CHECK(reply({"", "", "east", ""}, "maybe") == "\"maybe\" is neither yes nor no");
  CHECK(reply({"", "", "east", "", "no"}, "key") == "\"key\" is not an absolute path (accepted: an absolute path)");
  CHECK(reply(to_datasets, "3") == "3 is not in the list");
  CHECK(reply(to_datasets, "app") == "\"app\" is not NAME=SOURCE or NAME=SOURCE:LIVE, as app=/var/lib/app");
  CHECK(reply(to_datasets, "1 app=/x") == "there are two called \"app\"; give each a name of its own");
  CHECK(reply(to_datasets, "a=/") ==
        "sync.datasets.a.source: is the whole machine (name the application's own folder)");
  CHECK(reply(to_store, "/srv") ==
        "sync.datasets.app.live: is in the store, among its recovery points (name the folder where the application "
        "looks, or leave it out)");
}

TEST_CASE("back goes to the question before, and what was answered there is its default") {
  Talk talk;
  talk.say_all({"", "", "east", "root@east:2222", "yes", "", "2 app=/srv/a"});
  CHECK(talk.id() == "store");
  talk.say("back");
  CHECK(talk.id() == "datasets");
  CHECK(talk.otherwise() == "www=/var/www:/var/www app=/srv/a");  // not a number: another list may come
  talk.say_all({"<", "<", "<"});
  CHECK(talk.id() == "account");
  CHECK(talk.otherwise() == "root@east:2222");
  talk.asked.clear();
  talk.say_all({"", "", "", ""});
  CHECK(talk.asked == Words{"account", "host key", "identity", "datasets"});  // nothing is looked at twice
  talk.say_all({"<", "<", "<", "<"});
  talk.asked.clear();
  talk.say_all({"root@other", "yes", "", ""});
  CHECK(talk.asked == Words{"account", "(host key)", "host key", "identity", "(ssh)", "(folders)", "datasets"});
  CHECK(draft(talk.interview).settings.peer.host == "other");
  talk.say_all({"<", "<", "<", "<", "<", "<", "<", "<"});
  CHECK(talk.id() == "node");
  CHECK(talk.interview.said == "this is the first question");
}

TEST_CASE("a yes to one host key is no default for another") {
  Talk talk;
  talk.say_all({"", "", "east", "root@east", "yes", "<"});
  CHECK(talk.otherwise() == "yes");
  talk.host_key->line = "other ssh-ed25519 BBBB";
  talk.say_all({"<", "root@other"});
  CHECK(talk.id() == "host key");
  CHECK(talk.otherwise() == "no");
}

TEST_CASE("whatever is answered, what is agreed to is sound") {
  const Words pool{"",
                   "",
                   "",
                   "",
                   "yes",
                   "no",
                   "back",
                   "?",
                   "show",
                   "east",
                   "null",
                   "123",
                   "a: b",
                   "primary",
                   "local",
                   "root@h:2222",
                   "1",
                   "2",
                   "/srv/a",
                   "a=/a",
                   "b=/b:",
                   "c=/c:/l/c",
                   "/",
                   "/srv/hasync/x",
                   "app=/\"q\"'",
                   "7d",
                   "1s",
                   "02:00",
                   "25:00",
                   "http://e/",
                   "e:1 web=e:2",
                   "promote",
                   "app@1",
                   "a@b,c@d",
                   "smtps://m",
                   "smtp://localhost",
                   "none",
                   "ssh",
                   "make",
                   "later",
                   "/etc/#x: y",
                   "[x]",
                   "{a}",
                   "@",
                   "&x",
                   "*x",
                   "-",
                   "~"};
  std::mt19937 random{4};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  int agreed = 0;
  for (int each = 0; each < 100; ++each) {
    Talk talk;
    talk.interview.here.has_key = random() % 2 == 0;
    if (random() % 4 == 0) talk.ssh = fail(ExitCode::unreachable, "no");
    for (int lines = 0; lines < 200 && !talk.id().empty(); ++lines) talk.say(pool[random() % pool.size()]);
    if (talk.interview.stage != Stage::agreed) continue;
    ++agreed;
    const auto text = config::compose(draft(talk.interview).settings);
    const auto loaded = config::load_text(text, "f");
    if (!loaded) FAIL(loaded.error().message);
    CHECK(config::compose(loaded->config) == text);
  }
  CHECK(agreed > 10);
}

TEST_CASE("what is no answer: more, show, leave") {
  Talk talk;
  talk.say("?");
  CHECK(talk.interview.said.starts_with("This server, as the two call it. Accepted: letters, digits, - and _."));
  CHECK(talk.id() == "node");
  talk.say_all({"", "", "east", "local", "a=/a", "", "", "", "http://east/", "", "", ""});
  CHECK(talk.id() == "write");
  talk.say("show");
  CHECK(talk.interview.said.find("url: \"http://east/\"") != std::string::npos);
  CHECK(talk.interview.stage == Stage::asking);
  Talk other = talk;
  CHECK(other.say("no").interview.stage == Stage::left);
  CHECK(talk.say("quit").interview.stage == Stage::left);
}

TEST_CASE("what is pinned already is not asked for again, and another key is told loudly") {
  Talk talk;
  talk.host_key->pinned = peer::Pinned::same;
  talk.say_all({"", "", "east", "", "ssh"});
  CHECK(talk.asked == Words{"node", "role", "peer", "account", "(host key)", "identity"});
  CHECK(draft(talk.interview).settings.peer.known_hosts_file == "/etc/hasync/ssh/known_hosts");
  CHECK(!draft(talk.interview).pins_host_key);
  Talk changed;
  changed.host_key->pinned = peer::Pinned::other;
  changed.say_all({"", "", "east", ""});
  CHECK(changed.id() == "host key");
  CHECK(next_question(changed.interview).above.find("IT DIFFERS FROM THE ONE PINNED") != std::string::npos);
  CHECK(changed.otherwise() == "no");
}

TEST_CASE("a host key that cannot be had only leaves its question out") {
  Talk talk;
  talk.host_key = fail(ExitCode::unreachable, "east gives none on port 22");
  talk.say_all({"", "", "east", ""});
  CHECK(talk.id() == "identity");
  CHECK(talk.interview.said == "no host key to pin: east gives none on port 22");
}

TEST_CASE("ssh is tried until it works, or until that is left for later") {
  Talk talk;
  talk.ssh = fail(ExitCode::unreachable, "east refuses the key");
  talk.say_all({"", "", "east", "", "no", "ssh"});
  CHECK(talk.id() == "retry");
  CHECK(talk.interview.said == "east refuses the key");
  talk.asked.clear();
  talk.say("yes");
  CHECK(talk.id() == "retry");
  talk.ssh = std::string{"rsync"};
  talk.say("yes");
  CHECK(talk.id() == "datasets");
  CHECK(talk.asked == Words{"retry", "(ssh)", "retry", "(ssh)", "(folders)"});
  Talk later;
  later.ssh = fail(ExitCode::unreachable, "east refuses the key");
  later.say_all({"", "", "east", "", "no", "ssh", "no"});
  CHECK(later.id() == "datasets");
  CHECK(next_question(later.interview).choices.empty());
}

TEST_CASE("a key is made once, and must be let in before ssh is tried") {
  Talk talk;
  talk.interview.here.has_key = false;
  talk.say_all({"", "", "east", "root@h:23", "no"});
  CHECK(talk.otherwise() == "make");
  talk.say("");
  CHECK(talk.id() == "let in");
  CHECK(next_question(talk.interview).above.find("ssh-copy-id -i /etc/hasync/ssh/id_ed25519.pub -p 23 root@h") !=
        std::string::npos);
  talk.say_all({"back", "", "later"});
  CHECK(talk.id() == "datasets");
  CHECK(talk.asked == Words{"node", "role", "peer", "account", "(host key)", "host key", "identity", "(make key)",
                            "let in", "identity", "let in"});
  CHECK(draft(talk.interview).let_in_later);
  Talk failing;
  failing.interview.here.has_key = false;
  failing.made = fail(ExitCode::failed, "the disk is full");
  failing.say_all({"", "", "east", "", "no", "make"});
  CHECK(failing.id() == "identity");
  CHECK(failing.interview.said == "no key was made: the disk is full");
}

TEST_CASE("an address is read as ssh knows it") {
  const auto peer_of = [](const std::string& account) {
    Talk talk;
    talk.say_all({"", "", "east", account});
    REQUIRE(talk.interview.said.empty());
    return draft(talk.interview).settings.peer;
  };
  CHECK(peer_of("").host == "east");
  CHECK(peer_of("").user == "hasync");
  CHECK(peer_of("10.0.0.1:2222").port == 2222);
  CHECK(peer_of("10.0.0.1:2222").user == "hasync");
  CHECK(peer_of("root@[2001:db8::1]:2222").host == "2001:db8::1");
  CHECK(peer_of("root@[2001:db8::1]:2222").port == 2222);
  CHECK(peer_of("root@2001:db8::1").host == "2001:db8::1");
}

TEST_CASE("a host's own name is suggested only when it is a name") {
  CHECK(next_question(begin_interview({"west", "/c", now})).otherwise == "west");
  CHECK(next_question(begin_interview({"localhost", "/c", now})).otherwise.empty());
  CHECK(next_question(begin_interview({"", "/c", now})).otherwise.empty());
}
