// Whatever a crontab holds, our block comes and goes, and every other line stays.
#include <cstdint>

#include "require.hpp"
#include "schedule/crontab.hpp"

using namespace hasync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(bytes), size};
  const std::string lines = "* * * * * true\n";
  const auto with = schedule::with_block(text, lines);
  const auto without = schedule::with_block(text, "");
  fuzz::require(with.has_value() == without.has_value(), "a damaged block is refused either way", text);
  if (!with) return 0;
  fuzz::require(schedule::with_block(*with, lines) == *with, "a second time changes nothing", text);
  fuzz::require(schedule::with_block(*without, "") == *without, "what is gone stays gone", text);
  const auto back = schedule::with_block(*with, "");
  const auto ended = without->empty() || without->ends_with('\n') ? *without : *without + "\n";
  fuzz::require(back && (*back == ended || *back == *without), "without the block all is as before", text);
  return 0;
}
