#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hasync {
namespace {

constexpr std::string_view blanks = " \t\r\n";

struct SizeUnit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array size_units{SizeUnit{"TiB", 1LL << 40}, SizeUnit{"GiB", 1LL << 30}, SizeUnit{"MiB", 1LL << 20},
                                SizeUnit{"KiB", 1LL << 10}, SizeUnit{"B", 1}};

// Length of the valid UTF-8 sequence at `text[at]` (RFC 3629), or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
  };
  const auto tail = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const auto substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  for (std::size_t from = 0;;) {
    const auto to = text.find(separator, from);
    pieces.emplace_back(text.substr(from, to - from));
    if (to == std::string_view::npos) return pieces;
    from = to + 1;
  }
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  return fmt::format("{}", fmt::join(pieces, separator));
}

std::string last_line(std::string_view text) {
  const auto end = trim(text);
  return std::string{trim(end.substr(end.rfind('\n') + 1))};
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    const auto length = utf8_length(bytes, at);
    if (byte == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte == 0x7F || length == 0) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += bytes.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return text;
}

std::string shell_word(std::string_view word) {
  static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string{word};
  std::string quoted = "'";
  for (const char letter : word) {
    if (letter == '\'')
      quoted += "'\\''";
    else
      quoted += letter;
  }
  return quoted + "'";
}

std::string shell_line(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  words.reserve(argv.size());
  for (const auto& word : argv) words.push_back(shell_word(word));
  return join(words, " ");
}

std::string with_thousands(std::int64_t count) {
  auto text = fmt::format("{}", count);
  const std::size_t sign = count < 0 ? 1 : 0;
  for (auto at = text.size(); at > sign + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", with_thousands(count), noun, count == 1 ? "" : "s");
}

std::string tell_size(std::int64_t bytes) {
  for (const auto& unit : size_units)
    if (bytes >= unit.size && unit.size > 1)
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(unit.size), unit.name);
  return fmt::format("{} B", bytes);
}

Result<std::int64_t> parse_size(std::string_view text) {
  const auto malformed = [&] {
    return fail(ExitCode::usage, fmt::format("\"{}\" is not a size (sizes are 512KiB, 20MiB, 3GiB)", text));
  };
  std::int64_t count = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    count = count * 10 + (text[at] - '0');
    if (count > 1LL << 40) return malformed();
  }
  if (at == 0) return malformed();
  const auto name = text.substr(at);
  if (name.empty()) return count;
  for (const auto& unit : size_units)
    if (unit.name == name && count <= (1LL << 62) / unit.size) return count * unit.size;
  return malformed();
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  auto best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates)
    if (const auto distance = edit_distance(word, candidate); distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  return best;
}

}  // namespace hasync
