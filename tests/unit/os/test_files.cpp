#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "new_folder.hpp"
#include "os/atomic_file.hpp"
#include "os/file_lock.hpp"
#include "os/tree.hpp"
#include "testing.hpp"

using namespace hasync;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat found {};
  stat(path.c_str(), &found);
  return found.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a replaced file keeps its mode, a symlink stays one, nothing else is left") {
  const auto folder = new_folder(), file = folder + "/real", link = folder + "/link";
  REQUIRE(replace_file(file, "one", 0640));
  CHECK(mode_of(file) == 0640);
  fs::create_symlink("real", link);
  REQUIRE(replace_file(link, "two"));
  CHECK(fs::is_symlink(link));
  CHECK(read_file(file).value() == "two");
  CHECK(mode_of(file) == 0640);
  CHECK(std::distance(fs::directory_iterator{folder}, {}) == 2);
}

TEST_CASE("a file that cannot be replaced is left as it was") {
  const auto folder = new_folder();
  fs::create_directory(folder + "/target");
  fs::create_directory(folder + "/target/full");
  CHECK_FALSE(replace_file(folder + "/target", "text"));
  CHECK(fs::is_directory(folder + "/target/full"));
  CHECK(std::distance(fs::directory_iterator{folder}, {}) == 1);
  CHECK(replace_file(folder + "/no/file", "text").error().message ==
        "cannot write into " + folder + "/no: No such file or directory");
}

TEST_CASE("two trees trade places, and are told apart") {
  const auto folder = new_folder(), one = folder + "/one", two = folder + "/two";
  fs::create_directory(one);
  REQUIRE(replace_file(two, "a file"));
  const auto identity = file_identity(one);
  REQUIRE(exchange(one, two));
  CHECK(file_identity(two) == identity);
  CHECK(read_file(one).value() == "a file");
  CHECK(file_identity(folder + "/none").empty());
}

TEST_CASE("a tree is removed without following a symlink") {
  const auto folder = new_folder();
  REQUIRE(make_folders(folder + "/kept"));
  REQUIRE(replace_file(folder + "/kept/file", "x"));
  REQUIRE(make_folders(folder + "/gone/deep"));
  fs::create_symlink(folder + "/kept", folder + "/gone/link");
  fs::permissions(folder + "/gone/deep", fs::perms::none);
  REQUIRE(remove_tree(folder + "/gone"));
  CHECK_FALSE(fs::exists(folder + "/gone"));
  CHECK(fs::exists(folder + "/kept/file"));
  CHECK(remove_tree(folder + "/gone"));
}

TEST_CASE("a symlink is switched in one step") {
  const auto folder = new_folder(), link = folder + "/current";
  REQUIRE(replace_symlink(link, "points/one"));
  REQUIRE(replace_symlink(link, "points/two"));
  CHECK(fs::read_symlink(link) == "points/two");
}

TEST_CASE("a folder is shared by many, or had by one alone") {
  const auto folder = new_folder() + "/it";
  fs::create_directory(folder);
  {
    const auto one = FileLock::share_folder(folder), other = FileLock::share_folder(folder);
    REQUIRE((one && other));
    CHECK(FileLock::take_folder(folder).error().code == ExitCode::busy);
  }
  const auto alone = FileLock::take_folder(folder);
  REQUIRE(alone);
  CHECK(FileLock::share_folder(folder).error().code == ExitCode::busy);
  CHECK(FileLock::share_folder(folder + "/gone").error().code == ExitCode::failed);
}

TEST_CASE("how much a tree is counts every name, and on disk what is there once") {
  const auto folder = new_folder();
  REQUIRE(replace_file(folder + "/one", std::string(100'000, 'x')));
  const auto before = amount_at(folder);
  CHECK((before.files == 1 && before.bytes == 100'000 && before.on_disk >= 100'000));
  REQUIRE(::link((folder + "/one").c_str(), (folder + "/two").c_str()) == 0);
  REQUIRE(::symlink("one", (folder + "/link").c_str()) == 0);
  const auto after = amount_at(folder);
  CHECK((after.files == 3 && after.bytes == 200'000 && after.on_disk < before.on_disk + 50'000));
  CHECK(amount_at(folder + "/gone").files == 0);
}
