// A command line as it stands in bash while it is being typed: words with their quotes, the last perhaps not ended.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hasync::completion {

struct TypedLine {
  std::vector<std::string> words{};  // without quotes; the last is the one at the cursor
  // bash replaces what stands after the last unquoted one of COMP_WORDBREAKS, or after a quote that is open: so many
  // first bytes of the last word stay.
  std::size_t kept = 0;
  char quote = '\0';  // that is open
};

TypedLine read_line(std::string_view line, std::string_view breaks);
// Written so that bash reads `text` again, where `quote` is open.
std::string bash_word(std::string_view text, char quote);

}  // namespace hasync::completion
