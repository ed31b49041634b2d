#include <algorithm>

#include "failover/guards.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::failover;
using namespace std::chrono_literals;

namespace {

const Instant t0 = parse_rfc3339("2026-11-24T03:00:00Z").value();

Facts good() {
  Facts facts{.now = t0,
              .point = store::Point{.id = "2026-11-24T02:45:00Z", .at = t0 - 15min},
              .max_data_age = 1h,
              .peer = "east"};
  facts.node.term = 3;
  facts.node.peer = store::PeerReport{.role = Role::primary, .term = 3, .told_at = t0 - 15min};
  return facts;
}

std::string verdict(const Facts& facts, const std::string& name) {
  const auto guards = judge_guards(facts);
  const auto found = std::find_if(guards.begin(), guards.end(), [&](const Guard& guard) { return guard.name == name; });
  return std::string{verdict_name(found->verdict)} + ": " + found->evidence;
}

}  // namespace

TEST_CASE("when all is well every guard passes, in the order of the contract") {
  const auto guards = judge_guards(good());
  std::vector<std::string> names;
  for (const auto& guard : guards) names.push_back(guard.name);
  CHECK(names == std::vector<std::string>{"not-paused", "no-earlier-failover", "role", "recovery-point", "data-age",
                                          "live-path", "witness", "peer-term"});
  CHECK(blocking(guards, {}).empty());
}

TEST_CASE("each guard says what it saw, its limit, and what to do") {
  auto facts = good();
  SECTION("a pause") {
    facts.node.pause = store::Pause{t0 - 1h, t0 + 1h, "disk swap"};
    CHECK(verdict(facts, "not-paused") ==
          "fail: paused until 2026-11-24T04:00:00Z (disk swap); to end it: hasync resume");
    facts.node.pause->until = t0;
    CHECK(verdict(facts, "not-paused") == "pass: not paused");
  }
  SECTION("an earlier failure") {
    facts.earlier = store::FailoverRecord{.id = 4, .at = t0, .note = "step \"x\" failed"};
    CHECK(verdict(facts, "no-earlier-failover") ==
          "fail: failover 4 failed at 2026-11-24T03:00:00Z (step \"x\" failed); look: hasync history failovers, then: "
          "hasync resume");
  }
  SECTION("the role") {
    facts.node.role = Role::primary;
    CHECK(verdict(facts, "role") == "fail: this node is primary already (term 3)");
  }
  SECTION("no point") {
    facts.point.reset();
    facts.point_trouble = "there is none in /srv/hasync";
    CHECK(verdict(facts, "recovery-point") == "fail: there is none in /srv/hasync; to make one: hasync sync");
    CHECK(verdict(facts, "data-age") == "unknown: there is no recovery point");
  }
  SECTION("the data's age") {
    facts.point->at = t0 - 1h;
    CHECK(verdict(facts, "data-age") == "pass: 1 h old, limit 1 h");
    facts.point->at = t0 - 1h - 1ms;
    CHECK(verdict(facts, "data-age") == "fail: 1 h old, limit 1 h");
    facts.point->at = t0 + 1h;
    CHECK(verdict(facts, "data-age") == "unknown: of the future, 1 h ahead: this node's clock was set back, limit 1 h");
    facts.max_data_age = 0s;
    facts.point->at = t0 - 1000h;
    CHECK(verdict(facts, "data-age") == "pass: 41 d 16 h old, any age is accepted");
  }
  SECTION("the witness") {
    CHECK(verdict(facts, "witness") == "pass: none configured");
    facts.witness = WitnessAnswer{true, "gateway 1 ms"};
    CHECK(verdict(facts, "witness") == "pass: gateway 1 ms");
    facts.witness = WitnessAnswer{false, "gateway no answer within 5 s"};
    CHECK(verdict(facts, "witness") ==
          "fail: none answers (gateway no answer within 5 s): this node may be the one that is cut off");
  }
  SECTION("the peer's term") {
    CHECK(verdict(facts, "peer-term") == "pass: east told term 3 at 2026-11-24T02:45:00Z, ours is 3");
    facts.node.peer->term = 4;
    CHECK(verdict(facts, "peer-term") == "fail: east told term 4 at 2026-11-24T02:45:00Z, ours is 3");
    facts.node.peer.reset();
    CHECK(verdict(facts, "peer-term") == "unknown: east never told its term; install hasync there, then: hasync check");
    facts.transport = config::Transport::local;
    CHECK(verdict(facts, "peer-term") == "pass: east is reached as a local folder and keeps no term");
  }
}

TEST_CASE("unknown blocks as a failure does, and only what is named is overridden") {
  auto facts = good();
  facts.point->at = t0 - 2h;
  facts.node.peer.reset();
  CHECK(blocking(judge_guards(facts), {}) == std::vector<std::string>{"data-age", "peer-term"});
  CHECK(blocking(judge_guards(facts), {"data-age"}) == std::vector<std::string>{"peer-term"});
  CHECK(check_forced({"data-age", "witness"}));
  CHECK(check_forced({"role"}).error().message == "the guard role cannot be overridden");
  CHECK(check_forced({"data_age"}).error().code == ExitCode::usage);
}
