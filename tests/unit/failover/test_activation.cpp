#include <unistd.h>

#include <filesystem>

#include "failover/activation.hpp"
#include "os/atomic_file.hpp"
#include "os/tree.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::failover;
namespace fs = std::filesystem;

namespace {

struct World {
  World() {
    char name[] = "/tmp/hasync-test.XXXXXX";
    folder = mkdtemp(name);
    for (const auto* each : {"/store/points/p/app", "/state", "/srv"}) fs::create_directories(folder + each);
    REQUIRE(replace_file(folder + "/store/points/p/app/f", std::string(100'000, 'x')));
  }
  ~World() { fs::remove_all(folder); }

  LivePaths look(const std::string& live, std::int64_t bytes = 0) const {
    const PlannedStep copy{.kind = StepKind::copy, .point = folder + "/store/points/p/app", .live = live};
    return look_at_live_paths({copy}, bytes, {folder + "/store", folder + "/state"});
  }
  std::string folder;
};

store::StepRecord step(StepKind kind, store::StepState state) {
  auto record = to_record({.kind = kind, .name = "x"}, 1);
  record.state = state;
  return record;
}

}  // namespace

TEST_CASE("a live path whose folder is there, or can be made, has a place") {
  const World world;
  CHECK(world.look(world.folder + "/srv/app").trouble.empty());
  CHECK(world.look(world.folder + "/srv/not/yet/app").trouble.empty());
  CHECK(world.look(world.folder + "/store/live/app").trouble.empty());
}

TEST_CASE("a live path never holds the store or the state, however it is reached") {
  const World world;
  const auto holds = [&](const std::string& live, const std::string& what) {
    return live + " holds " + world.folder + what +
           ", which must stay where it is; name the folder where the application looks";
  };
  CHECK(world.look(world.folder).trouble == holds(world.folder, "/store"));
  CHECK(world.look(world.folder + "/state").trouble == holds(world.folder + "/state", "/state"));
  fs::create_directory_symlink(world.folder, world.folder + "/srv/elsewhere");
  const auto through = world.folder + "/srv/elsewhere/state";
  CHECK(world.look(through).trouble == holds(through, "/state"));
  // A symlink stands for itself: it is what is moved aside.
  CHECK(world.look(world.folder + "/srv/elsewhere").trouble.empty());
}

TEST_CASE("a live path below a file has none") {
  const World world;
  REQUIRE(replace_file(world.folder + "/srv/file", ""));
  CHECK(world.look(world.folder + "/srv/file/app").trouble == world.folder + "/srv/file is not a folder");
}

TEST_CASE("a point that seems too large is measured before it is refused") {
  const World world;
  const auto huge = std::int64_t{1} << 60;  // as the files of a sparse disk image would add up to
  CHECK(world.look(world.folder + "/srv/app", huge).trouble.empty());
}

TEST_CASE("a promotion is past return once others can see something of it") {
  using store::StepState;
  CHECK_FALSE(is_past_return({}));
  CHECK_FALSE(is_past_return({step(StepKind::fence, StepState::running), step(StepKind::copy, StepState::pending)}));
  CHECK_FALSE(is_past_return({step(StepKind::copy, StepState::done), step(StepKind::activate, StepState::pending)}));
  CHECK(is_past_return({step(StepKind::copy, StepState::done), step(StepKind::activate, StepState::running)}));
  CHECK(is_past_return({step(StepKind::fence, StepState::done), step(StepKind::copy, StepState::pending)}));
  CHECK(is_past_return({step(StepKind::copy, StepState::done), step(StepKind::activate, StepState::done)}));
  CHECK_FALSE(is_past_return({step(StepKind::restore, StepState::running)}));
  CHECK_FALSE(is_past_return({step(StepKind::restore, StepState::done), step(StepKind::swap, StepState::pending)}));
  CHECK(is_past_return({step(StepKind::restore, StepState::done), step(StepKind::swap, StepState::running)}));
  CHECK(is_past_return({step(StepKind::feed, StepState::running)}));
}

TEST_CASE("what is still to be done of an interrupted plan") {
  using store::StepState;
  const auto rest = rest_of({step(StepKind::fence, StepState::done), step(StepKind::copy, StepState::running),
                             step(StepKind::run, StepState::passed_over), step(StepKind::activate, StepState::pending)})
                        .value();
  REQUIRE(rest.size() == 2);
  CHECK((rest[0].kind == StepKind::copy && rest[1].kind == StepKind::activate));
}

TEST_CASE("what SQLite keeps beside a database goes aside with it, whenever a crash came") {
  const World world;
  const auto live = world.folder + "/srv/app.db", staging = staging_path(live), aside = live + ".hasync-now";
  const auto put = [&](const std::string& path, const char* text) { REQUIRE(replace_file(path, text)); };
  const auto expect_done = [&](const std::string& identity) {
    REQUIRE(activate(live, identity, "now"));
    CHECK(read_file(live) == "new");
    CHECK_FALSE(fs::exists(live + "-wal"));
    CHECK(read_file(aside) == "old");
    CHECK(read_file(aside + "-wal") == "log of old");
    REQUIRE(activate(live, identity, "now"));  // what the application has written by then stays
  };
  put(live, "old");
  put(live + "-wal", "log of old");
  put(staging, "new");
  const auto identity = file_identity(staging);
  SECTION("no crash") { expect_done(identity); }
  SECTION("before the log is moved") {
    fs::rename(staging, aside);
    expect_done(identity);
  }
  SECTION("before the exchange") {
    fs::rename(staging, aside);
    fs::rename(live + "-wal", aside + "-wal");
    expect_done(identity);
  }
  SECTION("a log without its database") {
    fs::remove(live);
    REQUIRE(activate(live, identity, "now"));
    CHECK(read_file(live) == "new");
    CHECK_FALSE(fs::exists(live + "-wal"));
    CHECK(read_file(aside + "-wal") == "log of old");
  }
  SECTION("a log that the application has begun since is its own") {
    expect_done(identity);
    put(live + "-wal", "log of new");
    REQUIRE(activate(live, identity, "now"));
    CHECK(read_file(live + "-wal") == "log of new");
  }
}
