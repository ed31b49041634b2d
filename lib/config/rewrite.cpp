#include "config/rewrite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "config/extent.hpp"
#include "config/written.hpp"

namespace hasync::config {
namespace {

constexpr std::string_view blanks = " \t";

tl::unexpected<Error> refused(std::string_view why) { return fail(ExitCode::config, std::string{why}); }

std::string_view line_end_of(std::string_view text) {
  return text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
}
std::size_t line_begin(std::string_view text, std::size_t offset) {
  const auto begin = text.substr(0, offset).rfind('\n') + 1;
  return begin == 0 && text.starts_with(byte_order_mark) ? byte_order_mark.size() : begin;
}
std::size_t line_end(std::string_view text, std::size_t offset) {
  return std::min(text.find('\n', offset), text.size());
}
std::size_t column(std::string_view text, std::size_t offset) { return offset - line_begin(text, offset); }

// Nothing before it in its line but blanks.
bool begins_line(std::string_view text, std::size_t offset) {
  const auto begin = line_begin(text, offset);
  return trim(text.substr(begin, offset - begin)).empty();
}
// Nothing after it in its line but blanks and a comment.
bool ends_line(std::string_view text, std::size_t offset) {
  const auto rest = trim(text.substr(offset, line_end(text, offset) - offset));
  return rest.empty() || rest.starts_with('#');
}

// Every text in a JSON file is quoted.
Around around(std::string_view text, const Value& root, const Value& container) {
  if (root.flow && !root.entries.empty() && text.substr(root.entries.front().first.offset).starts_with('"'))
    return Around::json;
  return container.flow ? Around::flow : Around::block;
}

// How much deeper a map stands than what holds it.
std::size_t step_of(std::string_view text, const Value& root) {
  for (const auto& [key, value] : root.entries) {
    if (value.kind != Value::Kind::map || value.flow || value.alias || value.entries.empty()) continue;
    const auto inner = column(text, value.entries.front().first.offset), outer = column(text, key.offset);
    if (inner > outer) return inner - outer;
  }
  return 2;
}

// `lines` below the line of `offset`.
std::string with_lines_below(std::string_view text, std::size_t offset, const std::string& lines) {
  const auto at = line_end(text, offset), eol = line_end_of(text).size();
  std::string out{text};
  if (at < text.size()) return out.insert(at + 1, lines);
  return out + std::string{line_end_of(text)} + lines.substr(0, lines.size() - eol);
}

std::string without_lines(std::string_view text, std::size_t begin, std::size_t end) {
  std::string out{text};
  const auto first = line_begin(text, begin), last = line_end(text, end);
  if (last < text.size() || first == line_begin(text, 0)) return out.erase(first, last + 1 - first);
  out.erase(first);  // the last line of a text without a final line break: there is none now either
  return out.erase(out.size() - (out.ends_with("\r\n") ? 2 : 1));
}

// Elements between brackets, and the commas between them.

std::size_t comma_after(std::string_view text, std::size_t offset) {
  const auto at = past_blanks(text, offset);
  return at < text.size() && text[at] == ',' ? at : std::string_view::npos;
}

std::string with_element(std::string_view text, const Extent& brackets, const std::vector<Extent>& elements,
                         std::size_t index, std::string_view element) {
  std::string out{text};
  if (elements.empty()) {
    const auto inside = trim(text.substr(brackets.begin + 1, brackets.end - brackets.begin - 2));
    const bool is_map = text[brackets.begin] == '{';
    if (inside.empty())
      return out.replace(brackets.begin + 1, brackets.end - brackets.begin - 2,
                         is_map ? fmt::format(" {} ", element) : element);
    return out.insert(brackets.begin + 1, fmt::format(" {} ", element));
  }
  const bool own_lines = begins_line(text, elements.front().begin);
  const auto indent = std::string(column(text, elements.front().begin), ' ');
  if (index == 0)
    return out.insert(elements.front().begin, own_lines ? fmt::format("{},{}{}", element, line_end_of(text), indent)
                                                        : fmt::format("{}, ", element));
  const auto before = elements[index - 1].end;
  const auto comma = comma_after(text, before);
  const bool last = index == elements.size();
  const auto after = comma == std::string_view::npos ? before : comma + 1;
  if (own_lines && ends_line(text, after)) {
    out = with_lines_below(text, after, fmt::format("{}{}{}{}", indent, element, last ? "" : ",", line_end_of(text)));
    return comma == std::string_view::npos ? out.insert(before, ",") : out;
  }
  if (last && comma == std::string_view::npos) return out.insert(before, fmt::format(", {}", element));
  return out.insert(after, fmt::format(" {}{}", element, last ? "" : ","));
}

std::string without_element(std::string_view text, const std::vector<Extent>& elements, std::size_t index) {
  const auto& gone = elements[index];
  const auto comma = comma_after(text, gone.end);
  std::string out{text};
  const auto end = comma == std::string_view::npos ? gone.end : comma + 1;
  if (begins_line(text, gone.begin) && ends_line(text, end)) {
    out = without_lines(text, gone.begin, end);
  } else if (index > 0 && index + 1 == elements.size()) {
    const auto from = comma_after(text, elements[index - 1].end);
    const bool plain_gap = past_blanks(text, from + 1) == text.find_first_not_of(" \t\r\n", from + 1);
    if (from != std::string_view::npos && plain_gap) return out.erase(from, gone.end - from);
    out.erase(gone.begin, end - gone.begin);
  } else {
    return out.erase(gone.begin, std::min(text.find_first_not_of(blanks, end), text.size()) - gone.begin);
  }
  // The last one is gone: its neighbour's comma goes too, for a file that is JSON.
  if (index > 0 && index + 1 == elements.size() && comma == std::string_view::npos)
    if (const auto left = comma_after(text, elements[index - 1].end); left != std::string_view::npos)
      out.erase(left, 1);
  return out;
}

// Maps.

Result<std::vector<EntryExtent>> extents_of_entries(std::string_view text, const Value& map) {
  std::vector<EntryExtent> found;
  for (const auto& entry : map.entries) {
    HASYNC_TRY(const auto each, extent_of_entry(text, entry));
    found.push_back(each);
  }
  return found;
}

std::vector<Extent> elements_of(const std::vector<EntryExtent>& entries) {
  std::vector<Extent> found;
  for (const auto& entry : entries) found.push_back({entry.key, entry.value.end});
  return found;
}

// Of a new key among those that are there: behind the one that comes next before it in `order`.
std::size_t index_for(const Value& map, const std::string& key, const std::vector<std::string>& order) {
  const auto rank = [&](const std::string& name) {
    return std::find(order.begin(), order.end(), name) - order.begin();
  };
  std::optional<std::size_t> behind;
  for (std::size_t at = 0; at < map.entries.size(); ++at) {
    const auto here = rank(map.entries[at].first.text);
    if (here <= rank(key) && (!behind || here >= rank(map.entries[*behind].first.text))) behind = at;
  }
  return behind ? *behind + 1 : 0;
}

// "  # timeout: 2h" between the entries from `begin` on, before something that does not belong to them.
std::optional<std::size_t> commented_out(std::string_view text, std::size_t begin, std::size_t indent,
                                         const std::vector<EntryExtent>& entries, std::string_view key) {
  for (auto line = begin; line < text.size(); line = line_end(text, line) + 1) {
    const auto first = std::min(text.find_first_not_of(' ', line), text.size());
    const auto content = trim(text.substr(first, line_end(text, line) - first));
    const bool inside = std::any_of(entries.begin(), entries.end(), [&](const EntryExtent& entry) {
      return line > entry.key && line < entry.value.end;
    });
    const bool one_of_them =
        std::any_of(entries.begin(), entries.end(), [&](const EntryExtent& entry) { return entry.key == first; });
    if (inside || content.empty() || one_of_them) continue;
    if (!content.starts_with('#')) break;
    if (first - line == indent && trim(content.substr(1)).starts_with(fmt::format("{}:", key))) return line;
  }
  return std::nullopt;
}

// Where the comments above the line of `offset` begin.
std::size_t comments_above(std::string_view text, std::size_t offset) {
  auto begin = line_begin(text, offset);
  while (begin > line_begin(text, 0)) {
    const auto above = line_begin(text, begin - 1);
    const auto content = trim(text.substr(above, begin - above));
    if (!content.empty() && !content.starts_with('#')) break;
    begin = above;
  }
  return begin;
}

bool has_gaps(std::string_view text, const Value& map) {
  return map.entries.size() > 1 &&
         text.substr(0, map.entries.back().first.offset).find("\n\n") != std::string_view::npos;
}

Result<std::string> with_entry(std::string_view text, const Value& root, const Value& map, const std::string& key,
                               const Value& value, const std::vector<std::string>& order) {
  HASYNC_TRY(const auto entries, extents_of_entries(text, map));
  const auto index = index_for(map, key, order);
  const auto kind = around(text, root, map);
  if (map.flow) {
    HASYNC_TRY(const auto brackets, extent_of(text, map));
    auto element = in_one_line(
        {.kind = Value::Kind::map, .flow = true, .entries = {{Value{.kind = Value::Kind::scalar, .text = key}, value}}},
        kind);
    return with_element(text, brackets, elements_of(entries), index, element.substr(2, element.size() - 4));
  }
  const auto eol = line_end_of(text);
  if (entries.empty()) {
    std::string out{text};
    if (!out.empty() && !out.ends_with('\n')) out += eol;
    return out + as_lines(key, value, 0, step_of(text, root), eol);
  }
  const auto indent = column(text, entries.front().key);
  auto lines = as_lines(key, value, indent, step_of(text, root), eol);
  if (const auto line = commented_out(text, comments_above(text, entries.front().key), indent, entries, key))
    return with_lines_below(text, *line, lines);
  if (index == 0) {
    if (!begins_line(text, entries.front().key)) return refused("it would stand before the first key of a list's item");
    std::string out{text};
    out.insert(line_begin(text, entries.front().key), lines);
    return out;
  }
  const auto after = entries[index - 1].value.end;
  if (!ends_line(text, after)) return refused("something stands behind the value before it");
  if (&map == &root && value.kind == Value::Kind::map && has_gaps(text, map)) lines = std::string{eol} + lines;
  return with_lines_below(text, after, lines);
}

// Of a key that stands there without a value.
Result<std::string> below_key(std::string_view text, const Value& root, const Link& link, const std::string& key,
                              const Value& value) {
  const auto& entry = link.around->entries[link.index];
  HASYNC_TRY(const auto extent, extent_of_entry(text, entry));
  if (link.around->flow || extent.value.end != extent.value.begin || !ends_line(text, extent.colon)) {
    const Value map{
        .kind = Value::Kind::map, .flow = true, .entries = {{Value{.kind = Value::Kind::scalar, .text = key}, value}}};
    std::string out{text};
    return out.replace(
        extent.value.begin, extent.value.end - extent.value.begin,
        (extent.value.begin == extent.colon ? " " : "") + in_one_line(map, around(text, root, *link.around)));
  }
  const auto step = step_of(text, root), indent = column(text, entry.first.offset) + step;
  const auto lines = as_lines(key, value, indent, step, line_end_of(text));
  const auto line = commented_out(text, line_end(text, extent.colon) + 1, indent, {}, key);
  return with_lines_below(text, line.value_or(extent.colon), lines);
}

Result<Extent> extent_at(std::string_view text, const Link& link) {
  if (link.around->kind == Value::Kind::map) {
    HASYNC_TRY(const auto entry, extent_of_entry(text, link.around->entries[link.index]));
    return entry.value;
  }
  HASYNC_TRY(const auto items, extents_of_items(text, *link.around));
  return items.at(link.index).value;
}

Style style_at(std::string_view text, std::size_t offset) {
  if (text.substr(offset).starts_with('"')) return Style::double_quoted;
  return text.substr(offset).starts_with('\'') ? Style::single_quoted : Style::plain;
}

Result<std::string> replaced(std::string_view text, const Value& root, const Found& found, const Value& value) {
  const auto& link = found.way.back();
  const auto& old = *found.value;
  const bool collection = old.kind == Value::Kind::list || old.kind == Value::Kind::map;
  if (collection && !old.alias && !old.flow) return refused("it is written with a line an item");
  HASYNC_TRY(const auto extent, extent_at(text, link));
  const auto kind = around(text, root, *link.around);
  auto style = Style::plain;
  if (old.kind == Value::Kind::scalar && !old.alias) style = style_at(text, extent.begin);
  auto words = value.kind == Value::Kind::scalar && style != Style::plain ? written(value.text, style, kind)
                                                                          : in_one_line(value, kind);
  if (extent.begin == extent.end) words = " " + words;
  std::string out{text};
  return out.replace(extent.begin, extent.end - extent.begin, words);
}

// What the first `length` bytes of a path name.
struct Child {
  const Value* value = nullptr;
  std::size_t index = 0, length = 0;
};

std::optional<Child> entry_called(const Value& map, std::string_view path) {
  const auto name = path.substr(0, path.find('.'));
  for (std::size_t at = 0; at < map.entries.size(); ++at)
    if (map.entries[at].first.text == name) return Child{&map.entries[at].second, at, name.size()};
  return std::nullopt;
}

// A name may hold a dot, as that of a step: the longest that fits is meant.
std::optional<Child> item_called(const Value& list, std::string_view path) {
  std::optional<Child> called;
  for (std::size_t at = 0; at < list.items.size(); ++at) {
    const auto name = name_of(list.items[at], at);
    const bool fits = path == name || path.starts_with(name + ".");
    if (fits && (!called || name.size() > called->length)) called = Child{&list.items[at], at, name.size()};
  }
  return called;
}

}  // namespace

std::string name_of(const Value& item, std::size_t index) {
  const auto* name = item.kind == Value::Kind::map ? item.find("name") : nullptr;
  return name != nullptr ? name->text : fmt::format("#{}", index);
}

Found find(const Value& root, std::string_view path) {
  Found found{{}, &root, {}};
  while (!path.empty()) {
    const auto& here = *found.value;
    const auto child = here.kind == Value::Kind::list ? item_called(here, path) : entry_called(here, path);
    if (!child) {
      found.missing = split(path, '.');
      return found;
    }
    found.way.push_back({&here, child->index});
    found.value = child->value;
    path.remove_prefix(std::min(child->length + 1, path.size()));
  }
  return found;
}

Result<std::string> put(std::string_view text, const Value& root, const Found& found, const Value& value,
                        const std::vector<std::string>& order) {
  for (const auto& link : found.way)
    if (link.around->alias) return refused("it is held by an alias");
  if (found.missing.empty()) return replaced(text, root, found, value);
  Value below = value;
  for (auto name = found.missing.rbegin(); name + 1 != found.missing.rend(); ++name)
    below = {.kind = Value::Kind::map, .entries = {{Value{.kind = Value::Kind::scalar, .text = *name}, below}}};
  if (found.value->alias) return refused("it is held by an alias");
  if (found.value->kind == Value::Kind::null)
    return below_key(text, root, found.way.back(), found.missing.front(), below);
  if (found.value->kind != Value::Kind::map) return refused("what should hold it is no map of settings");
  return with_entry(text, root, *found.value, found.missing.front(), below, order);
}

Result<std::string> append(std::string_view text, const Value& root, const Found& found, Value item) {
  const auto& list = *found.value;
  for (const auto& link : found.way)
    if (link.around->alias) return refused("it is held by an alias");
  if (list.alias) return refused("it is an alias");
  if (list.kind == Value::Kind::null) {
    const auto& link = found.way.back();
    HASYNC_TRY(const auto extent, extent_at(text, link));
    if (link.around->flow || extent.begin != extent.end || !ends_line(text, extent.end))
      return replaced(text, root, found, {.kind = Value::Kind::list, .items = {std::move(item)}});
    item.flow = true;
    const auto step = step_of(text, root);
    return with_lines_below(text, extent.end,
                            item_as_lines(item, column(text, link.around->entries[link.index].first.offset) + step,
                                          step, line_end_of(text)));
  }
  if (list.kind != Value::Kind::list) return refused("it is no list");
  HASYNC_TRY(const auto items, extents_of_items(text, list));
  if (list.flow) {
    std::vector<Extent> elements;
    for (const auto& each : items) elements.push_back(each.value);
    HASYNC_TRY(const auto brackets, extent_of(text, list));
    return with_element(text, brackets, elements, elements.size(), in_one_line(item, around(text, root, list)));
  }
  const auto& last = list.items.back();
  item.flow = last.kind != Value::Kind::map || last.flow || last.alias;
  if (!ends_line(text, items.back().value.end)) return refused("something stands behind its last item");
  return with_lines_below(
      text, items.back().value.end,
      item_as_lines(item, column(text, items.front().begin), step_of(text, root), line_end_of(text)));
}

Result<std::string> take_out(std::string_view text, const Found& found) {
  for (const auto& link : found.way)
    if (link.around->alias) return refused("it is held by an alias");
  const auto& [container, index] = found.way.back();
  std::vector<Extent> elements;
  if (container->kind == Value::Kind::map) {
    HASYNC_TRY(const auto entries, extents_of_entries(text, *container));
    elements = elements_of(entries);
  } else {
    HASYNC_TRY(const auto items, extents_of_items(text, *container));
    for (const auto& item : items) elements.push_back({item.begin, item.value.end});
  }
  if (container->flow) return without_element(text, elements, index);
  const auto& gone = elements[index];
  if (!ends_line(text, gone.end)) return refused("something stands behind it");
  if (begins_line(text, gone.begin)) return without_lines(text, gone.begin, gone.end);
  // The first key behind the dash of a list's item: the next one takes its place.
  if (index + 1 == elements.size()) return refused("it is all there is in its item");
  std::string out{text};
  return out.erase(gone.begin, elements[index + 1].begin - gone.begin);
}

}  // namespace hasync::config
