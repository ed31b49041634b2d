#include "config/answers.hpp"

#include <map>

#include "config/compose.hpp"
#include "config/load.hpp"
#include "os/atomic_file.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

namespace {

const std::string root = HASYNC_SOURCE_DIR;

// One of each, none the default.
const std::map<std::string, std::string> samples{
    {"node", "rome"},
    {"role", "primary"},
    {"peer", "oslo"},
    {"transport", "local"},
    {"host", "east.example.net"},
    {"user", "root"},
    {"port", "2222"},
    {"identity-file", "/etc/key"},
    {"known-hosts-file", "/etc/known"},
    {"dataset", "app=/mnt/app:/srv/app"},
    {"store", "/srv/points"},
    {"keep", "7"},
    {"start-time", "02:00"},
    {"run-every", "45m"},
    {"bandwidth-limit", "512KiB/s"},
    {"probe", "web=http://east.example.net/"},
    {"interval", "20s"},
    {"failures", "4"},
    {"recheck-interval", "9s"},
    {"timeout", "3s"},
    {"action", "promote"},
    {"max-data-age", "0"},
    {"witness", "gateway=10.0.0.254:443"},
    {"fence", "/bin/off: yes"},
    {"step", "start: app=systemctl start --now app"},
    {"demote-step", "stop app=systemctl stop [app]"},
    {"on-sync-completion", "true"},
    {"on-failure", "false"},
    {"email", "ops@example.com"},
    {"from", "hasync@example.com"},
    {"smtp", "smtp://127.0.0.1:25"},
    {"tls", "none"},
    {"smtp-username", "null"},
    {"smtp-password-file", "/etc/password"},
    {"retain", "30d"},
};

Given given(const std::string& name, const std::string& text) {
  return {find_answer(name), {.kind = Value::Kind::scalar, .text = text}};
}

std::vector<Given> needed() {
  return {given("node", "west"), given("peer", "east"), given("host", "h"), given("dataset", "d=/d"),
          given("smtp", "smtp://h")};
}

std::vector<std::string> messages(const std::vector<Fault>& faults) {
  std::vector<std::string> all;
  for (const auto& fault : faults) all.push_back(fault.message);
  return all;
}

}  // namespace

TEST_CASE("what is written for any answer is sound, and holds the answer") {
  for (const auto& answer : answers()) {
    INFO(answer.name);
    REQUIRE(samples.contains(answer.name));
    auto with = merged(needed(), {given(answer.name, samples.at(answer.name))});
    auto without = needed();
    if (answer.name == "transport") {  // which needs a probe
      with.push_back(given("probe", samples.at("probe")));
      without.push_back(given("probe", samples.at("probe")));
    }
    if (answer.name == "smtp-username") {  // which needs a password
      with.push_back(given("smtp-password-file", "/p"));
      without.push_back(given("smtp-password-file", "/p"));
    }
    const auto settled = settle(with);
    REQUIRE(messages(settled.faults) == std::vector<std::string>{});
    const auto text = compose(settled.settings);
    CHECK(text != compose(settle(without).settings));
    const auto loaded = load_text(text, "hasync.yaml");
    if (!loaded) FAIL(loaded.error().message << "\n" << text);
    CHECK(compose(loaded->config) == text);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      CHECK(end - at <= 120);
  }
}

TEST_CASE("the sample of a file of answers is sound") {
  const auto text = read_file(root + "/etc/answers.yaml").value();
  const auto told = told_in(parse_document(text, "answers.yaml").value());
  CHECK(messages(told.faults) == std::vector<std::string>{});
  const auto settled = settle(told.given);
  CHECK(messages(settled.faults) == std::vector<std::string>{});
  CHECK(settled.settings.sync.datasets.size() == 2);
  CHECK(settled.settings.failover.promote.front().run ==
        std::vector<std::string>{"systemctl", "enable", "--now", "app"});
}

TEST_CASE("every fault in a file of answers is told at its place") {
  const std::string text =
      "node: west\n"
      "pear: east\n"
      "host: east\n"
      "dataset: [app=/a, app=/b, { name: c }]\n"
      "run-every: 15\n"
      "host: west\n"
      "store:\n";
  const auto told = told_in(parse_document(text, "a.yaml").value());
  auto faults = settle(told.given).faults;
  faults.insert(faults.end(), told.faults.begin(), told.faults.end());
  CHECK(render(faults, text, "a.yaml") ==
        "a.yaml:1:1: peer: is missing\n"
        "    1 | node: west\n"
        "      | ^\n"
        "      the other server's name\n"
        "a.yaml:2:1: unknown answer \"pear\"\n"
        "    2 | pear: east\n"
        "      | ^^^^\n"
        "      did you mean peer?\n"
        "a.yaml:4:19: dataset: there are two called \"app\"; give each a name of its own\n"
        "    4 | dataset: [app=/a, app=/b, { name: c }]\n"
        "      |                   ^^^^^^\n"
        "a.yaml:4:27: dataset: is not one text\n"
        "    4 | dataset: [app=/a, app=/b, { name: c }]\n"
        "      |                           ^\n"
        "      NAME=SOURCE or NAME=SOURCE:LIVE\n"
        "a.yaml:5:12: run-every: \"15\" has no unit; did you mean 15m?\n"
        "    5 | run-every: 15\n"
        "      |            ^^\n"
        "      accepted: 1m to 7d, whole minutes\n"
        "a.yaml:6:1: \"host\" is there twice\n"
        "    6 | host: west\n"
        "      | ^^^^\n"
        "      remove one of them\n"
        "a.yaml:7:1: store: has no value\n"
        "    7 | store:\n"
        "      | ^\n"
        "      accepted: an absolute path\n"
        "7 problems; nothing was changed");
}

TEST_CASE("what contradicts another answer is told where it stands, in the words of the answers") {
  const std::string text =
      "node: west\npeer: west\nhost: h\nstore: /srv/points\ndataset: [a=/a, b=/b:/srv]\nemail: a@b\n";
  const auto told = told_in(parse_document(text, "a.yaml").value());
  const auto rendered = render(settle(told.given).faults, text, "a.yaml");
  CHECK(rendered.find("a.yaml:2:7: peer: is the name of this node too\n") != std::string::npos);
  CHECK(rendered.find("a.yaml:5:17: dataset b.live: holds the store itself\n") != std::string::npos);
  CHECK(rendered.find("smtp: is missing\n") != std::string::npos);
}

TEST_CASE("an option wins over the same answer in a file, and over it only") {
  const auto settled =
      settle(merged({given("node", "west"), given("peer", "east"), given("host", "h"), given("dataset", "a=/a")},
                    {given("dataset", "b=/b"), given("keep", "9")}));
  CHECK(settled.faults.empty());
  REQUIRE(settled.settings.sync.datasets.size() == 1);
  CHECK(settled.settings.sync.datasets.front().name == "b");
  CHECK(settled.settings.sync.keep == 9);
  CHECK(settled.settings.node.name == "west");
}
