#include "config/fault.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/document.hpp"

namespace hasync::config {
namespace {

std::string_view line_at(std::string_view text, std::size_t offset) {
  const auto start = text.substr(0, offset).rfind('\n') + 1;
  auto line = text.substr(start, text.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t characters(std::string_view bytes) {
  return static_cast<std::size_t>(std::count_if(
      bytes.begin(), bytes.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

// Blanks as wide as `before`, which the terminal shows above: a tab stays a tab.
std::string indent_like(std::string_view before) {
  std::string blanks;
  for (const char byte : before)
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U) blanks += byte == '\t' ? '\t' : ' ';
  return blanks;
}

}  // namespace

std::string render(std::vector<Fault> faults, std::string_view text, const std::string& file) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& left, const Fault& right) { return left.at.offset < right.at.offset; });
  std::string out;
  for (const auto& fault : faults) {
    const auto offset = std::min(fault.at.offset, text.size());
    const auto at = position_at(text, offset, file);
    const auto line = line_at(text, offset);
    const auto into_line = offset - (text.substr(0, offset).rfind('\n') + 1);
    const auto marked = line.substr(std::min(line.size(), into_line), fault.at.length);
    out += fmt::format("{}:{}:{}: {}\n{:5} | {}\n      | {}{}\n", file, at.line, at.column, fault.message, at.line,
                       line, indent_like(line.substr(0, into_line)),
                       std::string(std::max<std::size_t>(1, characters(marked)), '^'));
    if (!fault.hint.empty()) out += fmt::format("      {}\n", fault.hint);
  }
  return out + counted(static_cast<std::int64_t>(faults.size()), "problem") + "; nothing was changed";
}

}  // namespace hasync::config
