// A YAML text as plain values that know where they stand. The only files that speak to yaml-cpp are this and its .cpp.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace hasync::config {

struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text{};  // of a scalar, unquoted
  bool quoted = false;
  std::size_t offset = 0;  // of its first byte in the text (of an alias: where the anchor's value stands)
  std::vector<Value> items{};
  std::vector<std::pair<Value, Value>> entries{};  // of a map, duplicates and all

  const Value* find(std::string_view key) const;
};

// An error carries file:line:column and ExitCode::config.
Result<Value> parse_document(std::string_view text, const std::string& file);

// Line and column, in characters, of a byte offset.
SourcePosition position_at(std::string_view text, std::size_t offset, const std::string& file);

}  // namespace hasync::config
