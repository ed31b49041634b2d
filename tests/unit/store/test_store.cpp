#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "new_folder.hpp"
#include "store/failovers.hpp"
#include "store/heartbeats.hpp"
#include "store/migrations.hpp"
#include "store/node_state.hpp"
#include "store/outbox.hpp"
#include "store/refusals.hpp"
#include "store/retention.hpp"
#include "store/settings_versions.hpp"
#include "store/state.hpp"
#include "store/sync_runs.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::store;
using namespace std::chrono_literals;

namespace {

Database new_store() { return open_state({new_folder() + "/state"}).value(); }

std::string asked(Database& database, const std::string& sql) {
  auto query = database.prepare(sql).value();
  REQUIRE(query.step().value());
  return query.text(0);
}

const Instant t0 = parse_rfc3339("2026-11-24T00:00:00Z").value();

}  // namespace

TEST_CASE("a store is durable by its pragmas and at the newest schema") {
  auto database = new_store();
  CHECK(asked(database, "PRAGMA journal_mode") == "wal");
  CHECK(asked(database, "PRAGMA synchronous") == "2");
  CHECK(asked(database, "PRAGMA foreign_keys") == "1");
  CHECK(asked(database, "PRAGMA user_version") == std::to_string(schema_version));
}

TEST_CASE("a newer store is refused and left as it is") {
  const StatePaths paths{new_folder()};
  REQUIRE(open_state(paths).value().execute("PRAGMA user_version = 99"));
  CHECK(open_state(paths).error().message ==
        "store " + paths.database() +
            ": was written by a newer hasync (schema 99, this one knows 5); install that version here");
}

TEST_CASE("an older store is brought up to date, and keeps what it holds") {
  const StatePaths paths{new_folder()};
  {
    auto database = open_state(paths).value();
    REQUIRE(read_or_start_node(database, Role::primary, t0));
    // As version 1 left it.
    REQUIRE(database.execute(
        "DROP TABLE settings_versions; DROP TABLE applied_settings; DROP TABLE point_datasets; DROP TABLE refusals; "
        "ALTER TABLE node DROP COLUMN peer_has_aes; "
        "PRAGMA user_version = 1"));
  }
  auto database = open_state(paths).value();
  CHECK(asked(database, "PRAGMA user_version") == std::to_string(schema_version));
  CHECK(read_node(database).value()->role == Role::primary);
  CHECK_FALSE(read_applied_settings(database).value());
  CHECK(list_versions(database, "/etc/hasync/hasync.yaml").value().empty());
  CHECK(list_refusals(database, {}).value().empty());
}

TEST_CASE("what is no store is told as such") {
  const StatePaths folder{new_folder()}, text{new_folder()};
  REQUIRE(mkdir(folder.database().c_str(), 0700) == 0);
  CHECK(open_state(folder).error().message == "store " + folder.database() + ": is a directory; move it aside");
  std::ofstream{text.database()} << std::string(5000, 'x');
  CHECK(open_state(text).error().message ==
        "store " + text.database() +
            ": cannot write to it: file is not a database; set node.role to what this server is now, then move the "
            "file aside: hasync makes a new one. Role, term, schedule, queued mail and history in it are lost, the "
            "recovery points are not");
}

TEST_CASE("how much came in a second is told by the newest run that had enough to fetch") {
  auto database = new_store();
  CHECK(lately_per_second(database, 100).value() == 0);
  const auto add = [&](SyncResult result, std::int64_t transferred, std::int64_t seconds) {
    SyncRun run{.started = t0, .trigger = "schedule", .result = result, .transferred = transferred};
    run.finished = t0 + std::chrono::seconds{seconds};
    REQUIRE(add_run(database, run));
  };
  add(SyncResult::success, 1000, 10);
  add(SyncResult::success, 400, 2);
  add(SyncResult::success, 99, 99);
  add(SyncResult::failed, 5000, 1);
  CHECK(lately_per_second(database, 100).value() == 200);
  add(SyncResult::success, 300, 0);  // a clock that was set
  CHECK(lately_per_second(database, 100).value() > 0);
}

TEST_CASE("without a commit nothing happened") {
  auto database = new_store();
  {
    auto transaction = Transaction::begin(database).value();
    REQUIRE(add_event(database, {0, t0, "kind", "never"}));
  }
  CHECK(list_events(database, {}).value().empty());
}

TEST_CASE("the configured role counts at the first start only") {
  auto database = new_store();
  CHECK(read_or_start_node(database, Role::primary, t0).value().role == Role::primary);
  REQUIRE(set_role(database, Role::secondary, 4, t0 + 1h));
  const auto node = read_or_start_node(database, Role::primary, t0 + 2h).value();
  CHECK((node.role == Role::secondary && node.term == 4 && node.role_since == t0 + 1h));
}

TEST_CASE("a pause ends by itself") {
  auto database = new_store();
  REQUIRE(read_or_start_node(database, Role::secondary, t0));
  REQUIRE(set_pause(database, Pause{t0, t0 + 1h, "swap"}));
  const auto node = read_node(database).value().value();
  CHECK(paused(node, t0 + 59min));
  CHECK_FALSE(paused(node, t0 + 1h));
}

TEST_CASE("failures since and before a good run are counted, skipped and interrupted ones are not") {
  auto database = new_store();
  std::int64_t last_good = 0;
  for (const auto result : {SyncResult::failed, SyncResult::failed, SyncResult::skipped, SyncResult::success,
                            SyncResult::failed, SyncResult::interrupted}) {
    const auto id = add_run(database, {.started = t0, .finished = t0, .trigger = "schedule", .result = result}).value();
    if (result == SyncResult::success) last_good = id;
  }
  CHECK(failures_since_good_run(database).value() == 1);
  CHECK(failures_before(database, last_good).value() == 2);
}

TEST_CASE("the newest run and point are those that were made last, whatever the clock said") {
  auto database = new_store();
  for (const auto& [id, start] : {std::pair{"ahead", t0 + 1h}, {"right", t0}}) {
    const auto run =
        add_run(database, {.started = start, .finished = start, .trigger = "schedule", .result = SyncResult::success})
            .value();
    REQUIRE(add_point(database, {id, start, PointState::published, 1, 1, run}));
  }
  CHECK(newest_run(database).value()->started == t0);
  CHECK(newest_good_run(database).value()->started == t0);
  CHECK(list_points(database).value().front().id == "right");
}

TEST_CASE("a run of any result is found by its start") {
  auto database = new_store();
  REQUIRE(add_run(database, {.started = t0, .trigger = "schedule", .result = SyncResult::skipped}));
  CHECK(has_run_between(database, t0, t0 + 1ms).value());
  CHECK_FALSE(has_run_between(database, t0 - 1h, t0).value());
  CHECK_FALSE(has_run_between(database, t0 + 1ms, t0 + 1h).value());
}

TEST_CASE("mail is queued for each recipient and kept until all are answered for") {
  auto database = new_store();
  Mail mail{.queued = t0,
            .sender = "a@b",
            .subject = "s",
            .body = "b",
            .message_id = "m",
            .recipients = {{"x@y"}, {"z@y"}},
            .next_try = t0};
  REQUIRE(queue_mail(database, mail));
  mail = queued_mails(database).value().front();
  mail.recipients[0].delivery = Delivery::sent;
  REQUIRE(record_delivery(database, mail));
  CHECK(count_mail(database).value().queued == 1);
  mail.recipients[1].delivery = Delivery::failed;
  REQUIRE(record_delivery(database, mail));
  CHECK(queued_mails(database).value().empty());
  CHECK(count_mail(database).value().failed == 1);
}

TEST_CASE("old history is forgotten, but not what is still needed") {
  auto database = new_store();
  for (int each = 0; each < 12000; ++each) {
    if (each == 0) REQUIRE(database.execute("BEGIN"));
    REQUIRE(add_attempt(database, {.at = t0 + each * 1min, .alive = each == 3, .boot = "b", .evidence = "e"}));
  }
  REQUIRE(database.execute("COMMIT"));
  const auto run =
      add_run(database, {.started = t0, .finished = t0, .trigger = "schedule", .result = SyncResult::success}).value();
  REQUIRE(add_run(database, {.started = t0, .trigger = "schedule", .result = SyncResult::failed}));
  REQUIRE(queue_mail(database, {.queued = t0, .message_id = "m", .recipients = {{"x@y"}}, .next_try = t0}));
  CHECK(forget_before(database, t0 + 365 * 24h).value() == 12000 - 2 + 1);
  CHECK(newest_attempt(database).value()->at == t0 + 11999min);
  CHECK(newest_success(database).value()->at == t0 + 3min);
  CHECK(newest_good_run(database).value()->id == run);
  CHECK(queued_mails(database).value().size() == 1);
}

TEST_CASE("a failed promotion waits for an operator, once") {
  auto database = new_store();
  REQUIRE(add_failover(database, {.at = t0, .kind = FailoverKind::promotion, .result = FailoverResult::failed},
                       {{.seq = 1, .kind = "run", .name = "n"}}));
  const auto waiting = unacknowledged_failover(database).value();
  REQUIRE(waiting);
  CHECK(steps_of(database, waiting->id).value().size() == 1);
  REQUIRE(acknowledge_failovers(database, t0));
  CHECK_FALSE(unacknowledged_failover(database).value());
}

TEST_CASE("refusals are counted, a record a minute at most") {
  auto database = new_store();
  const auto refuse = [&](Instant at, const std::string& command) {
    REQUIRE(count_refusal(database, {at, 1, command, "no", "10.0.0.1"}));
  };
  for (int times = 0; times < 100; ++times) refuse(t0 + times * 500ms, "sh " + std::to_string(times));
  refuse(t0 + 60s, "later");
  refuse(t0 - 1h, "the clock was set back");
  const auto all = list_refusals(database, {}).value();
  REQUIRE(all.size() == 3);
  CHECK(all[0].command == "later");
  CHECK(all[1].command == "sh 0");
  CHECK(all[1].count == 100);
  CHECK(all[1].from == "10.0.0.1");
  CHECK(refused_since(database, t0).value() == 101);
  CHECK(refused_since(database, t0 + 1h).value() == 0);
  REQUIRE(forget_before(database, t0 + 1s));
  CHECK(list_refusals(database, {}).value().size() == 1);
}
