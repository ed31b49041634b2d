#include "sync/hooks.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

// Keeps what was run; how each program ends is said beforehand.
class FakeRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec) override {
    specs.push_back(spec);
    const auto end = ends.find(spec.argv.front());
    return end == ends.end() ? ProcessResult{} : end->second;
  }
  bool end_left_over(const std::string&) override { return false; }

  Words ran() const {
    Words programs;
    for (const auto& spec : specs) programs.push_back(spec.argv.front());
    return programs;
  }

  std::vector<ProcessSpec> specs;
  std::map<std::string, Result<ProcessResult>> ends;
};

config::Config settings() {
  config::Config settings;
  settings.node.name = "west";
  settings.peer.name = "east";
  settings.sync.before = {
      {"mount", {"mount"}, "", 5s}, {"freeze", {"freeze"}, "app"}, {"check", {"check"}, ""}, {"sum", {"sum"}, "db"}};
  settings.sync.after = {
      {"thaw", {"thaw"}, "app"}, {"umount", {"umount"}, ""}, {"tell", {"tell"}, ""}, {"count", {"count"}, "db"}};
  return settings;
}

struct World {
  config::Config settings = ::settings();
  FakeRunner runner{};
  Hooks hooks{settings, runner};

  World() { hooks.are_for({7, "schedule", "P"}); }
};

const ProcessResult failing{.code = 3, .errors = "first\nthe disk is gone\n"};

}  // namespace

TEST_CASE("the hooks of the run and those of its datasets are run around what they are for, in the order given") {
  World world;
  CHECK(world.hooks.begin());
  CHECK(world.hooks.begin("app"));
  CHECK(world.hooks.begin("db"));
  world.hooks.end("db", {"unchanged"});
  world.hooks.end("app", {"success"});
  world.hooks.end_run({"success"});
  CHECK(world.runner.ran() == Words{"mount", "check", "freeze", "sum", "count", "thaw", "umount", "tell"});
  CHECK(world.hooks.take_complaints().empty());
}

TEST_CASE("one before that fails is the last one before, and those after what has begun are run all the same") {
  World world;
  world.runner.ends["mount"] = failing;
  const auto begun = world.hooks.begin();
  REQUIRE_FALSE(begun);
  CHECK(describe(begun.error()) == "the hook \"mount\" (sync.before) failed: mount: exit status 3: the disk is gone");
  CHECK(begun.error().code == ExitCode::failed);
  world.hooks.end_datasets({"failed"});
  world.hooks.end_run({"failed"});
  CHECK(world.runner.ran() == Words{"mount", "umount", "tell"});
}

TEST_CASE("those after are run once for each dataset that has begun, and for no other") {
  World world;
  world.runner.ends["sum"] = failing;
  CHECK(world.hooks.begin());
  CHECK(world.hooks.begin("app"));
  CHECK_FALSE(world.hooks.begin("db"));
  world.runner.specs.clear();
  world.hooks.end("app", {"success"});
  world.hooks.end_datasets({"failed"});
  world.hooks.end_datasets({"failed"});
  CHECK(world.runner.ran() == Words{"thaw", "count"});

  World other;
  CHECK(other.hooks.begin());
  CHECK(other.hooks.begin("app"));
  other.runner.specs.clear();
  other.hooks.end("db", {"success"});
  other.hooks.end_datasets({"interrupted"});
  other.hooks.end_run({"interrupted"});
  other.hooks.end_run({"interrupted"});
  CHECK(other.runner.ran() == Words{"thaw", "umount", "tell"});
}

TEST_CASE("one after that fails keeps no other from being run, and is complained of once") {
  World world;
  world.runner.ends["umount"] = fail(ExitCode::failed, "cannot start umount: No such file or directory");
  CHECK(world.hooks.begin());
  world.hooks.end_run({"success"});
  CHECK(world.runner.ran() == Words{"mount", "check", "umount", "tell"});
  CHECK(world.hooks.take_complaints() ==
        Words{"the hook \"umount\" (sync.after) failed: cannot start umount: No such file or directory"});
  CHECK(world.hooks.take_complaints().empty());
}

TEST_CASE("a request to stop ends one before, and none after") {
  World world;
  world.runner.ends["mount"] = ProcessResult{.end = ProcessResult::End::interrupted};
  const auto begun = world.hooks.begin();
  REQUIRE_FALSE(begun);
  CHECK(begun.error().code == ExitCode::interrupted);
  CHECK(came_to(begun.error()).result == "interrupted");
  world.hooks.end_run(came_to(begun.error()));
  CHECK(world.runner.specs.front().on_interrupt == OnInterrupt::end);
  CHECK(world.runner.specs.back().on_interrupt == OnInterrupt::go_on);
}

TEST_CASE("a hook has its own time, keeps no descriptor, and is told of its run") {
  World world;
  CHECK(world.hooks.begin());
  CHECK(world.hooks.begin("app"));
  const auto& first = world.runner.specs.front();
  CHECK(first.timeout == 5s);
  CHECK(first.inherit.empty());
  CHECK(world.runner.specs.back().timeout == 60s);
  CHECK(world.runner.specs.back().environment ==
        Words{"HASYNC_HOOK=before", "HASYNC_NODE=west", "HASYNC_PEER=east", "HASYNC_RUN=7", "HASYNC_TRIGGER=schedule",
              "HASYNC_DATASET=app", "HASYNC_STORE=/srv/hasync", "HASYNC_POINT=P", "HASYNC_RESULT=", "HASYNC_MESSAGE="});
  world.hooks.end("app", came_to({ExitCode::unreachable, "east is silent\n", {"dataset app"}}));
  CHECK(world.runner.specs.back().environment ==
        Words{"HASYNC_HOOK=after", "HASYNC_NODE=west", "HASYNC_PEER=east", "HASYNC_RUN=7", "HASYNC_TRIGGER=schedule",
              "HASYNC_DATASET=app", "HASYNC_STORE=/srv/hasync", "HASYNC_POINT=", "HASYNC_RESULT=failed",
              "HASYNC_MESSAGE=" + printable("dataset app: east is silent\n")});
}

TEST_CASE("a message of any length can be told") {
  const auto told = hook_environment(settings(), {}, When::after, {}, {"failed", {}, std::string(200'000, 'x')});
  CHECK(std::all_of(told.begin(), told.end(), [](const std::string& each) { return each.size() < 10'000; }));
}
