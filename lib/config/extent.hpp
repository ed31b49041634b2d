// Where in a YAML text a value begins and ends: the parser tells the beginning only.
#pragma once
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/document.hpp"

namespace hasync::config {

struct Extent {
  std::size_t begin = 0;  // past an &anchor and a !tag; of an item of a block list: of what follows the dash
  std::size_t end = 0;    // one past the last byte, before what blanks and comments follow
};

// Errors say why the place of a value cannot be told, as with a key marked by "? ".
Result<Extent> extent_of(std::string_view text, const Value& value);

struct EntryExtent {
  std::size_t key = 0;
  std::size_t colon = 0;  // one past it
  Extent value{};         // of nothing: begin and end are `colon`
};
Result<EntryExtent> extent_of_entry(std::string_view text, const std::pair<Value, Value>& entry);

struct ItemExtent {
  std::size_t begin = 0;  // of its dash, or in a flow list of itself
  Extent value{};
};
Result<std::vector<ItemExtent>> extents_of_items(std::string_view text, const Value& list);

// The first byte at or after `offset` that is neither blank, line break nor comment.
std::size_t past_blanks(std::string_view text, std::size_t offset);

}  // namespace hasync::config
