#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <semaphore>

#include "new_folder.hpp"
#include "os/atomic_file.hpp"
#include "sync/dumps_at_once.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using namespace std::chrono_literals;

namespace {

// Dumps of this machine, in a folder where their scripts find named pipes to meet at.
struct World {
  World() {
    settings.peer = {.name = "east", .transport = config::Transport::local};
    for (const auto* name : {"one", "two"}) REQUIRE(::mkfifo((folder + "/" + name).c_str(), 0600) == 0);
  }
  World(const World&) = delete;
  World(World&&) = delete;
  World& operator=(const World&) = delete;
  World& operator=(World&&) = delete;
  ~World() { std::filesystem::remove_all(folder); }

  void add(const std::string& name, const std::string& script) {
    settings.sync.datasets.push_back(
        {.name = name, .type = config::DatasetType::command, .run = {"sh", "-c", "cd \"$0\"; " + script, folder}});
  }

  Result<std::vector<Dumped>> make() {
    SystemProcessRunner runner{interrupt};
    return make(runner);
  }
  Result<std::vector<Dumped>> make(ProcessRunner& runner) {
    std::vector<DumpOrder> orders;
    for (const auto& dataset : settings.sync.datasets)
      orders.push_back({dataset, folder + "/dumps/" + dataset.name, {}});
    SystemClock clock{interrupt};
    return make_dumps(orders, {.settings = settings, .deadline = clock.uptime() + 30s, .meter = meter}, clock, runner);
  }

  // The message of those that failed.
  std::string trouble() {
    const auto made = make();
    return made ? "none" : describe(made.error());
  }

  std::string dump(const std::string& name) const {
    return read_file(folder + "/dumps/" + name + "/dump").value_or("");
  }
  bool is_there(const std::string& name) const { return std::filesystem::exists(folder + "/" + name); }

  std::string folder = new_folder();
  config::Config settings;
  Interrupt interrupt;
  Meter meter;
};

// Each of the two waits for the other.
const std::string first_to_meet = "echo from one >one; cat two", second_to_meet = "cat one; echo from two >two";

config::Dataset of(const std::string& name, config::DatasetType type) { return {.name = name, .type = type}; }

}  // namespace

TEST_CASE("dumps that follow each other are taken together, but for those with hooks") {
  using enum config::DatasetType;
  config::Config settings;
  settings.sync.datasets = {of("a", files),   of("b", sqlite),  of("c", command),    of("d", postgresql),
                            of("e", files),   of("f", command), of("g", postgresql), of("h", mysql),
                            of("i", command), of("j", sqlite)};
  settings.sync.before = {{.name = "of all", .run = {"true"}}, {.name = "of g", .run = {"true"}, .dataset = "g"}};
  settings.sync.after = {{.name = "of i", .run = {"true"}, .dataset = "i"}};
  std::vector<std::size_t> sizes;
  for (std::size_t first = 0; first < settings.sync.datasets.size(); first += sizes.back())
    sizes.push_back(taken_together(settings, first));
  CHECK(sizes == std::vector<std::size_t>{1, 3, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("two dumps are made at the same time, and come in their order") {
  World world;
  world.add("a", first_to_meet + "; printf 1");
  world.add("b", second_to_meet);
  world.add("c", "printf 333");
  std::vector<std::string> told;
  world.meter.report_to([&](const RunProgress& progress) { told.push_back(tell_phase(progress)); });
  const auto made = world.make();
  REQUIRE(made);
  REQUIRE(made->size() == 3);
  CHECK(world.dump("a") == "from two\n1");
  CHECK(world.dump("b") == "from one\n");
  CHECK((made->at(0).counts.bytes == 10 && made->at(1).counts.bytes == 9 && made->at(2).counts.bytes == 3));
  CHECK(std::find(told.begin(), told.end(), "dumping a, b") != told.end());
  CHECK(world.meter.progress().dumps.empty());
}

TEST_CASE("one at a time they are made one after the other") {
  World world;
  world.settings.sync.dumps_at_once = 1;
  for (const auto* name : {"a", "b", "c"}) world.add(name, std::string{"echo "} + name + " | tee -a order");
  REQUIRE(world.make());
  CHECK(read_file(world.folder + "/order").value() == "a\nb\nc\n");
}

TEST_CASE("one that fails ends the others, and is the one that is told") {
  World world;
  world.add("a", "echo $$ >pid; echo begun >one; exec sleep 1000");
  world.add("b", "cat one; echo why >&2; exit 3");
  world.add("c", "touch begun; echo c");
  CHECK(world.trouble() == "dataset b: sh on east failed with exit status 3: why");
  CHECK(::kill(std::stoi(read_file(world.folder + "/pid").value()), 0) != 0);
  CHECK_FALSE(world.is_there("begun"));
}

TEST_CASE("of two that fail the first is told, whichever was sooner") {
  class BothFail final : public ProcessRunner {
   public:
    Result<ProcessResult> run(const ProcessSpec& spec) override {
      if (spec.argv.back() == "a")
        static_cast<void>(b_ended_.try_acquire_for(30s));
      else
        b_ended_.release();
      return ProcessResult{.code = 3};
    }
    bool end_left_over(const std::string&) override { return false; }

   private:
    std::binary_semaphore b_ended_{0};
  };
  World world;
  for (const auto* name : {"a", "b"}) {
    world.add(name, "");
    world.settings.sync.datasets.back().run = {"dump", name};
  }
  BothFail runner;
  CHECK(describe(world.make(runner).error()) == "dataset a: dump on east failed with exit status 3");
}

TEST_CASE("dumps that are made at the same time share the bandwidth") {
  class KeepsRates final : public ProcessRunner {
   public:
    Result<ProcessResult> run(const ProcessSpec& spec) override {
      {
        const std::scoped_lock held{lock_};
        rates.push_back(spec.bytes_per_second);
      }
      HASYNC_CHECK(spec.sink("a dump"));
      return ProcessResult{};
    }
    bool end_left_over(const std::string&) override { return false; }

    std::vector<std::int64_t> rates;

   private:
    std::mutex lock_;
  };
  const auto rates = [](std::int64_t limit, int at_once, std::size_t datasets) {
    World world;
    world.settings.sync.bandwidth_limit = limit;
    world.settings.sync.dumps_at_once = at_once;
    for (std::size_t number = 0; number < datasets; ++number) world.add("db" + std::to_string(number), "");
    KeepsRates runner;
    CHECK(world.make(runner));
    return runner.rates;
  };
  using Rates = std::vector<std::int64_t>;
  CHECK(rates(0, 2, 2) == Rates{0, 0});
  CHECK(rates(1000, 2, 3) == Rates{500, 500, 500});
  CHECK(rates(1000, 8, 1) == Rates{1000});
  CHECK(rates(1000, 1, 2) == Rates{1000, 1000});
  CHECK(rates(3, 8, 8) == Rates(8, 1));
}

TEST_CASE("a request to stop ends all of them") {
  World world;
  world.add("a", "echo $$ >pid-a; echo begun >one; exec sleep 1000");
  world.add("b", "echo $$ >pid-b; cat one; exec sleep 1000");
  world.meter.report_to([&](const RunProgress& progress) {
    if (progress.dumped() > 0) world.interrupt.request();
  });
  const auto made = world.make();
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ExitCode::interrupted);
  CHECK(tell_phase(world.meter.progress()) == "dumping a, b");
  for (const auto* pid : {"/pid-a", "/pid-b"}) CHECK(::kill(std::stoi(read_file(world.folder + pid).value()), 0) != 0);
}
