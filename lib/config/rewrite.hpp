// Changing one thing in a YAML text and not a byte more: comments, blank lines, order, quoting and indentation stay,
// and what is new is written in the style of what stands around it. Pure. Whether the new text reads as it should is
// for the caller to prove (edit.cpp does).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/document.hpp"

namespace hasync::config {

// The way from the root down: in which list or map, and at which place of it.
struct Link {
  const Value* around = nullptr;
  std::size_t index = 0;
};

struct Found {
  std::vector<Link> way{};
  const Value* value = nullptr;        // the deepest that is there: what the path names, when nothing is missing
  std::vector<std::string> missing{};  // the names below it that are not
};

// Items of lists by their name, or as #0: "heartbeat.probes.web.url".
Found find(const Value& root, std::string_view path);
// "web", or "#0" of an item that has no name.
std::string name_of(const Value& item, std::size_t index);

// Errors say why it cannot be done here, without the path.
//
// `value` in place of what was found, or as a new entry below it. Of new entries, `order` is the one in which the keys
// of that map are to stand; a commented-out one shows the place too.
Result<std::string> put(std::string_view text, const Value& root, const Found& found, const Value& value,
                        const std::vector<std::string>& order);
// A further item of the list that was found, or of nothing where a list may stand.
Result<std::string> append(std::string_view text, const Value& root, const Found& found, Value item);
// Without the entry or item that was found. What is left empty stays.
Result<std::string> take_out(std::string_view text, const Found& found);

}  // namespace hasync::config
