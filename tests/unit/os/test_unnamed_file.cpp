#include "os/process.hpp"
#include "os/unnamed_file.hpp"
#include "testing.hpp"

using namespace hasync;

TEST_CASE("a program we start reads the text as a file") {
  const Interrupt never;
  SystemProcessRunner runner{never};
  const std::string text(100'000, 'x');
  const auto file = UnnamedFile::holding(text).value();
  const auto read = runner.run({.argv = {"cat", file.path()}, .output_limit = 200'000});
  REQUIRE(read);
  CHECK(read->output == text);
}
