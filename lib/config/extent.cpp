#include "config/extent.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace hasync::config {
namespace {

constexpr std::string_view blanks = " \t", spaces = " \t\r\n", ends_token = " \t\r\n,[]{}";

tl::unexpected<Error> unclear(std::string_view why) { return fail(ExitCode::config, std::string{why}); }

std::size_t skip(std::string_view text, std::size_t offset, std::string_view bytes) {
  return std::min(text.find_first_not_of(bytes, offset), text.size());
}

std::size_t token_end(std::string_view text, std::size_t offset) {
  return std::min(text.find_first_of(ends_token, offset), text.size());
}

// Past &anchor and !tag.
std::size_t past_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!'))
    offset = past_blanks(text, std::min(text.find_first_of(spaces, offset), text.size()));
  return offset;
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

// A plain scalar may go on in further lines: a line break there is a blank in `value`, an empty line a line break.
std::optional<std::size_t> end_of_plain(std::string_view text, std::size_t offset, std::string_view value) {
  auto at = offset;
  for (std::size_t read = 0; read < value.size();) {
    const auto next = skip(text, at, spaces);
    const bool folded = (value[read] == ' ' || value[read] == '\n') && next < text.size() &&
                        text.substr(at, next - at).find('\n') != std::string_view::npos;
    if (folded) {
      at = next;
      read = std::min(value.find_first_not_of(value[read] == ' ' ? " " : "\n", read), value.size());
    } else if (at < text.size() && text[at] == value[read]) {
      ++at, ++read;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

// Of the block scalar whose | or > stands at `offset`: the end of its last line that is not blank.
std::optional<std::size_t> end_of_block_scalar(std::string_view text, std::size_t offset, const std::string& value) {
  const auto header = std::min(text.find_first_of("\r\n", offset), text.size());
  const auto marks = text.substr(offset, token_end(text, offset) - offset);
  if (marks.find_first_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (value.find_first_not_of('\n') == std::string::npos) return offset + marks.size();
  auto end = header;
  std::optional<std::size_t> depth;
  for (auto line = text.find('\n', header) + 1; line != 0 && line < text.size(); line = text.find('\n', line) + 1) {
    const auto first = skip(text, line, " "), line_end = std::min(text.find_first_of("\r\n", line), text.size());
    if (first < line_end && depth && first - line < *depth) break;
    if (first < line_end && !depth) depth = first - line;
    if (first < line_end) end = line_end;
  }
  return end;
}

// Of the flow list or map that begins at `offset`: one past its closing bracket.
std::optional<std::size_t> end_of_flow(std::string_view text, std::size_t offset) {
  int depth = 0;
  for (auto at = offset; at < text.size(); ++at) {
    const char byte = text[at], before = at == 0 ? ' ' : text[at - 1];
    const bool token_start = std::string_view{" \t\r\n,[{:"}.find(before) != std::string_view::npos;
    if ((byte == '"' || byte == '\'') && token_start) {
      const auto end = end_of_quoted(text, at);
      if (!end) return std::nullopt;
      at = *end - 1;
    } else if (byte == '#' && spaces.find(before) != std::string_view::npos) {
      at = std::min(text.find('\n', at), text.size());
    } else if (byte == '[' || byte == '{') {
      ++depth;
    } else if ((byte == ']' || byte == '}') && --depth == 0) {
      return at + 1;
    }
  }
  return std::nullopt;
}

Result<std::size_t> end_of_scalar(std::string_view text, std::size_t begin, const Value& value) {
  std::optional<std::size_t> end;
  if (begin < text.size() && (text[begin] == '"' || text[begin] == '\''))
    end = end_of_quoted(text, begin);
  else if (begin < text.size() && value.quoted && (text[begin] == '|' || text[begin] == '>'))
    end = end_of_block_scalar(text, begin, value.text);
  else
    end = end_of_plain(text, begin, value.text);
  if (!end) return unclear("it is written in a way that hides where it ends");
  return *end;
}

// yaml-cpp makes a null of these words, and of nothing at all; then it points at what comes next.
std::size_t null_word(std::string_view text, std::size_t offset) {
  for (const std::string_view word : {"~", "null", "Null", "NULL"})
    if (text.substr(offset).starts_with(word) && token_end(text, offset) == offset + word.size()) return word.size();
  return 0;
}

Extent extent_of_null(std::string_view text, std::size_t after) {
  const auto begin = skip(text, after, blanks);
  const auto length = null_word(text, begin);
  return length == 0 ? Extent{after, after} : Extent{begin, begin + length};
}

}  // namespace

std::size_t past_blanks(std::string_view text, std::size_t offset) {
  offset = skip(text, offset, spaces);
  while (offset < text.size() && text[offset] == '#')
    offset = skip(text, std::min(text.find('\n', offset), text.size()), spaces);
  return offset;
}

Result<Extent> extent_of(std::string_view text, const Value& value) {
  if (value.alias) return Extent{value.offset, token_end(text, value.offset)};
  const auto begin = past_properties(text, value.offset);
  if (begin >= text.size()) return unclear("it cannot be found in the text");
  if (value.kind == Value::Kind::scalar) {
    HASYNC_TRY(const auto end, end_of_scalar(text, begin, value));
    return Extent{begin, end};
  }
  if (value.flow) {
    const char opens = value.kind == Value::Kind::list ? '[' : '{';
    const auto end = text[begin] == opens ? end_of_flow(text, begin) : std::nullopt;
    if (!end) return unclear("its brackets cannot be told apart");
    return Extent{begin, *end};
  }
  if (value.kind == Value::Kind::list) {
    HASYNC_TRY(const auto items, extents_of_items(text, value));
    return Extent{begin, items.empty() ? begin : items.back().value.end};
  }
  if (value.entries.empty()) return Extent{begin, begin};
  HASYNC_TRY(const auto last, extent_of_entry(text, value.entries.back()));
  return Extent{begin, last.value.end};
}

Result<EntryExtent> extent_of_entry(std::string_view text, const std::pair<Value, Value>& entry) {
  const auto& [key, value] = entry;
  if (key.kind != Value::Kind::scalar || key.alias) return unclear("its key is no plain word");
  HASYNC_TRY(const auto key_extent, extent_of(text, key));
  const auto colon = skip(text, key_extent.end, blanks);
  if (colon >= text.size() || text[colon] != ':') return unclear("its key is not followed by a colon");
  EntryExtent found{key.offset, colon + 1, {}};
  if (value.kind == Value::Kind::null && !value.alias) {
    found.value = extent_of_null(text, found.colon);
    return found;
  }
  HASYNC_TRY(found.value, extent_of(text, value));
  return found;
}

Result<std::vector<ItemExtent>> extents_of_items(std::string_view text, const Value& list) {
  std::vector<ItemExtent> found;
  auto at = past_properties(text, list.offset) + (list.flow ? 1 : 0);
  for (const auto& item : list.items) {
    at = past_blanks(text, at);
    const auto begin = at;
    if (!list.flow) {
      if (at >= text.size() || text[at] != '-') return unclear("its items cannot be told apart");
      ++at;
    }
    Extent extent;
    if (item.kind == Value::Kind::null && !item.alias) {
      extent = extent_of_null(text, at);
    } else {
      HASYNC_TRY(extent, extent_of(text, item));
    }
    if (extent.begin < begin || extent.end < extent.begin) return unclear("its items cannot be told apart");
    found.push_back({begin, extent});
    at = extent.end;
    if (!list.flow) continue;
    at = past_blanks(text, at);
    if (at < text.size() && text[at] == ',') ++at;
  }
  return found;
}

}  // namespace hasync::config
