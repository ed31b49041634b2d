#include "base/text.hpp"
#include "sync/meanwhile.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

namespace {

// "a/b" for each folder that is listed, "a/b@" for a symlink.
std::string first_replaced(const std::vector<std::string>& listed) {
  ReplacedFolders replaced;
  for (auto path : listed) {
    const bool symlink = path.ends_with('@');
    if (symlink) path.pop_back();
    replaced.take({.folder = !symlink, .path = path, .symlink = symlink});
  }
  return replaced.first();
}

}  // namespace

TEST_CASE("folders that are listed as folders are what they were") {
  CHECK(first_replaced({}) == "");
  CHECK(first_replaced({".", "a", "a/b", "a/b/c", "b"}) == "");
  CHECK(first_replaced({"a", "a/b", "a/c", "ab", "ab/c"}) == "");
}

TEST_CASE("a symlink in a folder's place is found") {
  CHECK(first_replaced({"a", "a/b@", "c"}) == "a/b");
  CHECK(first_replaced({"a@", "b@"}) == "a");
}

TEST_CASE("a symlink of which rsync tells only what it leads to is found") {
  CHECK(first_replaced({"a", "b/c"}) == "b");
  CHECK(first_replaced({"a", "a/b/c"}) == "a/b");
  CHECK(first_replaced({"a", "ab/c"}) == "ab");
}
