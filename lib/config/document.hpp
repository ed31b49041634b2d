// A YAML text as plain values that know where they stand. The only files that speak to yaml-cpp are this and its .cpp.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace hasync::config {

// May stand at the beginning of a text, and is no part of it.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text{};      // of a scalar, unquoted
  bool quoted = false;     // or a block of lines
  bool flow = false;       // of a list or map: written with brackets
  bool alias = false;      // written *name: what it holds is a copy of what stands at &name
  std::size_t offset = 0;  // of its first byte in the text; of its &anchor or !tag, where it has one
  std::vector<Value> items{};
  std::vector<std::pair<Value, Value>> entries{};  // of a map, duplicates and all

  const Value* find(std::string_view key) const;
  // The same value, however it is written, the entries of maps in any order.
  bool operator==(const Value& other) const;
};

// An error carries file:line:column and ExitCode::config.
Result<Value> parse_document(std::string_view text, const std::string& file);

// Line and column, in characters, of a byte offset.
SourcePosition position_at(std::string_view text, std::size_t offset, const std::string& file);

}  // namespace hasync::config
