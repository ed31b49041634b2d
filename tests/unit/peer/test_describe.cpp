#include "peer/describe.hpp"

#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;

namespace {

const Instant at = parse_rfc3339("2026-11-24T02:00:00Z").value();

struct Answers final : ProcessRunner {
  ProcessResult result;
  std::vector<std::string> argv;
  Result<ProcessResult> run(const ProcessSpec& spec) override {
    argv = spec.argv;
    return result;
  }
  bool end_left_over(const std::string&) override { return false; }
};

const config::Peer east{.name = "east", .host = "east.example.net"};

std::string trouble(int code, const std::string& errors, const std::vector<std::string>& sources) {
  Answers runner;
  runner.result = {.code = code, .errors = errors};
  return ask_peer(east, runner, std::chrono::seconds{5}, {.sources = sources}).error().message;
}

}  // namespace

TEST_CASE("what a node tells of itself is understood by its peer") {
  const Description told{"east",
                         Role::primary,
                         3,
                         "1.4.2",
                         at,
                         true,
                         {{"/srv/app", true, "00ab"}, {"/srv/no", false, ""}},
                         {{"cat 'a b'", true, false}}};
  const auto heard = parse_description(render(told)).value();
  CHECK(heard.node == "east");
  CHECK(heard.version == "1.4.2");
  CHECK(heard.at == at);
  CHECK(heard.has_aes);
  REQUIRE(heard.sources.size() == 2);
  CHECK(heard.sources[0].path == "/srv/app");
  CHECK(heard.sources[0].there);
  CHECK(heard.sources[0].file_system == "00ab");
  CHECK_FALSE(heard.sources[1].there);
  REQUIRE(heard.dumps.size() == 1);
  CHECK(heard.dumps[0].command == "cat 'a b'");
  CHECK(heard.dumps[0].offered);
  CHECK_FALSE(heard.dumps[0].there);
}

TEST_CASE("a description that tells of no source, or tells nonsense of one, is still one") {
  const std::string start = R"({"schema":"hasync.describe/1","node":"east","role":"primary","term":1,)"
                            R"("version":"0.1.0","at":"2026-01-01T00:00:00Z")";
  CHECK(parse_description(start + "}").value().sources.empty());
  CHECK(
      parse_description(start + R"(,"sources":[1,{"path":2,"there":true},{"path":"/a"},{"path":"/b","there":false}]})")
          .value()
          .sources.size() == 1);
}

TEST_CASE("a folder is told by whether it is there, and on which file system") {
  CHECK(look_at_source("/").there);
  CHECK_FALSE(look_at_source("/").file_system.empty());
  CHECK_FALSE(look_at_source("/nowhere").there);
  CHECK(look_at_source("/nowhere").file_system.empty());
  CHECK_FALSE(look_at_source("/etc/passwd").there);
  CHECK(look_at_source("/proc").file_system != look_at_source("/").file_system);
}

TEST_CASE("the peer is asked about the sources, and why it cannot tell is told") {
  Answers runner;
  runner.result = {.output = render({"east", Role::primary, 1, "0.1.0", at, {}})};
  REQUIRE(ask_peer(east, runner, std::chrono::seconds{5}, {.sources = {"/srv/app", "/a b"}}));
  CHECK(runner.argv.back() == "hasync agent describe --source /srv/app --source '/a b'");
  CHECK(
      trouble(2, "hasync agent describe: unknown option \"--source\"", {"/srv/app"}) ==
      "hasync on east does not know agent describe --source, so it is older than this one; install the same version on "
      "both");
  CHECK(
      trouble(6, "hasync: refused: hasync agent describe --source /x: \"/x\" is not the source of a dataset\n",
              {"/x"}) ==
      "east refuses this of our key: hasync agent describe --source /x: \"/x\" is not the source of a dataset; compare "
      "the datasets in the settings of both, and the versions of hasync");
}
