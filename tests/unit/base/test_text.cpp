#include <array>
#include <cstdio>
#include <random>

#include "base/text.hpp"
#include "testing.hpp"

using namespace hasync;

namespace {

// What a real shell makes of one word.
std::string through_shell(const std::string& word) {
  const auto command = "printf %s " + shell_word(word);
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> bytes{};
  const auto length = fread(bytes.data(), 1, bytes.size(), pipe);
  pclose(pipe);
  return {bytes.data(), length};
}

}  // namespace

TEST_CASE("a shell word comes out of a real shell as it went in") {
  const std::string word = GENERATE("plain", "", "a b", "it's", "$HOME `id` $(id)", "a\nb", "-rf", "*", "\\",
                                    "\xff\xfe", "~root", "a;b&c|d>e", "'", "''");
  CHECK(through_shell(word) == word);
}

TEST_CASE("random words come out of a real shell as they went in") {
  std::mt19937 random{20261124};
  for (int round = 0; round < 50; ++round) {
    std::string word;
    for (auto left = random() % 30; left > 0; --left) word += static_cast<char>(1 + random() % 255);
    CHECK(through_shell(word) == word);
  }
}

TEST_CASE("what is printed is one line of valid text") {
  CHECK(printable("a\nb\tc\x1b[31m") == "a\\nb\\x09c\\x1b[31m");
  CHECK(printable("\xff ü \xc3") == "\\xff ü \\xc3");
}

TEST_CASE("numbers and sizes for people") {
  CHECK(with_thousands(12408) == "12,408");
  CHECK(with_thousands(-1234567) == "-1,234,567");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(1000, "file") == "1,000 files");
  CHECK(tell_size(3328599655) == "3.1 GiB");
  CHECK(tell_size(512) == "512 B");
  CHECK(parse_size("20MiB").value() == 20 << 20);
  CHECK_FALSE(parse_size("20MB"));
  CHECK_FALSE(parse_size("MiB"));
}

TEST_CASE("near misses are suggested, far ones are not") {
  CHECK(nearest("kep", {"store", "keep"}) == "keep");
  CHECK(nearest("run_evry", {"run_every", "start_time"}) == "run_every");
  CHECK_FALSE(nearest("zzz", {"store", "keep"}));
}

TEST_CASE("an error is one line, the outermost context first") {
  Error error{ExitCode::failed, "it broke", {}, SourcePosition{"f.yaml", 3, 7}};
  CHECK(describe(with_context(with_context(error, "inner"), "outer")) == "f.yaml:3:7: outer: inner: it broke");
}
