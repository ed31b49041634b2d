// A promotion and a sync run that publishes want the same lock: who waits for whom, and for how long.
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "agent/failover.hpp"
#include "os/file_lock.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::agent;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Time that passes only when somebody waits; after so many waits the lock's holder lets go.
class TestClock final : public Clock {
 public:
  Instant now() const override { return parse_rfc3339("2026-11-24T03:00:00Z").value() + passed; }
  BootTime uptime() const override { return BootTime{passed}; }
  std::string boot_id() const override { return "b1"; }
  bool wait_until(BootTime until) override {
    passed = until.time_since_epoch();
    if (++waits == release_after) held.reset();
    return true;
  }
  Duration passed{0};
  int waits = 0, release_after = 0;
  std::optional<FileLock> held;
};

class NoRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec&) override { return fail(ExitCode::failed, "nothing is run here"); }
  bool end_left_over(const std::string&) override { return false; }
};
class NoProber final : public heartbeat::Prober {
 public:
  std::vector<heartbeat::ProbeResult> ask(const std::vector<config::Probe>&, Duration) override { return {}; }
};
class NoMailer final : public notify::Mailer {
 public:
  Result<std::vector<notify::RecipientAnswer>> send(const notify::Envelope&, Duration) override { return {}; }
};

// A node whose role lock is held by somebody else.
struct World {
  World() {
    char name[] = "/tmp/hasync-test.XXXXXX";
    paths.folder = mkdtemp(name);
    settings.peer.transport = config::Transport::local;
    database.emplace(store::open_state(paths).value());
    clock.held = FileLock::take(paths.role_lock(), "the publishing of a point").value();
  }
  ~World() { fs::remove_all(paths.folder); }
  Result<Ended> demote() {
    return agent::demote({settings, paths, *database, clock, runner, prober, mailer, "0"}, "operator", "a test");
  }

  config::Config settings;
  store::StatePaths paths;
  std::optional<store::Database> database;
  TestClock clock;
  NoRunner runner;
  NoProber prober;
  NoMailer mailer;
};

}  // namespace

TEST_CASE("a change of role waits for a run that is just publishing") {
  World world;
  world.clock.release_after = 3;
  const auto ended = world.demote();
  REQUIRE(ended);
  CHECK(world.clock.waits == 3);
}

TEST_CASE("a change of role does not wait for ever, and names the holder") {
  World world;
  const auto ended = world.demote();
  REQUIRE(!ended);
  CHECK(ended.error().code == ExitCode::busy);
  CHECK(ended.error().message == world.paths.role_lock() + " is held by the publishing of a point");
  CHECK(world.clock.passed > 10s);
  CHECK(world.clock.passed < 11s);
}
