#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sync/links.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

namespace {

// "a b" for each file of the point; "d*": the plan fetches that anyway.
LinkedNames point(const std::vector<std::string>& files) {
  LinkedNames linked;
  ino_t inode = 0;
  for (const auto& file : files) {
    ++inode;
    for (auto name : split(file, ' ')) {
      const bool is_fetched = name.ends_with('*');
      if (is_fetched) name.pop_back();
      linked[name] = {{1, inode}, 10, is_fetched};
    }
  }
  return linked;
}

// "a b" for each file at the source.
LinksAtSource source(const std::vector<std::string>& files) {
  LinksAtSource links;
  for (const auto& file : files) {
    std::string before;
    for (const auto& name : split(file, ' ')) links[name] = std::exchange(before, name);
  }
  return links;
}

std::string to_part(const std::vector<std::string>& here, const std::vector<std::string>& there) {
  std::vector<std::string> files;
  for (const auto& file : names_to_part(point(here), source(there))) files.push_back(join(file, " "));
  return join(files, ", ");
}

std::string names(const LinkedNames& linked) {
  std::string all;
  for (const auto& [name, is] : linked) all += name + (is.is_fetched ? "* " : " ");
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

TEST_CASE("links that lead to each other end nowhere, but they end") {
  const LinksAtSource circle{{"a", "b"}, {"b", "a"}};
  CHECK(names_to_part(point({"a b"}), circle).size() <= 1);
}

TEST_CASE("a name that the plan fetches is one that may be linked again only where nothing but a link differs") {
  auto linked = point({"a b", "c d", "e f", "g h"});
  take_note(linked, {.what = What::changed, .path = "a", .leads_to = "x"});
  take_note(linked, {.what = What::attributes, .path = "c"});
  take_note(linked, {.what = What::deleted, .path = "e"});
  take_note(linked, {.what = What::attributes, .path = "g", .leads_to = "x"});
  take_note(linked, {.what = What::created, .path = "elsewhere"});
  CHECK(names(linked) == "b d f g* h ");
  CHECK(names(still_linked(linked)) == "g* h ");
}
