#include "config/shorthand.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

TEST_CASE("a dataset in one word") {
  const auto plain = dataset_from("app=/var/lib/app");
  REQUIRE(plain);
  CHECK(plain->name == "app");
  CHECK(plain->source == "/var/lib/app");
  CHECK(plain->live.empty());
  const auto with_live = dataset_from("app=/var/lib/app:/srv/app/");
  REQUIRE(with_live);
  CHECK(with_live->source == "/var/lib/app");
  CHECK(with_live->live == "/srv/app");
}

TEST_CASE("a database in one word is its URI, which has colons of its own") {
  const auto database = dataset_from("db=postgresql://me@db:5433/app?host=/run/x");
  REQUIRE(database);
  CHECK(database->type == DatasetType::postgresql);
  CHECK(database->source == "postgresql://me@db:5433/app?host=/run/x");
  CHECK(database->live.empty());
}

TEST_CASE("the scheme of a URI says which server it is") {
  CHECK(dataset_from("db=mysql:///app")->type == DatasetType::mysql);
  CHECK(dataset_from("db=/mysql")->type == DatasetType::files);
}

TEST_CASE("a probe in one word") {
  const auto http = probe_from("web=https://east.example.net:8443/status?a=b");
  REQUIRE(http);
  CHECK(http->type == ProbeType::http);
  CHECK(http->url == "https://east.example.net:8443/status?a=b");
  const auto tcp = probe_from("db=east.example.net:5432");
  REQUIRE(tcp);
  CHECK(tcp->type == ProbeType::tcp);
  CHECK(tcp->host == "east.example.net");
  CHECK(tcp->port == 5432);
  CHECK(probe_from("db=[2001:db8::1]:5432")->host == "2001:db8::1");
  CHECK(probe_from("db=:5432")->host.empty());  // the peer's own
}

TEST_CASE("a step in one word") {
  const auto step = step_from("start app=systemctl  start --env=a app");
  REQUIRE(step);
  CHECK(step->name == "start app");
  CHECK(step->run == std::vector<std::string>{"systemctl", "start", "--env=a", "app"});
}

TEST_CASE("what is wrong with a word is told, with what is accepted") {
  const auto message = [](const auto& result) { return result ? std::string{"none"} : result.error().message; };
  CHECK(message(dataset_from("app")) == "\"app\" is not NAME=SOURCE or NAME=SOURCE:LIVE, as app=/var/lib/app");
  CHECK(message(dataset_from("app=relative")) ==
        "\"app=relative\" source: \"relative\" is not an absolute path (accepted: an absolute path, or "
        "a URI as postgresql:///app)");
  CHECK(message(dataset_from("app=/a:")) == "\"app=/a:\" live: has no value (accepted: an absolute path)");
  CHECK(message(dataset_from("a b=/a")) ==
        "\"a b=/a\" name: \"a b\" is not a name: letters, digits, - and _, at most 63 (accepted: letters, digits, - "
        "and _)");
  const std::string neither = "is neither NAME=URL nor NAME=HOST:PORT, as web=http://east.example.net/status";
  CHECK(message(probe_from("web")) == "\"web\" " + neither);
  CHECK(message(probe_from("web=east")) == "\"web=east\" " + neither);
  CHECK(message(probe_from("=east:80")) == "\"=east:80\" " + neither);
  CHECK(message(probe_from("db=east:99999")) == "\"db=east:99999\" port: 99999 is out of range (accepted: 1 to 65535)");
  CHECK(message(step_from("stop app")) == "\"stop app\" is not NAME=COMMAND, as \"start app=systemctl start app\"");
  CHECK(message(step_from("say='a b'")) ==
        "\"'a b'\" has quotes, which are not understood here; name a script, or write the step with an editor");
}
