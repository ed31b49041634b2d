#include "completion/typed_line.hpp"

#include <algorithm>

namespace hasync::completion {
namespace {

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\n'; }

bool is_plain(char letter) {
  constexpr std::string_view others = "_./:=@%+,-";
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  const bool is_digit = letter >= '0' && letter <= '9';
  const bool beyond_ascii = (static_cast<unsigned char>(letter) & 0x80U) != 0;
  return is_letter || is_digit || beyond_ascii || others.find(letter) != std::string_view::npos;
}

// What a backslash takes the meaning from, within double quotes.
constexpr std::string_view special_in_quotes = "$`\"\\";

}  // namespace

TypedLine read_line(std::string_view line, std::string_view breaks) {
  TypedLine typed{{""}, 0, '\0'};
  bool begun = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char letter = line[at];
    auto& word = typed.words.back();
    const bool escapes = letter == '\\' && typed.quote != '\'';
    if (escapes && at + 1 < line.size() &&
        (typed.quote == '\0' || special_in_quotes.find(line[at + 1]) != std::string_view::npos)) {
      word += line[++at];
    } else if (typed.quote != '\0') {
      if (letter == typed.quote)
        typed.quote = '\0';
      else
        word += letter;
    } else if (letter == '\'' || letter == '"') {
      typed.quote = letter;
      typed.kept = word.size();
    } else if (is_blank(letter)) {
      if (begun) typed.words.emplace_back();
      typed.kept = 0;
      begun = false;
      continue;
    } else {
      word += letter;
      if (breaks.find(letter) != std::string_view::npos) typed.kept = word.size();
    }
    begun = true;
  }
  return typed;
}

std::string bash_word(std::string_view text, char quote) {
  std::string out;
  for (const char letter : text) {
    if (quote == '\'' && letter == '\'')
      out += "'\\'";
    else if (quote == '"' ? special_in_quotes.find(letter) != std::string_view::npos
                          : quote == '\0' && !is_plain(letter))
      out += '\\';
    out += letter;
  }
  return out;
}

}  // namespace hasync::completion
