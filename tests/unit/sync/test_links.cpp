#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "sync/links.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

namespace {

// "a b" for each file of the point; "d*": the plan fetches that anyway.
store::LinkedNames point(const std::vector<std::string>& files) {
  store::LinkedNames linked;
  std::int64_t inode = 0;
  for (const auto& file : files) {
    ++inode;
    for (auto name : split(file, ' ')) {
      const bool is_fetched = name.ends_with('*');
      if (is_fetched) name.pop_back();
      REQUIRE(linked.add(name, {1, inode}, 10));
      if (is_fetched) REQUIRE(linked.set_fetched(name));
    }
  }
  return linked;
}

// "d, b c": those that have to become another file, and of each its names.
std::string to_part(store::LinkedNames& linked) {
  std::vector<std::string> files;
  REQUIRE(linked.each_file([&](const std::vector<store::LinkedName>& file) -> Result<void> {
    for (const auto& another : names_to_part(file)) {
      std::vector<std::string> names;
      for (const auto& each : another) names.push_back(each.name);
      files.push_back(join(names, " "));
    }
    return {};
  }));
  return join(files, ", ");
}

// `there`: "a b" for each file at the source, as rsync lists them.
std::string to_part(const std::vector<std::string>& here, const std::vector<std::string>& there) {
  auto linked = point(here);
  for (const auto& file : there) {
    std::optional<std::string> before;
    for (const auto& name : split(file, ' ')) {
      REQUIRE(linked.set_at_source(name, before));
      before = name;
    }
  }
  return to_part(linked);
}

std::string names(store::LinkedNames& linked) {
  std::string all;
  REQUIRE(linked.each_name([&](const std::string& name) -> Result<void> {
    all += name + " ";
    return {};
  }));
  return all;
}

}  // namespace

TEST_CASE("of the names of one file, those that are of another at the source are to part") {
  CHECK(to_part({"a b"}, {"a b"}).empty());
  CHECK(to_part({"a b"}, {"b a"}).empty());
  CHECK(to_part({"a b"}, {"a", "b"}) == "b");
  CHECK(to_part({"a b c d"}, {"a b", "c d"}) == "c d");
  CHECK(to_part({"a b c d"}, {"a c", "b d"}) == "b d");
  CHECK(to_part({"a b c d"}, {"d c b", "a"}) == "a");
  CHECK(to_part({"a b c"}, {"a", "b", "c"}) == "b, c");
  CHECK(to_part({"a b", "c d"}, {"a d", "b c"}) == "b, c");
  CHECK(to_part({"a b", "c d"}, {"a b", "c", "d"}) == "d");
}

TEST_CASE("the most names that nothing else is done about stay the file that they are") {
  CHECK(to_part({"a b c"}, {"a", "b c"}) == "a");
  CHECK(to_part({"a* b* c"}, {"a b", "c"}) == "a b");
  CHECK(to_part({"a* b*"}, {"a", "b"}) == "b");
}

TEST_CASE("a name that has vanished is none that parts") {
  CHECK(to_part({"a b"}, {"a"}).empty());
  CHECK(to_part({"a b c"}, {"b", "c"}) == "c");
  CHECK(to_part({"a b"}, {}).empty());
}

TEST_CASE("all names of a file may lead to its first, or each to the one before it") {
  for (const std::string leads_to : {"a", "b"}) {
    auto linked = point({"a b c", "d e"});
    REQUIRE(linked.set_at_source("a", std::nullopt));
    REQUIRE(linked.set_at_source("b", "a"));
    REQUIRE(linked.set_at_source("c", leads_to));
    REQUIRE(linked.set_at_source("d", "c"));
    REQUIRE(linked.set_at_source("e", std::nullopt));
    CHECK(to_part(linked) == "e");
  }
}

TEST_CASE("in whatever order they are told, names of one file are that") {
  std::vector<std::pair<std::string, std::optional<std::string>>> told{
      {"a", std::nullopt}, {"b", "a"}, {"c", "b"}, {"d", "c"}, {"e", "d"}, {"f", std::nullopt}};
  do {
    auto linked = point({"a b c d e f"});
    for (const auto& [name, leads_to] : told) REQUIRE(linked.set_at_source(name, leads_to));
    CHECK(to_part(linked) == "f");
  } while (std::next_permutation(told.begin(), told.end()));
}

TEST_CASE("links that lead to each other end nowhere, but they end") {
  auto linked = point({"a b"});
  REQUIRE(linked.set_at_source("a", "b"));
  REQUIRE(linked.set_at_source("b", "a"));
  CHECK(to_part(linked).empty());
}

TEST_CASE("a name that the plan fetches is one that may be linked again only where nothing but a link differs") {
  auto linked = point({"a b", "c d", "e f", "g h"});
  REQUIRE(take_note(linked, {.what = What::changed, .path = "a", .leads_to = "x"}));
  REQUIRE(take_note(linked, {.what = What::attributes, .path = "c"}));
  REQUIRE(take_note(linked, {.what = What::deleted, .path = "e"}));
  REQUIRE(take_note(linked, {.what = What::attributes, .path = "g", .leads_to = "x"}));
  REQUIRE(take_note(linked, {.what = What::created, .path = "elsewhere"}));
  CHECK(names(linked) == "b d f g h ");
  CHECK(linked.has_file({1, 1}).value());
  REQUIRE(linked.keep_shared());
  CHECK(names(linked) == "g h ");
  CHECK_FALSE(linked.has_file({1, 1}).value());
  REQUIRE(
      linked.each_file([](const auto&) -> Result<void> { return fail(ExitCode::failed, "none is at the source"); }));
  for (const auto* name : {"g", "h"}) REQUIRE(linked.set_at_source(name, std::nullopt));
  CHECK(to_part(linked) == "g");  // which is fetched anyway
}

TEST_CASE("of no links nothing is told") {
  store::LinkedNames none;
  CHECK_FALSE(none.any().value());
  CHECK_FALSE(none.has_file({1, 1}).value());
  REQUIRE(take_note(none, {.what = What::changed, .path = "a"}));
  REQUIRE(none.set_at_source("a", "b"));
  REQUIRE(none.keep_shared());
  CHECK(names(none).empty());
  CHECK(to_part(none).empty());
}
