#include "config/splice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hasync::config {
namespace {

tl::unexpected<Error> refused(std::string why) {
  return fail(ExitCode::config, fmt::format("{}; change it with an editor", std::move(why)));
}

// One past the closing quote of the quoted scalar at `offset`.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (auto at = offset + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '\'' && at + 1 < text.size() && text[at + 1] == '\'')
        ++at;
      else
        return at + 1;
    }
  }
  return std::nullopt;
}

std::string double_quoted(std::string_view value) {
  std::string out = "\"";
  for (const char byte : value) {
    if (byte == '"' || byte == '\\')
      out += std::string{'\\', byte};
    else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    else
      out += byte;
  }
  return out + "\"";
}

std::string single_quoted(std::string_view value) {
  std::string out = "'";
  for (const char byte : value) out += byte == '\'' ? std::string{"''"} : std::string{byte};
  return out + "'";
}

bool has_control_bytes(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F; });
}

}  // namespace

std::optional<std::size_t> closing_bracket(std::string_view text, std::size_t offset) {
  int depth = 0;
  for (auto at = offset; at < text.size(); ++at) {
    const char byte = text[at];
    const char before = at == 0 ? ' ' : text[at - 1];
    const bool token_start = std::string_view{" \t\r\n,[{:"}.find(before) != std::string_view::npos;
    if ((byte == '"' || byte == '\'') && token_start) {
      const auto end = end_of_quoted(text, at);
      if (!end) return std::nullopt;
      at = *end - 1;
    } else if (byte == '#' && (before == ' ' || before == '\t' || before == '\n')) {
      at = std::min(text.find('\n', at), text.size());
    } else if (byte == '[' || byte == '{') {
      ++depth;
    } else if ((byte == ']' || byte == '}') && --depth == 0) {
      return at;
    }
  }
  return std::nullopt;
}

Result<Span> span_of(std::string_view text, const Value& value) {
  if (value.offset >= text.size()) return refused("its value cannot be found in the file");
  const auto first = text[value.offset];
  if (value.kind == Value::Kind::map) return refused("it is a map of settings, not one value");
  if (value.kind == Value::Kind::list) {
    if (first != '[') return refused("it is a list with a line an item");
    const auto end = closing_bracket(text, value.offset);
    if (!end) return refused("its list has no end");
    const auto list = text.substr(value.offset, *end + 1 - value.offset);
    if (list.find('\n') != std::string_view::npos) return refused("its list spans several lines");
    return Span{value.offset, list.size()};
  }
  if (value.quoted) {
    const auto end = first == '"' || first == '\'' ? end_of_quoted(text, value.offset) : std::nullopt;
    if (!end)
      return refused(first == '|' || first == '>' ? "its value is a block of lines"
                                                  : "its value carries an anchor or a tag");
    if (text.substr(value.offset, *end - value.offset).find('\n') != std::string_view::npos)
      return refused("its value spans several lines");
    return Span{value.offset, *end - value.offset};
  }
  if (first == '|' || first == '>') return refused("its value is a block of lines");
  if (first == '&' || first == '!' || first == '*') return refused("its value carries an anchor, a tag or an alias");
  if (text.substr(value.offset, value.text.size()) != value.text) return refused("its value spans several lines");
  return Span{value.offset, value.text.size()};
}

Style style_at(std::string_view text, std::size_t offset) {
  if (offset < text.size() && text[offset] == '"') return Style::double_quoted;
  if (offset < text.size() && text[offset] == '\'') return Style::single_quoted;
  return Style::plain;
}

bool safe_as_plain_text(std::string_view value, Around around) {
  if (value.empty() || has_control_bytes(value) || value.front() == ' ' || value.back() == ' ') return false;
  if (std::string_view{"-?:,[]{}#&*!|>'\"%@`=~<"}.find(value.front()) != std::string_view::npos) return false;
  if (value.find(": ") != std::string_view::npos || value.find(" #") != std::string_view::npos || value.back() == ':')
    return false;
  if (around == Around::flow && value.find_first_of(",[]{}") != std::string_view::npos) return false;
  std::string small{value};
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char letter) { return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter); });
  static constexpr std::array special{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  if (std::find(special.begin(), special.end(), small) != special.end()) return false;
  return small.find_first_not_of("0123456789.:+-_eoxtz") !=
         std::string::npos;  // numbers, dates and times of any YAML version
}

std::string written(std::string_view value, Style style, Around around) {
  if (has_control_bytes(value)) return double_quoted(value);
  if (style == Style::single_quoted) return single_quoted(value);
  if (style == Style::double_quoted || !safe_as_plain_text(value, around)) return double_quoted(value);
  return std::string{value};
}

}  // namespace hasync::config
