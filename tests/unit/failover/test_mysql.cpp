#include "failover/databases.hpp"
#include "failover/mysql.hpp"
#include "testing.hpp"

using namespace hasync::failover;

TEST_CASE("nothing is restored over what is there, unless it is an unfinished restore of ours") {
  CHECK(trouble_with_database({.is_marked = false, .is_empty = true}, "app").empty());
  CHECK(trouble_with_database({.is_marked = true, .is_empty = false}, "app").empty());
  CHECK(trouble_with_database({.is_marked = false, .is_empty = false}, "app")
            .starts_with("database app here is not empty, and nothing in it is replaced"));
}

TEST_CASE("the mark has a name that the server takes") {
  CHECK(mark_of("app") == "app_hasync_new");
  CHECK(mark_of(std::string(64, 'a')) == std::string(53, 'a') + "_hasync_new");
  CHECK(mark_of(std::string(52, 'a') + "\u00e9\u00e9") == std::string(52, 'a') + "_hasync_new");
}

TEST_CASE("a plan tells what each kind of server does") {
  CHECK(tell_restore("mysql:///app") == "mysql:///app, which must be empty or not there");
  CHECK(tell_place("mysql:///app") == "mysql:///app (complete from here on)");
  CHECK(tell_restore("postgresql:///app?x=y") == "a new database postgresql:///app_hasync_new?x=y");
  CHECK(tell_place("postgresql:///app") == "postgresql:///app (what has that name becomes app_before_TIME)");
}
