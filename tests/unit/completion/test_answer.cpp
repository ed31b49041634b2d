#include "completion/answer.hpp"
#include "testing.hpp"

using namespace hasync::completion;

namespace {

using Words = std::vector<std::string>;
constexpr auto breaks = " \t\n\"'@><=;|&(:";  // bash's own

std::string answered(const char* line, Words texts) {
  Proposal proposal;
  for (auto& each : texts) proposal.candidates.push_back({std::move(each), "told"});
  return answer_bash(proposal, read_line(line, breaks));
}

}  // namespace

TEST_CASE("a line is read as bash reads it") {
  CHECK(read_line("hasync", breaks).words == Words{"hasync"});
  CHECK(read_line("hasync ", breaks).words == Words{"hasync", ""});
  CHECK(read_line("  a\\ b  'c d'\"e $f\"g '' \"", breaks).words == Words{"a b", "c de $fg", "", ""});
  CHECK(read_line("'a\\'", breaks).words == Words{"a\\"});
  CHECK(read_line(R"("a\b\"c")", breaks).words == Words{R"(a\b"c)"});
  CHECK(read_line("a\\", breaks).words == Words{"a\\"});
  CHECK(read_line("", breaks).words == Words{""});
}

TEST_CASE("bash is given only what it replaces") {
  CHECK(answered("hasync config set sync.k", {"sync.keep=", "sync.store="}) == "words\nsync.keep=\n");
  CHECK(answered("hasync config set sync.keep=", {"sync.keep=3"}) == "words\n3\n");
  CHECK(answered("hasync config set sync.start_time=02:", {"sync.start_time=02:00"}) == "words\n00\n");
  CHECK(answered("hasync init --role=s", {"--role=primary", "--role=secondary"}) == "words\nsecondary\n");
  CHECK(answered("hasync email remove ops@e", {"ops@example.com"}) == "words\nexample.com\n");
  CHECK(answered("hasync x 'a=b'=c", {"a=b=cd"}) == "words\ncd\n");
  CHECK(answer_bash({{{"a=b", ""}}, Files::none, 0}, read_line("x a=", " \t")) == "words\na=b\n");
}

TEST_CASE("what bash would take apart is quoted, in the quotes there are") {
  CHECK(answered("hasync step remove promote s", {"start app"}) == "words\nstart\\ app\n");
  CHECK(answered("hasync step remove promote start\\ a", {"start app"}) == "words\nstart\\ app\n");
  CHECK(answered("hasync step remove promote 's", {"start app"}) == "words\nstart app\n");
  CHECK(answered("hasync x \"", {"a$b\"c d"}) == "words\na\\$b\\\"c d\n");
  CHECK(answered("hasync x '", {"it's"}) == "words\nit'\\''s\n");
  CHECK(answered("hasync x ", {"[a, $(b);`c`]", "~", "ü", "*"}) ==
        "words\n\\[a,\\ \\$\\(b\\)\\;\\`c\\`\\]\n\\~\nü\n\\*\n");
  CHECK(answered("hasync config set 'failover.promote.start app.run=", {"failover.promote.start app.run=x y"}) ==
        "words\nfailover.promote.start app.run=x y\n");
}

TEST_CASE("the first line says what the shell is to do") {
  CHECK(answer({{{"a", "one\nline"}, {"b", ""}}, Files::none, 0}) == "words\na\tone\\nline\nb\n");
  CHECK(answer({{}, Files::files, 9}) == "files 9\n");
  CHECK(answer({{}, Files::folders, 0}) == "folders 0\n");
}
