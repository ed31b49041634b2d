#include "base/shell_words.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"

namespace hasync {
namespace {

constexpr std::string_view special = ";&|<>()$`*?[]{}!";
constexpr std::string_view special_at_the_begin = "~#";
constexpr std::string_view expanded_within_quotes = "$`";
// What a backslash is for between double quotes; before anything else there it is itself.
constexpr std::string_view escaped_within_quotes = "$`\"\\";

bool is_one_of(char letter, std::string_view letters) { return letters.find(letter) != std::string_view::npos; }

class Reader {
 public:
  explicit Reader(std::string_view line) : rest_(line) {}

  Result<std::vector<std::string>> words() {
    while (!rest_.empty()) {
      const char letter = rest_.front();
      rest_.remove_prefix(1);
      if (letter == ' ' || letter == '\t') {
        end_word();
      } else {
        HASYNC_CHECK(take(letter));
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  Result<void> take(char letter) {
    const bool begins = !word_;
    if (begins) word_.emplace();
    if (letter == '\'') return take_to_quote();
    if (letter == '"') return take_to_double_quote();
    if (letter == '\\') return take_escaped();
    const bool control = static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
    if (control || is_one_of(letter, special) || (begins && is_one_of(letter, special_at_the_begin)))
      return not_plain(letter);
    *word_ += letter;
    return {};
  }

  Result<void> take_escaped() {
    if (rest_.empty()) return fail(ExitCode::usage, "it ends in a backslash");
    if (rest_.front() == '\n') return not_plain('\n');
    *word_ += rest_.front();
    rest_.remove_prefix(1);
    return {};
  }

  Result<void> take_to_quote() {
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) return fail(ExitCode::usage, "a quote is not closed");
    *word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return {};
  }

  Result<void> take_to_double_quote() {
    while (!rest_.empty()) {
      const char letter = rest_.front();
      rest_.remove_prefix(1);
      if (letter == '"') return {};
      if (is_one_of(letter, expanded_within_quotes)) return not_plain(letter);
      const bool escapes = letter == '\\' && !rest_.empty() && is_one_of(rest_.front(), escaped_within_quotes);
      if (letter == '\\' && !rest_.empty() && rest_.front() == '\n') return not_plain('\n');
      *word_ += escapes ? rest_.front() : letter;
      if (escapes) rest_.remove_prefix(1);
    }
    return fail(ExitCode::usage, "a quote is not closed");
  }

  static Result<void> not_plain(char letter) {
    return fail(ExitCode::usage,
                fmt::format("\"{}\" means more to a shell than itself", printable(std::string(1, letter))));
  }

  void end_word() {
    if (word_) words_.push_back(std::move(*word_));
    word_.reset();
  }

  std::string_view rest_;
  std::optional<std::string> word_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view line) { return Reader{line}.words(); }

}  // namespace hasync
