#include <random>

#include "config/edit.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

namespace {

std::string edited(const std::string& text, const std::string& path, const std::string& value) {
  const auto done = carry_out(text, "f.yaml", {Assignment{path, value}});
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

TEST_CASE("a key that is not there yet lands where a person would put it, in the file's own style") {
  const auto each = GENERATE(
      // in the order of the manual page, whatever the order of the lines
      Splice{"sync:\n  keep: 3\n\nnode:\n  name: west\n", "sync.run_every", "1h",
             "sync:\n  run_every: 1h\n  keep: 3\n\nnode:\n  name: west\n"},
      Splice{"sync:\r\n    run_every: 1h # often\r\n    # end\r\n", "sync.keep", "3",
             "sync:\r\n    run_every: 1h # often\r\n    keep: 3\r\n    # end\r\n"},
      Splice{"sync:\n  run_every: 1h", "sync.keep", "3", "sync:\n  run_every: 1h\n  keep: 3"},
      Splice{"sync:\n  datasets:\n    - name: app\n      source: /a\nnode:\n  name: w\n", "sync.timeout", "5m",
             "sync:\n  timeout: 5m\n  datasets:\n    - name: app\n      source: /a\nnode:\n  name: w\n"},
      Splice{"sync:\n  datasets:\n    - name: app\n      source: /a\n", "sync.datasets.app.live", "/l",
             "sync:\n  datasets:\n    - name: app\n      source: /a\n      live: /l\n"},
      Splice{"failover:\n  promote:\n    - { name: a.b, run: [x] }\n", "failover.promote.a.b.retries", "2",
             "failover:\n  promote:\n    - { name: a.b, run: [x], retries: 2 }\n"},
      // below the comment that shows it
      Splice{"sync:\n  run_every: 1h\n  # timeout: 2h   # at most\n  # and more\nnode: { name: w }\n", "sync.timeout",
             "3h",
             "sync:\n  run_every: 1h\n  # timeout: 2h   # at most\n  timeout: 3h\n  # and more\nnode: { name: w }\n"},
      Splice{"notify:\n  # smtp: {}\n  email: { to: a@b }\n", "notify.smtp.tls", "none",
             "notify:\n  # smtp: {}\n  smtp:\n    tls: none\n  email: { to: a@b }\n"},
      // sections, with the empty line between them that the others have
      Splice{"node:\n  name: w\n\n# the other\npeer:\n  name: e\n\nhistory:\n  retain: 1d\n", "sync.keep", "5",
             "node:\n  name: w\n\n# the other\npeer:\n  name: e\n\nsync:\n  keep: 5\n\nhistory:\n  retain: 1d\n"},
      Splice{"node: { name: west }\n", "heartbeat.interval", "5s",
             "node: { name: west }\nheartbeat:\n  interval: 5s\n"},
      Splice{"node:\n    name: west\n", "notify.smtp.tls", "none",
             "node:\n    name: west\nnotify:\n    smtp:\n        tls: none\n"},
      Splice{"# nothing but words", "node.name", "w", "# nothing but words\nnode:\n  name: w\n"},
      // a section without anything in it
      Splice{"node:\n  name: w\nsync:   # later\npeer:\n  name: e\n", "sync.keep", "5",
             "node:\n  name: w\nsync:   # later\n  keep: 5\npeer:\n  name: e\n"},
      Splice{"sync:\n  # keep: 3\nnode: {}\n", "sync.keep", "5", "sync:\n  # keep: 3\n  keep: 5\nnode: {}\n"},
      Splice{"sync: ~\n", "sync.keep", "5", "sync: { keep: 5 }\n"},
      Splice{"node: {}\n", "node.name", "west", "node: { name: west }\n"},
      Splice{"notify: { on_failure: true }\n", "notify.smtp.tls", "none",
             "notify: { on_failure: true, smtp: { tls: none } }\n"},
      Splice{"sync: { keep: 3 }\n", "sync.run_every", "1h", "sync: { run_every: 1h, keep: 3 }\n"},
      // brackets over several lines
      Splice{"sync: {\n    run_every: 1h, # often\n    keep: 3\n  }\n", "sync.timeout", "2h",
             "sync: {\n    run_every: 1h, # often\n    keep: 3,\n    timeout: 2h\n  }\n"},
      Splice{"sync: {\n    run_every: 1h, # often\n    timeout: 3h # long\n  }\n", "sync.keep", "3",
             "sync: {\n    run_every: 1h, # often\n    keep: 3,\n    timeout: 3h # long\n  }\n"},
      // JSON stays JSON
      Splice{"{\n \"sync\": {\n  \"run_every\": \"1h\"\n }\n}\n", "sync.keep", "3",
             "{\n \"sync\": {\n  \"run_every\": \"1h\",\n  \"keep\": 3\n }\n}\n"},
      Splice{"{\"sync\": {\"keep\": 3}}", "sync.run_every", "1h", "{\"sync\": {\"run_every\": \"1h\", \"keep\": 3}}"},
      Splice{"{\"node\": {}}", "notify.email.to", "[a@b]",
             "{\"node\": {}, \"notify\": { \"email\": { \"to\": [\"a@b\"] } }}"});
  CHECK(edited(each.before, each.path, each.value) == each.after);
}

TEST_CASE("values in every form are replaced, and what stands around them stays") {
  const auto each = GENERATE(
      Splice{"peer:\n  name: |  # so\n    east\n\n  host: h\n", "peer.name", "west",
             "peer:\n  name: west\n\n  host: h\n"},
      Splice{"peer:\n  name: \"ea\n    st\"  # two lines\n", "peer.name", "west",
             "peer:\n  name: \"west\"  # two lines\n"},
      Splice{"peer:\n  user: one\n    two\n  host: h\n", "peer.user", "three", "peer:\n  user: three\n  host: h\n"},
      Splice{"node: { name: &n west }\npeer: { name: *n }\n", "peer.name", "east",
             "node: { name: &n west }\npeer: { name: east }\n"},
      Splice{"node: { name: &n west }\n", "node.name", "east", "node: { name: &n east }\n"},
      Splice{"sync:\n  keep:   # some\n", "sync.keep", "4", "sync:\n  keep: 4   # some\n"},
      Splice{"sync: { keep: , timeout: 1h }\n", "sync.keep", "4", "sync: { keep: 4 , timeout: 1h }\n"},
      Splice{"notify:\n  email:\n    to:\n      - a@b  # her\n      - c@d  # him\n", "notify.email.to",
             "[a@b, e@f, g@h]", "notify:\n  email:\n    to:\n      - a@b  # her\n      - e@f  # him\n      - g@h\n"},
      Splice{"notify:\n  email:\n    to:\n      - a@b  # her\n      - c@d  # him\n", "notify.email.to", "[c@d]",
             "notify:\n  email:\n    to:\n      - c@d  # him\n"},
      Splice{"notify: { email: { to: a@b } }\n", "notify.email.to", "[a@b, c@d]",
             "notify: { email: { to: [a@b, c@d] } }\n"},
      Splice{"notify: { email: { to: [a@b, c@d] } }\n", "notify.email.to", "e@f",
             "notify: { email: { to: [e@f] } }\n"});
  CHECK(edited(each.before, each.path, each.value) == each.after);
}

TEST_CASE("what cannot be edited safely is refused with the reason") {
  CHECK(edited("node: { name: &n west }\npeer: { name: *n }\n", "node.name", "x") ==
        "REFUSED node.name cannot be changed here: what stands around it would change too; use hasync config edit, "
        "nothing was changed");
  CHECK(edited("failover:\n  promote: &s\n    - { name: a, run: [x] }\n  demote: *s\n", "failover.demote.a.retries",
               "1") ==
        "REFUSED failover.demote.a.retries cannot be changed here: it is held by an alias; use hasync config edit, "
        "nothing was changed");
  CHECK(edited("? sync\n: { keep: 3 }\n", "peer.name", "x")
            .starts_with("REFUSED peer.name cannot be changed here: its key is "));
  CHECK(edited("sync: {}\n", "sync.datasets.app.source", "/x") ==
        "REFUSED there is no sync.datasets.app (there are none yet); see: hasync config show");
  CHECK(edited("sync: { datasets: [ { name: db } ] }\n", "sync.datasets.app.source", "/x") ==
        "REFUSED there is no sync.datasets.app (there is db); see: hasync config show");
  CHECK(edited("sync: { keep: 3 }\n", "sync.kep", "4") ==
        "REFUSED unknown key \"sync.kep\"; did you mean sync.keep? (see: hasync config keys)");
}

TEST_CASE("a key is taken out with its line or its comma, and nothing else") {
  const auto without = [](const std::string& text, const std::string& path) {
    const auto done = carry_out(text, "f.yaml", {Removal{path}});
    return done ? done->text : "REFUSED " + describe(done.error());
  };
  CHECK(without("sync:\n  # often\n  run_every: 1h  # yes\n  keep: 3\n", "sync.run_every") ==
        "sync:\n  # often\n  keep: 3\n");
  CHECK(without("sync:\n  run_every: 1h\n  keep: 3", "sync.keep") == "sync:\n  run_every: 1h");
  CHECK(without("sync:\r\n  keep: 3\r\n  timeout: 1h", "sync.timeout") == "sync:\r\n  keep: 3");
  CHECK(without("sync: { run_every: 1h, keep: 3, timeout: 1h }\n", "sync.keep") ==
        "sync: { run_every: 1h, timeout: 1h }\n");
  CHECK(without("sync: { run_every: 1h, keep: 3 }\n", "sync.keep") == "sync: { run_every: 1h }\n");
  CHECK(without("sync: { keep: 3 }\n", "sync.keep") == "sync: { }\n");
  CHECK(without("{\n \"sync\": {\n  \"keep\": 3,\n  \"timeout\": \"1h\"\n }\n}\n", "sync.timeout") ==
        "{\n \"sync\": {\n  \"keep\": 3\n }\n}\n");
  CHECK(without("failover:\n  fence:\n    run: [x]\n    timeout: 5s\n  action: standby\n", "failover.fence") ==
        "failover:\n  action: standby\n");
  CHECK(without("sync:\n  datasets:\n    - source: /a\n      name: app\n", "sync.datasets.app.source") ==
        "sync:\n  datasets:\n    - name: app\n");
  CHECK(without("sync: { keep: 3 }\n", "sync.timeout") == "sync: { keep: 3 }\n");
  CHECK(without("failover: { promote: &s [ { name: a, run: [x] } ], demote: *s }\n", "failover.promote")
            .starts_with("REFUSED"));
  CHECK(without("sync: {}\n", "sync.kep") ==
        "REFUSED unknown key \"sync.kep\"; did you mean sync.keep? (see: hasync config keys)");
}

TEST_CASE("an item is added and taken out in the style of its list") {
  const auto added = [](const std::string& text, const std::string& name, const std::string& source) {
    const auto done = carry_out(text, "f.yaml", {Addition{"sync.datasets", {{"name", name}, {"source", source}}}});
    return done ? done->text : "REFUSED " + describe(done.error());
  };
  const auto each = GENERATE(
      Splice{"sync:\n  datasets:\n    - { name: app, source: /a }  # main\n  # end\n", "db", "/b",
             "sync:\n  datasets:\n    - { name: app, source: /a }  # main\n    - { name: db, source: /b }\n  # end\n"},
      Splice{"sync:\n  datasets:\n  - name: app\n    source: /a\n\nnode: {}\n", "db", "/b",
             "sync:\n  datasets:\n  - name: app\n    source: /a\n  - name: db\n    source: /b\n\nnode: {}\n"},
      Splice{"sync: { datasets: [ { name: app, source: /a } ] }\n", "db", "/b",
             "sync: { datasets: [ { name: app, source: /a }, { name: db, source: /b } ] }\n"},
      Splice{"sync:\n  datasets: [\n    { name: app, source: /a },\n  ]\n", "db", "/b",
             "sync:\n  datasets: [\n    { name: app, source: /a },\n    { name: db, source: /b }\n  ]\n"},
      Splice{"sync: { datasets: [] }\n", "db", "/b", "sync: { datasets: [{ name: db, source: /b }] }\n"},
      Splice{"sync:\n  datasets:   # none\nnode: {}\n", "db", "/b",
             "sync:\n  datasets:   # none\n    - { name: db, source: /b }\nnode: {}\n"},
      Splice{"sync:\n  keep: 3\n", "db", "/b", "sync:\n  keep: 3\n  datasets:\n    - { name: db, source: /b }\n"},
      Splice{"node: { name: w }\n", "db", "/b",
             "node: { name: w }\nsync:\n  datasets:\n    - { name: db, source: /b }\n"},
      Splice{"{\"sync\": {\"datasets\": [\n {\"name\": \"app\"}\n]}}", "db", "/b",
             "{\"sync\": {\"datasets\": [\n {\"name\": \"app\"},\n { \"name\": \"db\", \"source\": \"/b\" }\n]}}"},
      Splice{"sync:\n  datasets:\n    - { name: db, source: /b }\n", "db", "/b",
             "sync:\n  datasets:\n    - { name: db, source: /b }\n"});
  CHECK(added(each.before, each.path, each.value) == each.after);
  CHECK(added("sync:\n  datasets:\n    - { name: db, source: /b }\n", "db", "/c") ==
        "REFUSED sync.datasets: there is a \"db\" already, which differs; change it with hasync config set "
        "sync.datasets.db.KEY=VALUE, or remove it first");

  // And out again: the list is as before, or there with nothing in it.
  const auto out = carry_out(each.after, "f.yaml", {Removal{std::string{"sync.datasets."} + each.path}});
  REQUIRE(out);
  const auto left = parse_document(out->text, "f").value();
  CHECK(out->text.find("/b") == std::string::npos);
  const auto* datasets = left.find("sync")->find("datasets");
  const auto original = parse_document(each.before, "f").value();
  const auto* sync = original.find("sync");
  const auto* before = sync == nullptr ? nullptr : sync->find("datasets");
  CHECK(datasets->items.size() ==
        (before == nullptr || std::string_view{each.before} == each.after ? 0 : before->items.size()));
}

TEST_CASE("a nested field of a new item becomes a map of its own") {
  const auto done =
      carry_out("heartbeat:\n  probes:\n    - name: a\n      port: 1\n", "f",
                {Addition{"heartbeat.probes",
                          {{"name", "web"}, {"type", "http"}, {"url", "http://e/x"}, {"expect.status", "204"}}}});
  REQUIRE(done);
  CHECK(
      done->text ==
      "heartbeat:\n  probes:\n    - name: a\n      port: 1\n    - name: web\n      type: http\n      url: http://e/x\n"
      "      expect: { status: 204 }\n");
  REQUIRE(done->changes.size() == 4);
  CHECK(done->changes[3].path == "heartbeat.probes.web.expect.status");
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
    const auto done = carry_out(text, "f.yaml", {Assignment{"peer.user", value}});
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
    const auto again = carry_out(done->text, "f.yaml", {Assignment{"peer.user", value}});
    REQUIRE(again);
    CHECK(again->text == done->text);
    CHECK(again->changes.empty());
  }
}
