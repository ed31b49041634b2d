// A promotion killed before and after every entry of its journal, and resumed.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <regex>

#include "failover/promotion.hpp"
#include "os/atomic_file.hpp"
#include "os/tree.hpp"
#include "store/outbox.hpp"
#include "store/state.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::failover;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const Instant t0 = parse_rfc3339("2026-11-24T03:00:00Z").value();

// Kills the process at one of the moments around its entries.
class DyingJournal final : public Journal {
 public:
  DyingJournal(Journal& real, int dies_at) : real_(real), dies_at_(dies_at) {}
  Result<void> write(std::int64_t failover, const store::StepRecord& step) override {
    moment();
    auto written = real_.write(failover, step);
    moment();
    return written;
  }
  Result<void> finish(const store::FailoverRecord& failover, const std::vector<store::StepRecord>& steps) override {
    moment();
    auto written = real_.finish(failover, steps);
    moment();
    return written;
  }

 private:
  void moment() {
    if (passed_++ == dies_at_) kill(getpid(), SIGKILL);
  }
  Journal& real_;
  int dies_at_;
  int passed_ = 0;
};

struct World {
  World() {
    char name[] = "/tmp/hasync-test.XXXXXX";
    folder = mkdtemp(name);
    settings.node.name = "west";
    settings.peer = {.name = "east", .transport = config::Transport::local};
    settings.sync.store = folder + "/store";
    settings.sync.datasets = {{.name = "app", .source = "/x", .live = folder + "/live/app"},
                              {.name = "db", .source = "/y"}};
    settings.failover.fence = config::Fence{{"touch", folder + "/fenced"}, 5s};
    for (const auto* step : {"one", "two"})
      settings.failover.promote.push_back(
          {.name = step, .run = {"sh", "-c", std::string{"echo "} + step + " >>" + folder + "/trace"}});
    point = settings.sync.store + "/points/p";
    for (const auto* dataset : {"app", "db"}) {
      fs::create_directories(point + "/" + dataset);
      REQUIRE(replace_file(point + "/" + dataset + "/file", std::string{"data of "} + dataset));
    }
    fs::create_directories(folder + "/live/app");
    REQUIRE(replace_file(folder + "/live/app/old", "what stood there"));
    auto database = open();
    REQUIRE(store::read_or_start_node(database, Role::secondary, t0));
    auto transaction = store::Transaction::begin(database).value();
    std::vector<store::StepRecord> steps;
    for (const auto& step : plan_promotion(settings, point))
      steps.push_back(to_record(step, static_cast<int>(steps.size()) + 1));
    REQUIRE(store::add_failover(
        database, {.at = t0, .kind = store::FailoverKind::promotion, .trigger = "operator", .point = "p", .term = 1},
        steps));
    REQUIRE(transaction.commit());
  }
  ~World() { fs::remove_all(folder); }

  store::Database open() const { return store::open_state({folder + "/state"}).value(); }

  // In a process of its own, which dies at that moment; -1: not at all. Gives whether it ended by itself.
  bool promote(int dies_at) const {
    const pid_t child = fork();
    if (child == 0) {
      auto database = open();
      const Interrupt interrupt;
      SystemClock clock{interrupt};
      SystemProcessRunner runner{interrupt};
      StoreJournal real{
          database, [&](const store::FailoverRecord&, const std::vector<store::StepRecord>&) -> Result<void> {
            HASYNC_CHECK(store::queue_mail(
                database,
                {.queued = t0, .message_id = std::to_string(getpid()), .recipients = {{"a@b"}}, .next_try = t0}));
            return {};
          }};
      DyingJournal journal{real, dies_at};
      const auto unfinished = store::unfinished_failover(database).value();
      if (!unfinished) _exit(0);
      const auto ended = carry_out(*unfinished, store::steps_of(database, unfinished->id).value(), {"west", "east"},
                                   journal, clock, runner);
      _exit(ended && ended->result == store::FailoverResult::done ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    return WIFEXITED(status);
  }

  void check_promoted() const {
    auto database = open();
    const auto node = store::read_node(database).value().value();
    CHECK((node.role == Role::primary && node.term == 1));
    CHECK(store::queued_mails(database).value().size() == 1);
    const auto failovers = store::list_failovers(database, {}).value();
    REQUIRE(failovers.size() == 1);
    const auto steps = store::steps_of(database, failovers[0].id).value();
    for (const auto& step : steps) CHECK(step.state == store::StepState::done);
    CHECK(read_file(folder + "/live/app/file").value() == "data of app");
    CHECK(read_file(folder + "/store/live/db/file").value() == "data of db");
    CHECK(read_file(folder + "/live/app.hasync-2026-11-24T03:00:00Z/old").value() == "what stood there");
    CHECK(std::distance(fs::directory_iterator{folder + "/live"}, {}) == 2);
    CHECK(fs::exists(folder + "/fenced"));
    const auto trace = read_file(folder + "/trace").value();
    // A step that was running is run again, in order.
    CHECK(std::regex_match(trace, std::regex{R"((one\n)+(two\n)+)"}));
    CHECK(file_identity(folder + "/live/app/file") != file_identity(point + "/app/file"));
  }

  std::string folder, point;
  config::Config settings;
};

}  // namespace

TEST_CASE("killed at every moment around its journal, a promotion is resumed to the same end") {
  int moments = 0;
  for (bool ended = false; !ended; ++moments) {
    const World world;
    ended = world.promote(moments);
    if (!ended) CHECK(world.promote(-1));
    INFO("killed at moment " << moments);
    world.check_promoted();
  }
  CHECK(moments == (2 * 7 + 3 + 1) * 2 + 1);  // two moments for each entry: two of each of the seven steps, one for the
                                              // start of each program, the end; and the run that was not killed
}

TEST_CASE("killed again at each moment of the resumption, it still comes to the same end") {
  std::mt19937 random{5};
  for (int round = 0; round < 12; ++round) {
    const World world;
    while (!world.promote(static_cast<int>(random() % 6))) {
    }
    world.check_promoted();
  }
}

TEST_CASE("a step goes through the journal and back unchanged") {
  const PlannedStep step{
      StepKind::run,         "odd: name", {"a b", "", "5:x,", "new\nline", "\xff", "%$'\""}, "/p,:", "/l\n", 90s, 3,
      config::OnError::go_on};
  CHECK(from_record(to_record(step, 1)).value() == step);
  auto damaged = to_record(step, 1);
  damaged.spec.resize(damaged.spec.size() - 1);
  CHECK_FALSE(from_record(damaged));
}

TEST_CASE("the plan is told as it will be carried out") {
  config::Config settings;
  settings.peer.name = "east";
  settings.sync.store = "/srv/hasync";
  settings.sync.datasets = {{.name = "app", .source = "/a", .live = "/var/lib/app"}};
  settings.failover.fence = config::Fence{{"power-off", "the east"}, 30s};
  settings.failover.promote = {{.name = "start app", .run = {"systemctl", "start", "app"}, .retries = 2}};
  CHECK(tell(plan_promotion(settings, "/srv/hasync/points/p")) ==
        std::vector<std::string>{"1. fence east: power-off 'the east' (timeout 30s)",
                                 "2. copy app: /srv/hasync/points/p/app to /var/lib/app.hasync-new",
                                 "3. activate app: /var/lib/app (what stands there is kept beside it)",
                                 "4. start app: systemctl start app (timeout 1m, tried up to 3 times)"});
  settings.failover = {};
  settings.sync.datasets = {
      {.name = "pg", .type = config::DatasetType::postgresql, .source = "postgresql:///app?x=y"},
      {.name = "lite", .type = config::DatasetType::sqlite, .source = "/l", .live = "/var/lib/l.db"},
      {.name = "out", .type = config::DatasetType::command, .run = {"x"}},
      {.name = "fed", .type = config::DatasetType::command, .run = {"x"}, .restore = {"ldap add"}}};
  CHECK(tell(plan_promotion(settings, "/p")) ==
        std::vector<std::string>{"1. restore pg: /p/pg into a new database postgresql:///app_hasync_new?x=y",
                                 "2. copy lite: /p/lite/dump.sqlite to /var/lib/l.db.hasync-new",
                                 "3. copy out: /p/out/dump to /srv/hasync/live/out.hasync-new",
                                 "4. swap pg: postgresql:///app?x=y (what has that name becomes app_before_TIME)",
                                 "5. activate lite: /var/lib/l.db (what stands there is kept beside it)",
                                 "6. activate out: /srv/hasync/live/out (what stands there is kept beside it)",
                                 "7. restore fed: 'ldap add' < /p/fed/dump"});
}
