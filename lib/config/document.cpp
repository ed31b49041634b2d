#include "config/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace hasync::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// yaml-cpp counts from after a byte order mark.
std::size_t offset_of(const YAML::Mark& mark, std::size_t skipped) {
  return skipped + (mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos));
}

constexpr int deepest = 32;
// No settings have so many; an alias of an alias of an alias soon does.
constexpr int most_values = 50'000;

Value value_from(const YAML::Node& node, std::size_t skipped, int depth, int& left) {
  if (depth > deepest) throw YAML::ParserException(node.Mark(), "nested too deeply");
  if (--left < 0) throw YAML::ParserException(node.Mark(), "too many values; are aliases nested?");
  Value value;
  value.offset = offset_of(node.Mark(), skipped);
  if (node.IsScalar()) {
    value.kind = Value::Kind::scalar;
    value.text = node.Scalar();
    value.quoted = node.Tag() == "!";
  } else if (node.IsSequence()) {
    value.kind = Value::Kind::list;
    for (const auto& item : node) value.items.push_back(value_from(item, skipped, depth + 1, left));
  } else if (node.IsMap()) {
    value.kind = Value::Kind::map;
    for (const auto& entry : node)
      value.entries.emplace_back(value_from(entry.first, skipped, depth + 1, left),
                                 value_from(entry.second, skipped, depth + 1, left));
  }
  return value;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first.text == key; });
  return found == entries.end() ? nullptr : &found->second;
}

Result<Value> parse_document(std::string_view text, const std::string& file) {
  const std::size_t skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  try {
    const auto documents = YAML::LoadAll(std::string{text});
    if (documents.size() > 1)
      return fail({ExitCode::config,
                   "there is more than one YAML document in the file; keep one",
                   {},
                   SourcePosition{file, 1, 1}});
    int left = most_values;
    auto root = documents.empty() ? Value{} : value_from(documents.front(), skipped, 0, left);
    if (root.kind == Value::Kind::null) root.kind = Value::Kind::map;
    if (root.kind != Value::Kind::map)
      return fail({ExitCode::config,
                   "the settings must be a map, as \"node: { name: west }\"",
                   {},
                   SourcePosition{file, 1, 1}});
    return root;
  } catch (const YAML::Exception& error) {
    const auto offset = offset_of(error.mark, skipped);
    return fail({ExitCode::config, "is not YAML: " + error.msg, {}, position_at(text, offset, file)});
  }
}

SourcePosition position_at(std::string_view text, std::size_t offset, const std::string& file) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto characters = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                                        [](char byte) { return !is_continuation(byte); });
  return {file, static_cast<int>(line), static_cast<int>(characters) + 1};
}

}  // namespace hasync::config
