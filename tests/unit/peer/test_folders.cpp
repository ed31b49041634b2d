#include "peer/folders.hpp"

#include "testing.hpp"

using namespace hasync;
using namespace hasync::peer;
using namespace std::string_literals;

TEST_CASE("the system's own folders, and names that are better typed, are not suggested") {
  const auto found = "/srv/app\0/var/lib/dpkg\0/var/lib/postgresql\0/var/lib/grafana\0/srv/a b\0/srv/a\nb\0/srv/a=b\0"s;
  CHECK(candidates(found) == std::vector<std::string>{"/srv/app", "/var/lib/grafana"});
  CHECK(candidates("").empty());
  std::string many;
  for (int each = 0; each < 100; ++each) many += "/srv/" + std::to_string(each) + "\0"s;
  CHECK(candidates(many).size() == 40);
}

TEST_CASE("the largest folder comes first, one of unknown size last") {
  const auto folders =
      with_sizes({"/srv/a", "/srv/b", "/srv/c"}, "10\t/srv/a\n2048\t/srv/c\nx\t/srv/b\n7\t/elsewhere\n");
  REQUIRE(folders.size() == 3);
  CHECK(folders[0].path == "/srv/c");
  CHECK(folders[0].bytes == 2048);
  CHECK(folders[1].path == "/srv/a");
  CHECK(folders[2].path == "/srv/b");
  CHECK(!folders[2].bytes);
}
