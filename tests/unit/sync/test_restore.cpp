#include "sync/restore.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

TEST_CASE("a path in a point is one below it, however it is written") {
  for (const auto* path : {"app/a", "./app/a", "app//a/", "app/./a/.", ".//app/a"})
    CHECK(path_in_point(path) == "app/a");
  CHECK(path_in_point(".") == "");
  CHECK(path_in_point("app/...") == "app/...");
  CHECK(path_in_point("app/\n") == "app/\n");
  for (const auto* path : {"..", "../x", "app/../x", "app/..", "/", "/app", "//app/x"}) {
    INFO(path);
    REQUIRE_FALSE(path_in_point(path));
    CHECK(path_in_point(path).error().code == ExitCode::usage);
  }
}

TEST_CASE("what is within another path is copied with it") {
  using Names = std::vector<std::string>;
  CHECK(without_nested({"app/b", "app", "app", "app-2/c"}) == Names{"app", "app-2/c"});
  CHECK(without_nested({"app/a/c", "app/a-b", "app/a"}) == Names{"app/a", "app/a-b"});
  CHECK(without_nested({}).empty());
}

TEST_CASE("the folders on the way come before what is in them, each once") {
  using Names = std::vector<std::string>;
  CHECK(folders_above({"app/a/b", "app/a/c", "db/dump"}) == Names{"app", "app/a", "db"});
  CHECK(folders_above({"app", "db"}).empty());
}

TEST_CASE("a copy of some is made at once, and then the folders on the way are made exact") {
  Restoring restoring{.from = "/s/points/p", .staging = "/r.hasync-restoring", .names = {"app/a", "db"}};
  const auto commands = commands_of(restoring);
  REQUIRE(commands.size() == 2);
  CHECK(commands[0] == std::vector<std::string>{"env", "--chdir=/s/points/p", "cp", "--archive", "--reflink=auto",
                                                "--sparse=auto", "--parents", "--target-directory=/r.hasync-restoring",
                                                "--", "app/a", "db"});
  CHECK(std::vector(commands[1].end() - 3, commands[1].end()) ==
        std::vector<std::string>{"--", "/s/points/p/./app", "/r.hasync-restoring/"});
  restoring.names = {"app", "db"};
  CHECK(commands_of(restoring).size() == 1);
}
