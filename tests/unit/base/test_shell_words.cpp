#include "base/shell_words.hpp"
#include "base/text.hpp"
#include "testing.hpp"

using namespace hasync;
using Words = std::vector<std::string>;

TEST_CASE("a command line is taken apart as a shell would") {
  CHECK(shell_words("").value().empty());
  CHECK(shell_words(" \t ").value().empty());
  CHECK(shell_words("a  b\tc ").value() == Words{"a", "b", "c"});
  CHECK(shell_words("'a b' \"c d\" e\\ f").value() == Words{"a b", "c d", "e f"});
  CHECK(shell_words("a'b'\"c\"\\d ''").value() == Words{"abcd", ""});
  CHECK(shell_words("'$(a)`*;' '\\'").value() == Words{"$(a)`*;", "\\"});
  CHECK(shell_words("\"\\$ \\\" \\\\ \\a ;*~#\"").value() == Words{"$ \" \\ \\a ;*~#"});
  CHECK(shell_words("\\$\\;\\* a~b c#d").value() == Words{"$;*", "a~b", "c#d"});
  CHECK(shell_words("--a=b,c:d@%e^/+.-_").value() == Words{"--a=b,c:d@%e^/+.-_"});
}

TEST_CASE("what shell_line() writes is read back") {
  const Words words{"rsync", "a b", "it's", "", "$x", "\"", "\\", "*", "~", "\xff"};
  CHECK(shell_words(shell_line(words)).value() == words);
}

TEST_CASE("what a shell would expand or split is refused") {
  for (const std::string line : {"a;b",  "a&b", "a|b",    "a<b",     "a>b",    "a\nb",       "$a",   "a$b",   "`a`",
                                 "a*",   "a?",  "[a]",    "~",       "~root",  "a ~b",       "(a)",  "{a,b}", "#a",
                                 "a #b", "!a",  "\"$a\"", "\"`a`\"", "a\\\nb", "\"a\\\nb\"", "a\rb", "a\x01"}) {
    INFO(line);
    CHECK_FALSE(shell_words(line));
  }
  CHECK(shell_words("a;b").error().message == "\";\" means more to a shell than itself");
  CHECK(shell_words("a\nb").error().message == "\"\\n\" means more to a shell than itself");
  CHECK(shell_words("'a").error().message == "a quote is not closed");
  CHECK(shell_words("\"a\\\"").error().message == "a quote is not closed");
  CHECK(shell_words("a\\").error().message == "it ends in a backslash");
}
