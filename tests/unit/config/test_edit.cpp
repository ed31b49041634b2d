#include <random>

#include "config/edit.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

namespace {

std::string edited(const std::string& text, const std::string& path, const std::string& value) {
  const auto done = set_values(text, "f.yaml", {{path, value}});
  return done ? done->text : "REFUSED " + describe(done.error());
}

struct Splice {
  const char* before;
  const char* path;
  const char* value;
  const char* after;
};

}  // namespace

TEST_CASE("an edit changes the bytes of its value and nothing else") {
  const auto each = GENERATE(
      Splice{"sync:\n  run_every: 15m   # often\n  keep: 3\n", "sync.run_every", "45m",
             "sync:\n  run_every: 45m   # often\n  keep: 3\n"},
      Splice{"sync: { run_every: 15m, keep: 3 }\r\n# end\r\n", "sync.keep", "12",
             "sync: { run_every: 15m, keep: 12 }\r\n# end\r\n"},
      Splice{"peer: { name: 'east' }", "peer.name", "o'brien", "peer: { name: 'o''brien' }"},
      Splice{"peer: { name: \"east\" }", "peer.host", "a b", "peer: { name: \"east\", host: a b }"},
      Splice{"sync:\n  start_time: \"02:00\"\n", "sync.start_time", "03:30", "sync:\n  start_time: \"03:30\"\n"},
      Splice{"sync:\n  start_time: 02:00\n", "sync.start_time", "03:30", "sync:\n  start_time: \"03:30\"\n"},
      Splice{"# ü\nnode: { name: west } # ö\n", "node.name", "süd", "# ü\nnode: { name: süd } # ö\n"},
      Splice{"\xEF\xBB\xBFnode:\n  name: west\n", "node.name", "east", "\xEF\xBB\xBFnode:\n  name: east\n"},
      Splice{"sync:\n  datasets:\n    - { name: app, source: /a }\n    - { name: db, source: /b }\n",
             "sync.datasets.db.source", "/c",
             "sync:\n  datasets:\n    - { name: app, source: /a }\n    - { name: db, source: /c }\n"},
      Splice{"heartbeat:\n  probes:\n  - name: web\n    url: \"http://a\"\n  # end\n", "heartbeat.probes.web.url",
             "http://b", "heartbeat:\n  probes:\n  - name: web\n    url: \"http://b\"\n  # end\n"},
      Splice{"notify:\n  email: { to: [a@b, c@d], from: x@y }\n", "notify.email.to", "[e@f]",
             "notify:\n  email: { to: [e@f], from: x@y }\n"},
      Splice{"failover:\n  action: standby", "failover.action", "promote", "failover:\n  action: promote"});
  CHECK(edited(each.before, each.path, each.value) == each.after);
}

TEST_CASE("a key that is not there yet lands in its map, in the file's own style") {
  CHECK(edited("sync:\n  keep: 3\n\nnode:\n  name: west\n", "sync.run_every", "1h") ==
        "sync:\n  keep: 3\n  run_every: 1h\n\nnode:\n  name: west\n");
  CHECK(edited("sync:\r\n    keep: 3 # three\r\n", "sync.run_every", "1h") ==
        "sync:\r\n    keep: 3 # three\r\n    run_every: 1h\r\n");
  CHECK(edited("sync:\n  keep: 3", "sync.run_every", "1h") == "sync:\n  keep: 3\n  run_every: 1h");
  CHECK(edited("node: {}\n", "node.name", "west") == "node: { name: west }\n");
  CHECK(edited("node: { name: west }\n", "heartbeat.interval", "5s") ==
        "node: { name: west }\nheartbeat:\n  interval: 5s\n");
  CHECK(edited("notify: { on_failure: true }\n", "notify.smtp.tls", "none") ==
        "notify: { on_failure: true, smtp: { tls: none } }\n");
  CHECK(edited("sync:\n  datasets:\n    - name: app\n      source: /a\nnode:\n  name: w\n", "sync.keep", "5") ==
        "sync:\n  datasets:\n    - name: app\n      source: /a\n  keep: 5\nnode:\n  name: w\n");
  CHECK(edited("sync:\n  datasets:\n    - name: app\n      source: /a\n", "sync.datasets.app.live", "/l") ==
        "sync:\n  datasets:\n    - name: app\n      source: /a\n      live: /l\n");
}

TEST_CASE("what cannot be edited safely is refused with the reason") {
  CHECK(edited("peer:\n  name: |\n    east\n", "peer.name", "x") ==
        "REFUSED peer.name: its value is a block of lines; change it with an editor");
  CHECK(edited("node: { name: &n west }\npeer: { name: *n }\n", "peer.name", "x") ==
        "REFUSED peer.name: its value is an alias; change it with an editor");
  CHECK(edited("peer:\n  name: \"ea\n    st\"\n", "peer.name", "x") ==
        "REFUSED peer.name: its value spans several lines; change it with an editor");
  CHECK(edited("notify:\n  email:\n    to:\n      - a@b\n", "notify.email.to", "[c@d]") ==
        "REFUSED notify.email.to: it is a list with a line an item; change it with an editor");
  CHECK(edited("sync: {}\n", "sync.datasets.app.source", "/x").starts_with("REFUSED"));
  CHECK(edited("sync: { keep: 3 }\n", "sync.kep", "4") ==
        "REFUSED unknown key \"sync.kep\"; did you mean sync.keep? (see: hasync config keys)");
}

TEST_CASE("a value that YAML would read as something else is quoted") {
  CHECK(edited("node: { name: west }\n", "node.name", "no") == "node: { name: \"no\" }\n");
  CHECK(edited("peer: { user: x }\n", "peer.user", "0600") == "peer: { user: \"0600\" }\n");
  CHECK(edited("peer: { user: x }\n", "peer.user", "a, b: c #d") == "peer: { user: \"a, b: c #d\" }\n");
  CHECK(edited("peer: { user: x }\n", "peer.user", "a\nb") == "peer: { user: \"a\\x0ab\" }\n");
}

TEST_CASE("over many documents: the same value changes no byte, another changes only its key") {
  std::mt19937 random{7};
  const std::vector<std::string> values{"west", "no",    "it's", "a: b", "#x", "",  " pad ", "ünï", "[list]", "{map}",
                                        "0x1f", "\"q\"", "\\",   "1.5",  "~",  "-", "a,b",   "*x",  "&y"};
  const std::vector<std::string> comments{"", " # one", "   # a: b, [c]", "\t# tab"};
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  for (int round = 0; round < 3000; ++round) {
    const std::string end = random() % 2 == 0 ? "\n" : "\r\n";
    const auto quote = [&](const std::string& value) {
      return "'" + (value == "it's" ? std::string{"it''s"} : value) + "'";
    };
    const auto user = quote(pick(values)), host = quote(pick(values));
    std::string text = random() % 3 == 0 ? "# head" + end : "";
    text += random() % 2 == 0 ? "peer: { user: " + user + ", host: " + host + " }" + end
                              : "peer:" + pick(comments) + end + "  user: " + user + pick(comments) + end + end +
                                    "  host: " + host + end;
    text += "sync:" + end + "  keep: 3" + pick(comments) + (random() % 2 == 0 ? end : "");
    const auto value = pick(values);
    const auto done = set_values(text, "f.yaml", {{"peer.user", value}});
    INFO(text << "\nset to: " << value);
    REQUIRE(done);
    const auto before = parse_document(text, "f").value(), after = parse_document(done->text, "f").value();
    CHECK(after.find("peer")->find("user")->text == value);
    CHECK(after.find("peer")->find("host")->text == before.find("peer")->find("host")->text);
    CHECK(after.find("sync")->find("keep")->text == "3");
    // The rest is the same to the byte: what stands before the value, and what stands behind it.
    const auto from = before.find("peer")->find("user")->offset;
    const auto behind = text.size() - from - user.size();
    CHECK(done->text.substr(0, from) == text.substr(0, from));
    REQUIRE(done->text.size() >= from + behind);
    CHECK(done->text.substr(done->text.size() - behind) == text.substr(text.size() - behind));
    const auto again = set_values(done->text, "f.yaml", {{"peer.user", value}});
    REQUIRE(again);
    CHECK(again->text == done->text);
    CHECK(again->changes.empty());
  }
}
