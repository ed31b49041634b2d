// Every sample: the valid ones load, the invalid ones are refused with exactly the words beside them.
#include <algorithm>
#include <filesystem>

#include "config/compose.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/validate.hpp"
#include "os/atomic_file.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string root = HASYNC_SOURCE_DIR;

std::vector<fs::path> samples(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{root + "/tests/samples/" + folder})
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  REQUIRE(found.size() > 2);
  return found;
}

std::string verdict(const fs::path& path) {
  const auto text = read_file(path).value();
  const auto loaded = load_text(text, path.filename());
  return loaded ? "ok\n" : describe(loaded.error()) + "\n";
}

}  // namespace

TEST_CASE("valid samples load") {
  for (const auto& path : samples("valid")) CHECK(path.string() + verdict(path) == path.string() + "ok\n");
}

TEST_CASE("invalid samples are refused in these words") {
  for (const auto& path : samples("invalid")) {
    INFO(path);
    if (std::getenv("HASYNC_GOLDEN") != nullptr)
      REQUIRE(replace_file(fs::path{path}.replace_extension(".expected"), verdict(path)));
    CHECK(verdict(path) == read_file(fs::path{path}.replace_extension(".expected")).value());
  }
}

TEST_CASE("the sample settings show every key, and load") {
  const auto text = read_file(root + "/etc/hasync.yaml").value();
  const auto document = parse_document(text, "hasync.yaml").value();
  const auto loaded = check_text(text, document);
  CHECK(loaded.faults.empty());
  for (const auto& key : keys()) {
    const auto name = key.path.substr(key.path.rfind('.') + 1);
    INFO(key.path);
    CHECK(text.find(name + ":") != std::string::npos);
  }
}

TEST_CASE("what init writes loads, and says what it was told") {
  Config settings;
  settings.node.name = "west";
  settings.peer = {.name = "east", .host = "east.example.net"};
  settings.sync.datasets = {{.name = "app", .source = "/var/lib/my app", .live = "/srv/live"}};
  settings.heartbeat.probes = {{.name = "web", .type = ProbeType::http, .url = "http://east/#x"}};
  settings.failover.promote = {{.name = "start: app", .run = {"systemctl", "start", "a, b"}}};
  settings.notify.email.to = {"ops@example.com"};
  settings.notify.smtp.url = "smtp://mail:587";
  const auto text = compose(settings);
  INFO(text);
  const auto loaded = load_text(text, "f.yaml");
  REQUIRE(loaded);
  CHECK(loaded->config.sync.datasets[0].source == "/var/lib/my app");
  CHECK(loaded->config.heartbeat.probes[0].url == "http://east/#x");
  CHECK(loaded->config.failover.promote[0].run[2] == "a, b");
  CHECK(loaded->config.failover.promote[0].name == "start: app");
}

TEST_CASE("the detection time is told with its parts") {
  CHECK(tell_detection(Heartbeat{}) == "within 1 min 35 s (30 s interval + 5 × 5 s timeout + 4 × 10 s re-check)");
  CHECK(detection_bound(Heartbeat{.interval = 1s, .failures = 1, .recheck_interval = 1s, .timeout = 2s}) == 3s);
}

TEST_CASE("what is legal but unwise is warned of") {
  Config settings;
  CHECK(warnings(settings) == std::vector<std::string>{"no notify.email.to: nobody is told of a failure"});
  settings.failover = {.action = FailoverAction::promote, .max_data_age = 5min};
  settings.heartbeat.failures = 1;
  CHECK(warnings(settings).size() == 6);
  CHECK(warnings(settings).back() ==
        "max_data_age 5m is shorter than run_every 15m: failover would be refused most of the time");
}
