#include "sync/moved.hpp"

#include <catch2/catch.hpp>

using namespace hasync::sync;

namespace {

constexpr std::int64_t large = 1 << 20;

std::string told(const Moves& moves) {
  std::string all;
  for (const auto& each : moves.found()) all += each.from + " -> " + each.to + "\n";
  return all;
}

}  // namespace

TEST_CASE("a file that comes and has the size and last name of one that goes has moved") {
  Moves moves;
  moves.comes("new/a", large);
  moves.comes("new/b", large);
  moves.comes("new/other", large);
  moves.goes("old/b", large);
  moves.goes("old/a", large);
  CHECK(told(moves) == "old/a -> new/a\nold/b -> new/b\n");
}

TEST_CASE("of those of one name it is the one whose path ends alike") {
  Moves moves;
  for (const auto* path : {"one", "below/one", "deep/below/one", "x/deep/below/one"}) {
    moves.comes(std::string{"new/"} + path, large);
    moves.goes(std::string{"old/"} + path, large);
  }
  CHECK(told(moves) ==
        "old/x/deep/below/one -> new/x/deep/below/one\nold/deep/below/one -> new/deep/below/one\n"
        "old/below/one -> new/below/one\nold/one -> new/one\n");
}

TEST_CASE("of another name it has moved only where none else has its size") {
  Moves rotated;  // what was "log" is "log.1" now, and "log.1" is "log.2"
  for (const auto* path : {"log.1", "log.2"}) rotated.comes(path, path[4] == '1' ? large + 1 : large + 2);
  rotated.goes("log", large + 1);
  rotated.goes("log.1", large + 2);
  CHECK(told(rotated) == "log -> log.1\nlog.1 -> log.2\n");

  Moves segments;
  segments.comes("0003", large);
  segments.goes("0001", large);
  segments.goes("0002", large);
  CHECK(told(segments).empty());
}

TEST_CASE("a file that changes and keeps its size has not moved, and one that is found is found once") {
  Moves moves;
  moves.goes("same", large);
  moves.comes("same", large);
  CHECK(told(moves).empty());

  Moves twice;
  twice.goes("old/a", large);
  twice.comes("one/a", large);
  twice.comes("two/a", large);
  CHECK(told(twice) == "old/a -> one/a\n");
}

TEST_CASE("small files are sent as fast") {
  Moves moves;
  moves.goes("old/a", (64 << 10) - 1);
  moves.comes("new/a", (64 << 10) - 1);
  CHECK(told(moves).empty());
  moves.goes("old/b", 64 << 10);
  moves.comes("new/b", 64 << 10);
  CHECK(told(moves) == "old/b -> new/b\n");
}
