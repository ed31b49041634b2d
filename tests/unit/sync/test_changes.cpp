#include "sync/changes.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

namespace {

std::string told(std::string_view line) {
  const auto change = read_change(line);
  if (!change) return "nothing";
  return std::string{store::what_name(change->what)} + (change->folder ? " folder <" : " <") + change->path + "> " +
         std::to_string(change->bytes) + (change->checksum.empty() ? "" : " " + change->checksum) +
         (change->leads_to ? " to <" + *change->leads_to + ">" : "");
}

}  // namespace

// As rsync 3.2.7 and 3.5.0 list them.
TEST_CASE("a line of rsync is a change") {
  CHECK(told(">f+++++++++ 60 d0/aaa//=//84eba8c6e743f97b8c916639f12cd210") ==
        "created <d0/aaa> 60 84eba8c6e743f97b8c916639f12cd210");
  CHECK(told(">f.st...... 6 d1/f1//=//6bba86c7e069f56d5a10b435f1c8e49c") ==
        "changed <d1/f1> 6 6bba86c7e069f56d5a10b435f1c8e49c");
  CHECK(told("cf...p..... 60 d2/f2//=//                                ") == "attributes <d2/f2> 60");
  CHECK(told(".d..t...... 4096 .///=//   ") == "attributes folder <.> 4096");
  CHECK(told("cd+++++++++ 4096 new///=//   ") == "created folder <new> 4096");
  CHECK(told("*deleting   0 d5/f0//=//   ") == "deleted <d5/f0> 0");
  CHECK(told("*deleting   0 d5///=//   ") == "deleted folder <d5> 0");
  CHECK(told("hf          60 d6/f6//= => d0/aaa//   ") == "attributes <d6/f6> 60 to <d0/aaa>");
  CHECK(told("hf.st...... 60 d6/f6//= => d0/aaa//   ") == "changed <d6/f6> 60 to <d0/aaa>");
  CHECK(told("cL+++++++++ 5 s//= -> a//b/////   ") == "created <s> 5");
  CHECK(told("cLc........ 5 s//= -> => x//   ") == "changed <s> 5");
}

TEST_CASE("what differs in its content alone is told from what was written to") {
  const auto only_content = [](const std::string& item) {
    return read_change(item + " 9 f//=//").value().only_content;
  };
  CHECK(only_content(">fc........"));
  CHECK(only_content(">fc...p...."));
  for (const auto* item : {">fcs.......", ">fc.t......", ">fcst......", ">f.s.......", ">f..t......", ".f...p.....",
                           ">f+++++++++", "cLc........", "cd+++++++++", "*deleting  "})
    CHECK_FALSE(only_content(item));
}

TEST_CASE("a name is what it was, whatever is in it") {
  CHECK(told(">f+++++++++ 1 new/a\\#012b\\#134#012 \\#303\\#274//=//x") == "created <new/a\nb\\#012 \303\274> 1 x");
  CHECK(told(">f+++++++++ 1  blank //=//x") == "created < blank > 1 x");
  CHECK(told("hf+++++++++ 1 x => y//= =>  => z//") == "created <x => y> 1 to < => z>");
  CHECK(told(">f+++++++++ 1 \\#9//=//x") == "created <\\#9> 1 x");
}

TEST_CASE("what is no change is none") {
  for (const auto* line : {"", "Number of files: 15 (reg: 12, dir: 3)", "total size is 5  speedup is 1.0 (DRY RUN)",
                           "created directory /srv/hasync/incoming/app", ">f+++++++++ 1 no end", "*deleting  "})
    CHECK(told(line) == "nothing");
}

TEST_CASE("what rsync lists and counts is taken in pieces of any size") {
  const std::string output =
      "*deleting   0 gone//=//\n.d..t...... 4096 .///=//\n>f+++++++++ 9 new//=//cc\n\r 1,234 45% 1.2MB/s 0:00:12\r"
      ".f...p..... 8 mode//=//\n\nNumber of files: 1,015 (reg: 1,012, dir: 3)\nTotal file size: 328,800 bytes\n"
      "Total transferred file size: 29 bytes\n";
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, output.size()}) {
    std::string all;
    ChangeReader reader{[&](const Change& change) -> Result<void> {
      all += change.path + " ";
      return {};
    }};
    for (std::size_t at = 0; at < output.size(); at += length) reader.take(output.substr(at, length));
    const auto counts = reader.counts().value();
    CHECK(all == "gone . new mode ");
    CHECK((counts.created == 1 && counts.changed == 0 && counts.attributes == 1 && counts.deleted == 1));
    CHECK((counts.folders == 1 && counts.files == 1012 && counts.bytes == 328800 && counts.transferred == 29));
  }
}

TEST_CASE("an error of who is told ends the counting") {
  ChangeReader reader{[](const Change&) -> Result<void> { return fail(ExitCode::failed, "no room"); }};
  reader.take(">f+++++++++ 9 new//=//\n");
  CHECK(reader.counts().error().message == "no room");
}

TEST_CASE("progress is read from rsync's own") {
  CHECK(read_sent("\r        1234567  45%    1.20MB/s    0:00:12 (xfr#3, to-chk=7/12)\n") == 1234567);
  CHECK(read_sent("\r      1,234,567  45%    1.20MB/s    0:00:12  ") == 1234567);
  CHECK(read_sent(">f+++++++++ 9 a//=//x\n\r 32768 0% 0.00kB/s 0:00:00  \r 65536   1% 1.20MB/s") == 65536);
  CHECK(read_sent("\r 32768   0% x\r  655") == 32768);  // cut off
  CHECK(read_sent("\r 32768   0% x\r 65536  ") == 32768);
  CHECK(read_sent("\r 4000000000000  7% 1.20GB/s") == 4'000'000'000'000);
  for (const auto* other :
       {"", "\r", "sending incremental file list", "\r%", "\r 5%", ">f+++++++++ 9 7 45% done//=//x\n"})
    CHECK_FALSE(read_sent(other));
}
