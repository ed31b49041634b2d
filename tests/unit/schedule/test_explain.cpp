#include "schedule/explain.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::schedule;
using namespace std::chrono_literals;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

const Grid quarters{at("2026-11-24T02:00:00Z"), 15min};
const auto due = at("2026-11-24T02:45:00Z");

store::SyncRun run(std::int64_t id, const char* started, store::SyncResult result = store::SyncResult::success) {
  store::SyncRun one{.id = id, .started = at(started), .trigger = "schedule", .result = result};
  if (result != store::SyncResult::running) one.finished = one.started + 10s;
  return one;
}

// An hour after it was due, with nothing recorded.
Records an_hour_later() { return {.now = due + 1h, .applied_at = at("2026-11-24T01:00:00Z")}; }
Outcome outcome(const Records& records) { return outcome_of(spot_of(quarters, due), records); }

}  // namespace

TEST_CASE("a moment is a run by its number, or stands between two") {
  const auto third = spot_of(quarters, due);
  CHECK(third.number == 3);
  CHECK(third.before == due - 15min);
  CHECK(third.after == due + 15min);
  const auto between = spot_of(quarters, due + 1ms);
  CHECK_FALSE(between.is_run());
  CHECK(between.before == due);
  CHECK(between.after == due + 15min);
  const auto anchor = spot_of(quarters, quarters.anchor);
  CHECK(anchor.number == 0);
  CHECK_FALSE(anchor.before);
  const auto early = spot_of(quarters, quarters.anchor - 1ms);
  CHECK_FALSE(early.is_run());
  CHECK_FALSE(early.before);
  CHECK(early.after == quarters.anchor);
  CHECK_FALSE(spot_of(quarters, at("9999-12-31T23:45:00Z")).after);
}

TEST_CASE("the first run that was carried out in its time is what a due instant led to") {
  auto records = an_hour_later();
  records.runs = {run(1, "2026-11-24T02:45:00Z", store::SyncResult::skipped), run(2, "2026-11-24T02:46:00Z"),
                  run(3, "2026-11-24T02:50:00Z")};
  CHECK(outcome(records).fate == Fate::ran);
  CHECK(outcome(records).run->id == 2);
  records.runs.resize(1);
  records.runs[0].note = "the sync run of then was still going";
  CHECK(outcome(records).fate == Fate::skipped);
  CHECK(outcome(records).why == records.runs[0].note);
}

TEST_CASE("a run that was still going is why none started, recorded or not") {
  auto records = an_hour_later();
  records.run_before = run(1, "2026-11-24T02:44:55Z");
  CHECK(outcome(records).fate == Fate::skipped);
  CHECK(outcome(records).why == "the sync run of 2026-11-24T02:44:55Z was still going");
  records.run_before = run(1, "2026-11-24T02:30:00Z", store::SyncResult::running);
  CHECK(outcome(records).fate == Fate::skipped);
  records.run_before = run(1, "2026-11-24T02:44:50Z");
  CHECK(outcome(records).fate == Fate::missed);
}

TEST_CASE("what was missed has a reason as far as there are records, and the run that made good for it") {
  auto records = an_hour_later();
  records.run_after = run(9, "2026-11-24T03:30:00Z");
  CHECK(outcome(records).fate == Fate::missed);
  CHECK(outcome(records).run->id == 9);
  CHECK(outcome(records).why == "nothing is recorded of that time: this node, or its scheduler, was down");
  records.has_beats = true;
  CHECK(outcome(records).why ==
        "no run is recorded, though heartbeats are: the scheduler did not start it, or it could not begin");
  records.held_back = {{due - 1h, due, "paused"}, {due, due + 1ms, "primary"}};
  CHECK(outcome(records).why == "this node was primary");
  records.held_back = {{due + 1ms, {}, "paused"}};
  CHECK(outcome(records).why.starts_with("no run is recorded"));
  records.kept_since = due + 1ms;
  CHECK(outcome(records).fate == Fate::forgotten);
}

TEST_CASE("what came before the schedule was applied is no fault of it, unless the clock was set back since") {
  auto records = an_hour_later();
  records.applied_at = due + 1ms;
  CHECK(outcome(records).fate == Fate::not_applied);
  records.applied_at = due;
  CHECK(outcome(records).fate == Fate::missed);
  records.applied_at = records.now + 1ms;
  CHECK(outcome(records).fate == Fate::missed);
}

TEST_CASE("what is due now or to come has only reasons why it may not be") {
  auto records = an_hour_later();
  records.now = due + 15min - 1ms;
  CHECK(outcome(records).fate == Fate::due);
  CHECK(outcome(records).why.empty());
  records.now = due + 15min;
  CHECK(outcome(records).fate == Fate::missed);
  records.now = due;
  CHECK(outcome(records).fate == Fate::due);
  records.now = due - 1ms;
  CHECK(outcome(records).fate == Fate::coming);
  records.held_back = {{due - 1h, {}, "paused since then"}};
  CHECK(outcome(records).why == "this node is paused since then");
  records.held_back[0].until = due;
  CHECK(outcome(records).why.empty());
}

TEST_CASE("the settings are another grid when apply would change one instant that is to come") {
  const auto now = at("2026-11-25T10:00:00Z");
  config::Sync settings;
  const auto instead = [&](const Grid& in_force) { return instead_of(in_force, settings, now); };
  CHECK_FALSE(instead(quarters));  // no start_time: the anchor in force is kept
  CHECK(instead_of({}, settings, now)->cause == Instead::Cause::nothing_in_force);
  CHECK(instead({now + 1h, 15min})->why ==
        std::vector<std::string>{
            "there is no start_time, and the anchor in force, 2026-11-25T11:00:00Z, is still to come"});

  settings.run_every = 10079min;
  CHECK(instead(quarters)->why == std::vector<std::string>{"run_every is 6 d 23 h 59 min, in force is 15 min"});

  settings.run_every = 15min;
  settings.start_time = at("2026-11-20T00:15:00Z");
  CHECK(instead({at("2026-11-20T00:15:00Z"), 15min}) == std::nullopt);
  CHECK(instead({at("2026-11-20T00:00:00Z"), 15min}) == std::nullopt);
  CHECK(instead({at("2026-11-20T00:20:00Z"), 15min})->why ==
        std::vector<std::string>{"start_time is 2026-11-20T00:15:00Z, which is no run of those in force, the anchor in "
                                 "force 2026-11-20T00:20:00Z"});

  CHECK(instead({at("2026-11-20T00:30:00Z"), 15min})->why ==
        std::vector<std::string>{"start_time is 2026-11-20T00:15:00Z, the anchor in force 2026-11-20T00:30:00Z"});

  settings.start_time = std::chrono::minutes{120};  // 02:00
  const auto anew = instead(quarters);
  CHECK(anew->cause == Instead::Cause::start_anew);
  CHECK(anew->grid.anchor == at("2026-11-26T02:00:00Z"));
  CHECK(anew->why == std::vector<std::string>{"every apply takes start_time 02:00 anew: its next occurrence, "
                                              "2026-11-26T02:00:00Z, would be the first run"});
  CHECK(instead({at("2026-11-26T02:00:00Z"), 15min}) == std::nullopt);
  CHECK(instead({at("2026-11-24T02:00:00Z"), 24h}) != std::nullopt);
  CHECK(instead({at("2026-11-24T02:15:00Z"), 15min})->cause == Instead::Cause::settings);
  CHECK(instead({at("2026-11-27T02:00:00Z"), 15min})->why ==
        std::vector<std::string>{"start_time is 02:00, the anchor in force 2026-11-27T02:00:00Z"});
  settings.run_every = 24h;
  CHECK(instead({at("2026-11-24T02:00:00Z"), 24h}) == std::nullopt);  // the next run is that first run
}
