#include "config/written.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace hasync::config {
namespace {

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\')
      out += std::string{'\\', byte};
    else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    else
      out += byte;
  }
  return out + "\"";
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char byte : text) out += byte == '\'' ? std::string{"''"} : std::string{byte};
  return out + "'";
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F; });
}

bool is_json_number(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos &&
         (digits == "0" || digits.front() != '0');
}

std::string scalar(const Value& value, Around around) {
  const bool bare = !value.quoted && !value.text.empty() &&
                    value.text.find_first_of(" #:,[]{}'\"&*!|>%@`\t\r\n") == std::string::npos;
  if (around == Around::json)
    return bare && (value.text == "true" || value.text == "false" || is_json_number(value.text))
               ? value.text
               : double_quoted(value.text);
  return bare ? value.text : written(value.text, Style::plain, around);
}

bool has_lines(const Value& value) {
  if (value.kind == Value::Kind::map) return !value.flow;
  return value.kind == Value::Kind::list && !value.items.empty() && value.items.front().kind == Value::Kind::map;
}

}  // namespace

bool safe_as_plain_text(std::string_view text, Around around) {
  if (text.empty() || has_control_bytes(text) || text.front() == ' ' || text.back() == ' ') return false;
  if (std::string_view{"-?:,[]{}#&*!|>'\"%@`=~<"}.find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos || text.back() == ':')
    return false;
  if (around != Around::block && text.find_first_of(",[]{}") != std::string_view::npos) return false;
  std::string small{text};
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char letter) { return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter); });
  static constexpr std::array special{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  if (std::find(special.begin(), special.end(), small) != special.end()) return false;
  // Numbers, dates and times of any YAML version.
  return std::string_view{"0123456789.+"}.find(small.front()) == std::string_view::npos ||
         small.find_first_not_of("0123456789.:+-_ztoxabcdefin") != std::string::npos;
}

std::string written(std::string_view text, Style style, Around around) {
  if (has_control_bytes(text)) return double_quoted(text);
  if (style == Style::single_quoted) return single_quoted(text);
  if (style == Style::double_quoted || !safe_as_plain_text(text, around)) return double_quoted(text);
  return std::string{text};
}

std::string in_one_line(const Value& value, Around around) {
  const auto inside = around == Around::block ? Around::flow : around;
  std::vector<std::string> parts;
  switch (value.kind) {
    case Value::Kind::null:
      return around == Around::json ? "null" : "~";
    case Value::Kind::scalar:
      return scalar(value, around);
    case Value::Kind::list:
      for (const auto& item : value.items) parts.push_back(in_one_line(item, inside));
      return "[" + join(parts, ", ") + "]";
    case Value::Kind::map:
      for (const auto& [key, each] : value.entries)
        parts.push_back(fmt::format("{}: {}", around == Around::json ? double_quoted(key.text) : key.text,
                                    in_one_line(each, inside)));
      return parts.empty() ? "{}" : "{ " + join(parts, ", ") + " }";
  }
  return {};
}

std::string as_text(const Value& value) {
  if (value.kind == Value::Kind::scalar) return value.text;
  return value.kind == Value::Kind::null ? std::string{} : in_one_line(value, Around::flow);
}

std::string as_lines(std::string_view key, const Value& value, std::size_t indent, std::size_t step,
                     std::string_view line_end) {
  const std::string blanks(indent, ' ');
  if (!has_lines(value)) return fmt::format("{}{}: {}{}", blanks, key, in_one_line(value, Around::block), line_end);
  auto lines = fmt::format("{}{}:{}", blanks, key, line_end);
  for (const auto& [name, each] : value.entries) lines += as_lines(name.text, each, indent + step, step, line_end);
  for (const auto& item : value.items) lines += item_as_lines(item, indent + step, step, line_end);
  return lines;
}

std::string item_as_lines(const Value& item, std::size_t indent, std::size_t step, std::string_view line_end) {
  const std::string blanks(indent, ' ');
  if (!has_lines(item)) return fmt::format("{}- {}{}", blanks, in_one_line(item, Around::block), line_end);
  std::string lines;
  for (const auto& [name, each] : item.entries) lines += as_lines(name.text, each, indent + 2, step, line_end);
  lines[indent] = '-';
  return lines;
}

}  // namespace hasync::config
