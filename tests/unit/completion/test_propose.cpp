#include "completion/propose.hpp"
#include "config/keys.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::completion;

namespace {

using Words = std::vector<std::string>;

Parameter argument(const char* name, Takes takes = Takes::one) { return {.names = {name}, .takes = takes}; }
Parameter option(Words names, const char* value, Takes takes = Takes::one) {
  return {.names = std::move(names), .takes = takes, .value = value};
}
Parameter flag(Words names) { return {.names = std::move(names), .takes = Takes::nothing}; }
Command leaf(const char* name, std::vector<Parameter> arguments = {}, std::vector<Parameter> options = {}) {
  return {.name = name, .help = {}, .options = std::move(options), .arguments = std::move(arguments), .commands = {}};
}
Command branch(const char* name, std::vector<Command> commands) {
  return {.name = name, .help = {}, .options = {}, .arguments = {}, .commands = std::move(commands)};
}

Command tree() {
  auto root = branch(
      "hasync",
      {branch("config", {leaf("get", {argument("KEY")}), leaf("unset", {argument("KEY", Takes::many)}),
                         leaf("set", {argument("KEY=VALUE", Takes::many)}, {flag({"--check"}), flag({"--json"})})}),
       leaf("init", {},
            {option({"--role"}, "ROLE"), option({"--store"}, "FOLDER"), option({"--answers"}, "FILE"),
             option({"--dataset"}, "DATASET", Takes::many)}),
       leaf("apply", {}, {option({"--scheduler"}, "NAME")}), leaf("history", {argument("KIND")}),
       leaf("promote", {},
            {{.names = {"--force"}, .takes = Takes::many, .value = "GUARD", .delimiter = ','}, flag({"--dry-run"})}),
       leaf("help", {argument("COMMAND", Takes::many)}), branch("points", {leaf("show", {argument("ID")})}),
       branch("dataset", {leaf("remove", {argument("NAME")})}), branch("probe", {leaf("remove", {argument("NAME")})}),
       branch("witness", {leaf("remove", {argument("NAME")})}),
       branch("email", {leaf("remove", {argument("ADDRESS")})}),
       branch("step", {leaf("remove", {argument("WHEN"), argument("NAME")})})});
  root.options = {option({"--config"}, "FILE"), flag({"-v", "--verbose"})};
  return root;
}

const Known known{.settings = {{"sync.run_every", "45m", 3},
                               {"sync.keep", "3", 0},
                               {"sync.store", "/srv/hasync", 4},
                               {"sync.datasets.app.name", "app", 6},
                               {"sync.datasets.app.source", "/var/lib/app", 6},
                               {"sync.datasets.app.live", "/var/lib/app", 6},
                               {"sync.datasets.db.name", "db", 7},
                               {"heartbeat.probes.web.name", "web", 9},
                               {"failover.action", "promote", 11},
                               {"failover.witnesses.gateway.name", "gateway", 12},
                               {"failover.promote.start app.name", "start app", 13},
                               {"failover.promote.v1.2.name", "v1.2", 13},
                               {"failover.demote.stop app.name", "stop app", 14},
                               {"notify.email.to", "[ops@example.com, \"on,call@example.com\"]", 15}},
                  .points = {"2026-11-24T02:00:00Z", "2026-11-23T02:00:00Z"}};

const Command root = tree();

Proposal proposal(const Words& words, const Known& of = known) { return propose(root, understand(root, words), of); }

Words proposed(const Words& words, const Known& of = known) {
  Words texts;
  for (const auto& each : proposal(words, of).candidates) texts.push_back(each.text);
  return texts;
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string help_of(const Words& words, const std::string& text) {
  for (const auto& each : proposal(words).candidates)
    if (each.text == text) return each.help;
  return "not proposed";
}

}  // namespace

TEST_CASE("commands stand where a command may") {
  CHECK(proposed({"config", ""}) == Words{"get", "unset", "set"});
  CHECK(proposed({"-v", "--config", "config", "config", "se"}) == Words{"get", "unset", "set"});
  CHECK(proposed({"config", "nonsense", ""}) == Words{"get", "unset", "set"});
  CHECK(contains(proposed({""}), "history"));
  CHECK(proposed({}) == proposed({""}));
  CHECK(proposed({"--", ""}).empty());
  CHECK(proposed({"help", ""}) == proposed({""}));
  CHECK(proposed({"help", "config", ""}) == Words{"get", "unset", "set"});
  CHECK(proposed({"help", "config", "get", ""}).empty());
  CHECK(proposed({"help", "nonsense", ""}).empty());
}

TEST_CASE("options of the command and of the program, but not twice") {
  CHECK(proposed({"config", "set", "-"}) == Words{"--check", "--json", "--config", "--verbose"});
  CHECK(proposed({"config", "set", "--check", "-v", "--"}) == Words{"--json", "--config"});
  CHECK(proposed({"config", "set", "--config=x", "--"}) == Words{"--check", "--json", "--verbose"});
  CHECK(proposed({"promote", "--force", "role", "--"}) == Words{"--force", "--dry-run", "--config", "--verbose"});
  CHECK(proposed({"promote", ""}) == Words{"--force", "--dry-run", "--config", "--verbose"});
  CHECK(proposed({"promote", "x"}).empty());
}

TEST_CASE("what stands after -- is no option") {
  CHECK(contains(proposed({"config", "set", "--", "--"}), "sync.keep="));
  CHECK(proposed({"help", "--", "-"}) == proposed({""}));
}

TEST_CASE("values of options come from where they are checked") {
  CHECK(proposed({"init", "--role", ""}) == Words{"primary", "secondary"});
  CHECK(proposed({"init", "--role=s"}) == Words{"--role=primary", "--role=secondary"});
  CHECK(proposed({"apply", "--scheduler", ""}) == Words{"auto", "systemd", "systemd-user", "cron.d", "crontab"});
  CHECK(contains(proposed({"promote", "--force", ""}), "data-age"));
  CHECK_FALSE(contains(proposed({"promote", "--force", ""}), "recovery-point"));  // it cannot be overridden
  CHECK(contains(proposed({"promote", "--force", "data-age", ""}), "witness"));
  CHECK(contains(proposed({"promote", "--force=data-age,"}), "--force=data-age,witness"));
  CHECK(proposed({"promote", "--dry-run=x"}).empty());
  CHECK(proposed({"promote", "--nonsense=x"}).empty());
  CHECK(proposed({"history", ""}) == Words{"all", "syncs", "heartbeats", "failovers", "mails", "events"});
  CHECK(proposed({"history", "syncs", "m"}).empty());
}

TEST_CASE("files are left to the shell, which is told where their names begin") {
  CHECK(proposal({"--config", "/e"}).files == Files::files);
  CHECK(proposal({"status", "--config=/e"}).files == Files::files);
  CHECK(proposal({"status", "--config=/e"}).kept == 9);
  CHECK(proposal({"init", "--answers", ""}).files == Files::files);
  CHECK(proposed({"init", "--store", ""}) == Words{"/srv/hasync"});
  CHECK(proposal({"init", "--store", "/"}).files == Files::files);
  CHECK(proposal({"init", "--dataset", "app"}).files == Files::none);
  CHECK(proposal({"init", "--dataset=app=/v"}).files == Files::folders);
  CHECK(proposal({"init", "--dataset=app=/v"}).kept == 14);
  CHECK(proposal({"init", "--dataset", "app=/v:/w"}).kept == 7);
  CHECK(proposal({"config", "set", "sync.store=/s"}).files == Files::files);
  CHECK(proposal({"config", "set", "sync.store=/s"}).kept == 11);
  CHECK(proposal({"config", "set", "peer.identity_file="}).files == Files::files);  // nothing is known of it
  CHECK(proposal({"config", "set", "sync.keep=1"}).files == Files::none);
}

TEST_CASE("keys are those of the table, of lists by the names in the settings") {
  for (const auto& command : {"get", "set"}) {
    const std::string end = command == std::string{"set"} ? "=" : "";
    const auto keys = proposed({"config", command, ""});
    for (const auto& key : config::keys())
      if (key.path.find("[]") == std::string::npos) CHECK(contains(keys, key.path + end));
    CHECK(contains(keys, "sync.datasets.app.source" + end));
    CHECK(contains(keys, "sync.datasets.db.exclude" + end));
    CHECK(contains(keys, "heartbeat.probes.web.expect.status" + end));
    CHECK(contains(keys, "failover.promote.start app.on_error" + end));
    for (const auto& key : keys) {
      CHECK(key.find("v1.2") == std::string::npos);  // a path could not say where the name ends
      CHECK(key.find("[]") == std::string::npos);
    }
    CHECK(contains(proposed({"config", command, ""}, {}), "sync.keep" + end));
    CHECK_FALSE(contains(proposed({"config", command, ""}, {}), "sync.datasets.app.source" + end));
  }
  CHECK(help_of({"config", "get", ""}, "sync.keep") == "How many recovery points are kept.");
}

TEST_CASE("a setting is proposed its choices, or what it is and would be by default") {
  CHECK(proposed({"config", "set", "failover.action="}) == Words{"failover.action=standby", "failover.action=promote"});
  CHECK(help_of({"config", "set", "failover.action="}, "failover.action=standby") == "the default");
  CHECK(help_of({"config", "set", "failover.action=p"}, "failover.action=promote") == "now");
  CHECK(proposed({"config", "set", "notify.on_failure="}) ==
        Words{"notify.on_failure=true", "notify.on_failure=false"});
  CHECK(proposed({"config", "set", "sync.run_every="}) == Words{"sync.run_every=45m", "sync.run_every=15m"});
  CHECK(proposed({"config", "set", "sync.run_every="}, {}) == Words{"sync.run_every=15m"});
  CHECK(proposed({"config", "set", "sync.keep="}) == Words{"sync.keep=3"});
  CHECK(proposed({"config", "set", "failover.promote.start app.on_error="}) ==
        Words{"failover.promote.start app.on_error=abort", "failover.promote.start app.on_error=continue"});
  CHECK(proposed({"config", "set", "sync.kep="}).empty());
  CHECK(proposed({"config", "set", "peer.host="}).empty());
  CHECK_FALSE(contains(proposed({"config", "set", "sync.keep=7", ""}), "sync.keep="));
  CHECK(contains(proposed({"config", "set", "sync.keep=7", ""}), "sync.run_every="));
}

TEST_CASE("only what stands in the file, and need not, can be taken out of it") {
  CHECK(proposed({"config", "unset", ""}) == Words{"sync.run_every", "sync.store", "sync.datasets.app.source",
                                                   "sync.datasets.app.live", "failover.action", "notify.email.to"});
  CHECK(help_of({"config", "unset", ""}, "sync.run_every") == "45m");
}

TEST_CASE("names of the settings stand where one is asked for") {
  CHECK(proposed({"dataset", "remove", ""}) == Words{"app", "db"});
  CHECK(proposed({"probe", "remove", ""}) == Words{"web"});
  CHECK(proposed({"witness", "remove", ""}) == Words{"gateway"});
  CHECK(proposed({"step", "remove", ""}) == Words{"promote", "demote"});
  CHECK(proposed({"step", "remove", "promote", ""}) == Words{"start app", "v1.2"});
  CHECK(proposed({"step", "remove", "demote", ""}) == Words{"stop app"});
  CHECK(proposed({"points", "show", ""}) == known.points);
  CHECK(proposed({"dataset", "remove", "app", "x"}).empty());
  CHECK(proposed({"dataset", "remove", ""}, {}).empty());
}

TEST_CASE("addresses are read out of the list") {
  const Known two{.settings = {{"notify.email.to", "[ops@example.com, \"o'x@example.com\"]", 1}}, .points = {}};
  CHECK(proposed({"email", "remove", ""}, two) == Words{"ops@example.com", "o'x@example.com"});
  const Known one{.settings = {{"notify.email.to", "ops@example.com", 1}}, .points = {}};
  CHECK(proposed({"email", "remove", ""}, one) == Words{"ops@example.com"});
  CHECK(proposed({"email", "remove", ""}, {}).empty());
}

TEST_CASE("the settings named on the line are the ones that are read") {
  CHECK(understand(root, {"--config", "/a", "config", "get", ""}).settings == "/a");
  CHECK(understand(root, {"config", "get", "--config=/b", ""}).settings == "/b");
  CHECK_FALSE(understand(root, {"config", "get", "--config"}).settings);
  CHECK_FALSE(understand(root, {"config", "set", "--", "--config=/b", ""}).settings);
}

TEST_CASE("a name that would break the answer's lines is not proposed") {
  const Known hostile{.settings = {{"sync.datasets.a\nb.name", "a\nb", 1}, {"sync.datasets.c.name", "c", 2}},
                      .points = {}};
  CHECK(proposed({"dataset", "remove", ""}, hostile) == Words{"c"});
}
