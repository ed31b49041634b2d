#include <set>
#include <utility>
#include <vector>

#include "new_folder.hpp"
#include "store/catalog.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::store;

namespace {

Catalog new_catalog() { return Catalog::open({new_folder()}).value(); }

void make(Catalog& catalog, const std::string& point, const std::optional<std::string>& base,
          const std::vector<Change>& changes) {
  REQUIRE(catalog.begin(point, base));
  for (const auto& change : changes) REQUIRE(catalog.add("app", change));
  REQUIRE(catalog.commit());
}

std::string since(Catalog& catalog, const std::string& earlier, const std::string& point) {
  std::string all;
  REQUIRE(catalog.each_change_since(earlier, point, "app", [&](const Change& change) -> Result<void> {
    all += std::string{what_name(change.what)} + " " + change.path + "; ";
    return {};
  }));
  return all;
}

std::string links(Catalog& catalog, const std::string& point, const std::string& dataset = "app") {
  if (!catalog.knows_links(point).value()) return "unknown";
  std::set<std::string> names;
  REQUIRE(catalog.each_link(point, dataset, [&](const std::string& name) -> Result<void> {
    names.insert(name);
    return {};
  }));
  std::string all;
  for (const auto& name : names) all += name + " ";
  return all;
}

using Links = std::vector<std::pair<std::string, std::string>>;
Result<void> learn(Catalog& catalog, const std::string& point, const Links& links) {
  return catalog.learn_links(point, [&](const Catalog::OnLink& on_link) -> Result<void> {
    for (const auto& [dataset, name] : links) HASYNC_CHECK(on_link(dataset, name));
    return {};
  });
}

// 1 ← 2 ← 3
Catalog three_points() {
  auto catalog = new_catalog();
  make(catalog, "1", {},
       {{.path = "a", .checksum = "a1"}, {.path = "b", .checksum = "b1"}, {.path = "c", .checksum = "c1"}});
  make(catalog, "2", "1",
       {{.what = What::changed, .path = "a", .checksum = "a2"}, {.what = What::deleted, .path = "b"}});
  make(catalog, "3", "2",
       {{.what = What::attributes, .path = "a"}, {.what = What::created, .path = "d", .checksum = "d3"}});
  return catalog;
}

}  // namespace

TEST_CASE("a checksum is that of the newest change of the content") {
  auto catalog = three_points();
  const auto checksum = [&](const std::string& point, const std::string& path) {
    return catalog.checksum_in(point, "app", path).value();
  };
  CHECK(checksum("1", "a") == "a1");
  CHECK(checksum("2", "a") == "a2");
  CHECK(checksum("3", "a") == "a2");
  CHECK(checksum("3", "c") == "c1");
  CHECK(checksum("2", "d").empty());
  CHECK(checksum("4", "a").empty());
}

TEST_CASE("what differs between two points is the newest change of each path, what is in a folder first") {
  auto catalog = three_points();
  CHECK(since(catalog, "1", "3") == "created d; deleted b; attributes a; ");
  CHECK(since(catalog, "2", "3") == "created d; attributes a; ");
  CHECK(since(catalog, "3", "3").empty());
  CHECK(catalog.derives("3", "1").value());
  CHECK_FALSE(catalog.derives("1", "3").value());
  CHECK_FALSE(catalog.derives("3", "0").value());
  CHECK(catalog.count_since("1", "3", "app").value() == 4);
}

TEST_CASE("a point that is forgotten leaves to the others what they need of it") {
  for (const std::string gone : {"1", "2"}) {
    auto catalog = three_points();
    REQUIRE(catalog.forget(gone));
    CHECK(catalog.checksum_in("3", "app", "a").value() == "a2");
    CHECK(catalog.checksum_in("3", "app", "c").value() == "c1");
    CHECK(catalog.checksum_in("3", "app", "d").value() == "d3");
    CHECK(catalog.derives("3", gone == "1" ? "2" : "1").value());
    CHECK_FALSE(catalog.derives("3", gone).value());
  }
  auto catalog = three_points();
  REQUIRE(catalog.forget("2"));
  CHECK(since(catalog, "1", "3") == "created d; deleted b; attributes a; ");
  REQUIRE(catalog.keep_only({"3"}));
  CHECK(catalog.checksum_in("3", "app", "a").value() == "a2");
  CHECK(catalog.checksum_in("3", "app", "b").value().empty());
  make(catalog, "4", "3", {{.what = What::deleted, .path = "c"}});
  CHECK(since(catalog, "3", "4") == "deleted c; ");
}

TEST_CASE("the newest that is forgotten takes only its own with it") {
  auto catalog = three_points();
  REQUIRE(catalog.forget("3"));
  CHECK(catalog.checksum_in("2", "app", "a").value() == "a2");
  make(catalog, "5", "2", {{.what = What::changed, .path = "a", .checksum = "a5"}});
  CHECK(catalog.checksum_in("5", "app", "a").value() == "a5");
  CHECK(since(catalog, "1", "5") == "deleted b; changed a; ");
}

TEST_CASE("a path that is there now is not deleted, in whatever order it is told") {
  auto catalog = new_catalog();
  make(catalog, "1", {}, {});
  make(catalog, "2", "1",
       {{.path = "x"},
        {.what = What::deleted, .folder = true, .path = "x"},
        {.what = What::deleted, .path = "y"},
        {.what = What::changed, .path = "y"}});
  CHECK(since(catalog, "1", "2") == "changed y; created x; ");
}

TEST_CASE("what a new hard link leads to is fetched with it, unless it changed itself") {
  auto catalog = new_catalog();
  make(catalog, "1", {}, {});
  make(catalog, "2", "1",
       {{.path = "new", .leads_to = "old"}, {.what = What::changed, .path = "z"}, {.path = "y", .leads_to = "z"}});
  CHECK(since(catalog, "1", "2") == "changed z; created y; linked old; created new; ");
}

TEST_CASE("what was told to be a hard link is known in all points that came from there") {
  auto catalog = new_catalog();
  make(catalog, "1", {}, {{.path = "a"}, {.path = "b", .leads_to = "a"}, {.path = "c"}});
  make(catalog, "2", "1", {{.what = What::changed, .path = "c"}});
  REQUIRE(catalog.begin("3", "2"));
  REQUIRE(catalog.add("app", {.path = "d"}));
  REQUIRE(catalog.add_link("app", {.path = "d", .leads_to = "c"}));
  REQUIRE(catalog.commit());
  CHECK(links(catalog, "1") == "a b ");
  CHECK(links(catalog, "2") == "a b ");
  CHECK(links(catalog, "3") == "a b c d ");
  CHECK(links(catalog, "3", "other").empty());
  for (const std::string gone : {"1", "2"}) {
    REQUIRE(catalog.forget(gone));
    CHECK(links(catalog, "3") == "a b c d ");
  }
  make(catalog, "4", "3", {{.what = What::deleted, .path = "b"}, {.path = "e", .leads_to = "d"}});
  CHECK(links(catalog, "4") == "a b c d e ");
  REQUIRE(catalog.forget("3"));
  CHECK(links(catalog, "4") == "a c d e ");
}

TEST_CASE("of a point whose beginning is not on record nobody knows the hard links, until they are told") {
  auto catalog = new_catalog();
  CHECK(links(catalog, "1") == "unknown");
  make(catalog, "2", "1", {{.path = "b", .leads_to = "a"}});
  CHECK(links(catalog, "2") == "unknown");
  REQUIRE(learn(catalog, "2", {{"app", "a"}, {"app", "b"}, {"app", "x"}, {"other", "y"}}));
  CHECK(links(catalog, "2") == "a b x ");
  make(catalog, "3", "2", {});
  CHECK(links(catalog, "3") == "a b x ");
  REQUIRE(learn(catalog, "0", {}));
  CHECK(links(catalog, "0").empty());
  make(catalog, "4", "0", {});
  make(catalog, "5", "0", {});
  make(catalog, "6", "4", {});
  REQUIRE(catalog.forget("0"));  // its record goes on as that of 5, and 4 is begun anew
  CHECK(links(catalog, "5").empty());
  CHECK(links(catalog, "6") == "unknown");
}

TEST_CASE("what is not committed was never there") {
  const StoreFolder store{new_folder()};
  {
    auto catalog = Catalog::open(store).value();
    REQUIRE(catalog.begin("1", {}));
    REQUIRE(catalog.add("app", {.path = "a", .checksum = "a1"}));
  }
  auto catalog = Catalog::open(store).value();
  CHECK(catalog.checksum_in("1", "app", "a").value().empty());
  CHECK_FALSE(catalog.derives("1", "1").value());
}
