#include <unistd.h>

#include "heartbeat/beat.hpp"
#include "store/state.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::heartbeat;
using namespace std::chrono_literals;

namespace {

const config::Heartbeat settings{.interval = 30s, .failures = 3, .recheck_interval = 10s, .timeout = 5s};
const Instant t0 = parse_rfc3339("2026-11-24T00:00:00Z").value();

store::Attempt failed(int failures, Duration uptime) {
  return {.failures = failures, .uptime = BootTime{uptime}, .boot = "b1"};
}

// Time that passes only when somebody waits; `waits_left` ends it, as a crash or a signal would.
class TestClock final : public Clock {
 public:
  Instant now() const override { return t0 + passed; }
  BootTime uptime() const override { return BootTime{passed}; }
  std::string boot_id() const override { return boot; }
  bool wait_until(BootTime until) override {
    if (waits_left-- <= 0) return false;
    passed = until.time_since_epoch();
    return true;
  }
  Duration passed{0};
  std::string boot = "b1";
  int waits_left = 1000;
};

class TestProber final : public Prober {
 public:
  std::vector<ProbeResult> ask(const std::vector<config::Probe>&, Duration) override {
    ++asked;
    return {{"web", alive, 1ms, alive ? "1 ms" : "connection refused"}};
  }
  bool alive = false;
  int asked = 0;
};

struct Fixture {
  Fixture() { config.heartbeat = settings; }
  static store::Database open() {
    char name[] = "/tmp/hasync-test.XXXXXX";
    return store::open_state({mkdtemp(name)}).value();
  }
  Result<Beat> beat() {
    return run_beat(config, database, clock, prober, {[this](const store::Episode&) {
                      ++recovered;
                      return Result<void>{};
                    }});
  }
  config::Config config;
  store::Database database = open();
  TestClock clock;
  TestProber prober;
  int recovered = 0;
};

}  // namespace

TEST_CASE("failures count on while they are consecutive, and only within one boot") {
  CHECK(carried_failures(failed(2, 100s), settings, BootTime{110s}, "b1") == 2);
  CHECK(carried_failures(failed(2, 100s), settings, BootTime{175s}, "b1") == 2);
  CHECK(carried_failures(failed(2, 100s), settings, BootTime{175s + 1ms}, "b1") == 0);
  CHECK(carried_failures(failed(2, 100s), settings, BootTime{110s}, "b2") == 0);
  CHECK(carried_failures(failed(2, 100s), settings, BootTime{90s}, "b1") == 0);
  CHECK(carried_failures(store::Attempt{.alive = true, .uptime = BootTime{100s}, .boot = "b1"}, settings,
                         BootTime{101s}, "b1") == 0);
  CHECK(carried_failures(std::nullopt, settings, BootTime{1s}, "b1") == 0);
}

TEST_CASE("the verdict") {
  CHECK(judge(true, 0, false, settings) == Verdict::alive);
  CHECK(judge(false, 2, false, settings) == Verdict::failing);
  CHECK(judge(false, 3, false, settings) == Verdict::detected);
  CHECK(judge(false, 9, false, settings) == Verdict::detected);
  CHECK(judge(false, 9, true, settings) == Verdict::down);
}

TEST_CASE("the beats of a minute are the multiples of the interval") {
  CHECK(beats_to_cover(t0, 60s, 30s) == std::vector<Instant>{t0, t0 + 30s});
  CHECK(beats_to_cover(t0 + 400ms, 60s, 30s) == std::vector<Instant>{t0, t0 + 30s});
  CHECK(beats_to_cover(t0 + 35s, 60s, 30s) == std::vector<Instant>{t0 + 30s});
  CHECK(beats_to_cover(t0 + 1min, 60s, 90s) == std::vector<Instant>{t0 + 90s});
  CHECK(beats_to_cover(t0 + 2min, 60s, 90s).empty());
}

TEST_CASE("an outage is detected after exactly the configured failures, and not later than the published bound") {
  Fixture f;
  const auto beat = f.beat().value();
  CHECK(beat.verdict == Verdict::detected);
  CHECK((f.prober.asked == 3 && f.clock.passed == 20s));
  CHECK((beat.episode->failures == 3 && beat.episode->detected == t0 + 20s));
}

TEST_CASE("the count survives a crash between two attempts, and starts anew after a reboot") {
  Fixture f;
  f.clock.waits_left = 1;
  CHECK(f.beat().error().code == ExitCode::interrupted);
  CHECK(f.prober.asked == 2);
  f.clock.waits_left = 1000;
  SECTION("the same boot") {
    CHECK(f.beat().value().last.failures == 3);
    CHECK(f.prober.asked == 3);
  }
  SECTION("another boot") {
    f.clock.boot = "b2";
    CHECK(f.beat().value().last.failures == 3);
    CHECK(f.prober.asked == 5);
  }
}

TEST_CASE("detected but not acted upon stays detected; acted upon, one attempt a beat") {
  Fixture f;
  auto episode = *f.beat().value().episode;
  CHECK(f.beat().value().verdict == Verdict::detected);
  CHECK(f.prober.asked == 4);
  episode = *store::open_episode(f.database).value();
  episode.acted = "stayed in standby";
  REQUIRE(store::update_episode(f.database, episode));
  CHECK(f.beat().value().verdict == Verdict::down);
  CHECK(f.prober.asked == 5);
  // After a reboot one failed attempt says nothing: it is counted anew.
  f.clock.boot = "b2";
  const auto rebooted = f.beat().value();
  CHECK((rebooted.verdict == Verdict::down && rebooted.last.failures == 3));
  CHECK(f.prober.asked == 8);
  f.prober.alive = true;
  const auto over = f.beat().value();
  CHECK((over.verdict == Verdict::alive && over.episode->ended && f.recovered == 1));
  CHECK_FALSE(store::open_episode(f.database).value());
}

TEST_CASE("an outage shorter than the limit is no outage, fifty times in a row") {
  Fixture f;
  for (int each = 0; each < 50; ++each) {
    f.prober.alive = false;
    f.clock.waits_left = 1;
    CHECK(f.beat().error().code == ExitCode::interrupted);
    f.prober.alive = true;
    f.clock.waits_left = 1000;
    CHECK(f.beat().value().verdict == Verdict::alive);
    f.clock.passed += 30s;
  }
  CHECK(f.recovered == 0);
}
