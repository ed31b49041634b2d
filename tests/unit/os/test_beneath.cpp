#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "new_folder.hpp"
#include "os/beneath.hpp"
#include "testing.hpp"

using namespace hasync;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream{path} << "x";
}

}  // namespace

TEST_CASE("what is named beneath a folder goes, and nothing else") {
  const fs::path top = new_folder();
  write(top / "in/a/b");
  write(top / "in/a/c");
  write(top / "in/f");
  write(top / "out/f");
  fs::create_directory_symlink(top / "out", top / "in/link");
  auto beneath = Beneath::open((top / "in").string()).value();

  for (const auto* path : {"link/f", "../out/f", "a/../../out/f", ".", "..", "", "/", "nothing", "f/x", "a/../f"})
    CHECK(beneath.remove(path));
  CHECK(fs::exists(top / "out/f"));
  CHECK(fs::exists(top / "in/f"));

  CHECK(beneath.remove_unless_folder("a"));
  CHECK(beneath.remove_unless_folder("a/b"));
  CHECK(fs::exists(top / "in/a/c"));
  CHECK_FALSE(fs::exists(top / "in/a/b"));
  CHECK(beneath.remove("a"));  // not empty
  CHECK_FALSE(fs::exists(top / "in/a"));
  CHECK(beneath.remove("link"));
  CHECK(fs::exists(top / "out/f"));
}

TEST_CASE("a folder that nobody may write is no obstacle to its owner") {
  const fs::path top = new_folder();
  write(top / "a/f");
  fs::permissions(top / "a", fs::perms::owner_read | fs::perms::owner_exec);
  auto beneath = Beneath::open(top.string()).value();
  CHECK(beneath.remove("a/f"));
  CHECK_FALSE(fs::exists(top / "a/f"));
}

TEST_CASE("a file gets its name in another folder, too, and the folders on the way are made") {
  const fs::path top = new_folder();
  write(top / "one/a/b/f");
  fs::create_symlink("nowhere", top / "one/link");
  fs::create_directory(top / "two");
  fs::create_directory(top / "out");
  fs::create_directory_symlink(top / "out", top / "two/c");
  write(top / "one/c/f");
  auto one = Beneath::open((top / "one").string()).value();
  auto two = Beneath::open((top / "two").string()).value();
  CHECK(two.link_from(one, "a/b/f"));
  CHECK(fs::hard_link_count(top / "two/a/b/f") == 2);
  CHECK(two.link_from(one, "link"));
  CHECK(fs::is_symlink(top / "two/link"));
  CHECK(two.link_from(one, "a/nothing"));
  CHECK(two.link_from(one, "no/such"));
  CHECK_FALSE(two.link_from(one, "c/f"));  // a symlink is in the way
  CHECK(fs::is_empty(top / "out"));
}

TEST_CASE("what is there beneath a folder is found without following a symlink") {
  const fs::path top = new_folder();
  write(top / "in/a/b");
  write(top / "out/f");
  fs::create_directory_symlink(top / "out", top / "in/link");
  auto beneath = Beneath::open((top / "in").string()).value();
  for (const auto* path : {"a", "a/b", "link"}) CHECK(beneath.look_at(path));
  for (const auto* path : {"link/f", "../out/f", "a/../a", "a/b/c", "nothing", ".", "..", ""})
    CHECK_FALSE(beneath.look_at(path));
}
