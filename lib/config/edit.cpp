#include "config/edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/splice.hpp"
#include "os/atomic_file.hpp"
#include "os/file_lock.hpp"

namespace hasync::config {
namespace {

struct Flat {
  std::string text;
  bool is_text = false;  // a scalar, as opposed to an empty list or map
  bool operator==(const Flat&) const = default;
};
using Leaves = std::map<std::string, Flat>;

std::string name_of(const Value& item, std::size_t index) {
  const auto* name = item.kind == Value::Kind::map ? item.find("name") : nullptr;
  return name != nullptr ? name->text : fmt::format("#{}", index);
}

// Every leaf of the tree under its path; what an edit must not change.
void flatten(const Value& value, const std::string& path, Leaves& leaves) {
  if (value.kind == Value::Kind::scalar) leaves[path] = {value.text, true};
  if (value.kind == Value::Kind::null) leaves[path] = {};
  for (std::size_t at = 0; at < value.items.size(); ++at)
    flatten(
        value.items[at],
        path + "." + (value.items[at].kind == Value::Kind::map ? name_of(value.items[at], at) : fmt::format("#{}", at)),
        leaves);
  for (const auto& [key, each] : value.entries) flatten(each, path.empty() ? key.text : path + "." + key.text, leaves);
}

// The key a path means: sync.datasets.app.source is sync.datasets[].source.
const Key* key_for(const std::string& path) {
  if (const auto* key = find_key(path)) return key;
  for (const auto& key : keys()) {
    const auto at = key.path.find("[].");
    if (at == std::string::npos) continue;
    const auto list = key.path.substr(0, at + 0) + ".", rest = key.path.substr(at + 2);
    if (path.starts_with(list) && path.ends_with(rest) && path.size() > list.size() + rest.size() &&
        path.substr(list.size(), path.size() - list.size() - rest.size()).find('.') == std::string::npos)
      return &key;
  }
  return nullptr;
}

Error unknown_key(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& key : keys()) names.push_back(key.path);
  auto message = fmt::format("unknown key \"{}\"", printable(path));
  if (const auto meant = nearest(path, names)) message += fmt::format("; did you mean {}?", *meant);
  return {ExitCode::usage, message + " (see: hasync config keys)"};
}

struct Found {
  const Value* parent = nullptr;     // the deepest map on the way
  const Value* value = nullptr;      // what the whole path names, when it is there
  std::vector<std::string> missing;  // the names below `parent` that are not
};

Result<Found> find(const Value& root, const std::string& path) {
  Found found{&root, nullptr, {}};
  const auto names = split(path, '.');
  const Value* here = &root;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (here->kind == Value::Kind::list) {
      const Value* item = nullptr;
      for (std::size_t each = 0; each < here->items.size(); ++each)
        if (name_of(here->items[each], each) == names[at]) item = &here->items[each];
      if (item == nullptr)
        return fail(ExitCode::usage,
                    fmt::format("{}: there is no \"{}\"; add it with an editor", path, printable(names[at])));
      here = item;
    } else {
      const auto* next = here->find(names[at]);
      if (next == nullptr || next->kind == Value::Kind::null) {
        found.missing.assign(names.begin() + static_cast<std::ptrdiff_t>(at), names.end());
        found.parent = here;
        if (next != nullptr || here->kind != Value::Kind::map)
          return fail(ExitCode::config, fmt::format("{}: \"{}\" stands there without a value; change it with an editor",
                                                    path, names[at]));
        return found;
      }
      here = next;
    }
    if (here->kind == Value::Kind::map) found.parent = here;
  }
  found.value = here;
  return found;
}

std::size_t line_start(std::string_view text, std::size_t offset) { return text.substr(0, offset).rfind('\n') + 1; }

std::string_view line_end_of(std::string_view text) {
  return text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
}

std::size_t indent_at(std::string_view text, std::size_t line) {
  const auto first = text.find_first_not_of(' ', line);
  return (first == std::string_view::npos ? text.size() : first) - line;
}

// One past the last line that belongs to the block map whose entries are indented by `indent` and whose last begins at
// `offset`.
std::size_t end_of_block(std::string_view text, std::size_t offset, std::size_t indent) {
  auto end = std::min(text.find('\n', offset), text.size() - 1) + 1;
  for (auto line = end; line < text.size();) {
    const auto next = std::min(text.find('\n', line), text.size() - 1) + 1;
    const auto content = trim(text.substr(line, next - line));
    const auto depth = indent_at(text, line);
    const bool belongs = depth > indent || (depth == indent && content.starts_with("- "));
    if (!content.empty() && !content.starts_with('#') && !belongs) break;
    if (!content.empty() && depth > indent) end = next;
    if (!content.empty() && belongs) end = next;
    line = next;
  }
  return end;
}

std::string nested(const std::vector<std::string>& names, const std::string& value, std::size_t indent,
                   std::string_view line_end) {
  std::string out;
  for (std::size_t at = 0; at < names.size(); ++at) {
    out += std::string(indent + 2 * at, ' ') + names[at] + ":";
    out += at + 1 == names.size() ? " " + value : std::string{};
    out += line_end;
  }
  return out;
}

std::string nested_flow(const std::vector<std::string>& names, const std::string& value) {
  std::string out = names.back() + ": " + value;
  for (auto name = names.rbegin() + 1; name != names.rend(); ++name) out = fmt::format("{}: {{ {} }}", *name, out);
  return out;
}

Result<std::string> insert(std::string_view text, const Value& parent, const std::vector<std::string>& names,
                           const std::string& value) {
  std::string out{text};
  if (!parent.entries.empty() || text.substr(parent.offset, 1) == "{") {
    const bool flow = parent.offset < text.size() && text[parent.offset] == '{';
    if (flow) {
      const auto close = closing_bracket(text, parent.offset);
      if (!close) return fail(ExitCode::config, "the map it belongs to has no end; change it with an editor");
      constexpr std::string_view blanks = " \t\r\n";
      auto at = *close;
      while (at > parent.offset + 1 && blanks.find(text[at - 1]) != std::string_view::npos) --at;
      const auto comma = parent.entries.empty() ? " " : ", ";
      out.insert(at, comma + nested_flow(names, value) + (at == *close ? " " : ""));
      return out;
    }
    const auto& first = parent.entries.front().first;
    const auto line = line_start(text, first.offset);
    const auto indent = first.offset - line;
    const auto end = end_of_block(text, parent.entries.back().first.offset, indent);
    const auto line_end = line_end_of(text);
    const bool open_line = end == text.size() && !text.ends_with('\n');
    auto lines = nested(names, value, indent, line_end);
    if (open_line) lines = std::string{line_end} + lines.substr(0, lines.size() - line_end.size());
    out.insert(end, lines);
    return out;
  }
  const auto line_end = line_end_of(text);
  if (!out.empty() && !out.ends_with('\n')) out += line_end;
  return out + nested(names, value, 0, line_end);
}

bool is_written_plain(KeyType type) {
  return type == KeyType::integer || type == KeyType::truth || type == KeyType::duration || type == KeyType::size ||
         type == KeyType::choice;
}

Result<std::string> to_yaml(const Key& key, const std::string& value, Style style, Around around) {
  const bool list = key.type == KeyType::words || (key.type == KeyType::address_list && value.starts_with("["));
  if (list) {
    auto parsed = parse_document("value: " + value, "the new value");
    const auto* items = parsed ? parsed->find("value") : nullptr;
    if (items == nullptr || items->kind != Value::Kind::list)
      return fail(ExitCode::usage, fmt::format("{}: \"{}\" is not a list, as [a, b]", key.path, printable(value)));
    std::vector<std::string> words;
    for (const auto& item : items->items) words.push_back(written(item.text, Style::plain, Around::flow));
    return "[" + join(words, ", ") + "]";
  }
  if (style == Style::plain && is_written_plain(key.type) &&
      value.find_first_of(" #:,[]{}'\"\t\n") == std::string::npos && !value.empty())
    return value;
  return written(value, style, around);
}

// Whether the value stands in a flow map or list, where commas and brackets end a plain scalar.
Around around(std::string_view text, const Value& parent) {
  return parent.offset < text.size() && text[parent.offset] == '{' ? Around::flow : Around::block;
}

std::string value_text(const Value& value) {
  if (value.kind != Value::Kind::list) return value.text;
  std::vector<std::string> words;
  for (const auto& item : value.items) words.push_back(written(item.text, Style::plain, Around::flow));
  return "[" + join(words, ", ") + "]";
}

Result<std::string> splice(std::string_view text, const Value& root, const Assignment& assignment, const Key& key,
                           std::string& before) {
  HASYNC_TRY(const auto found, find(root, assignment.path));
  if (found.value == nullptr) {
    const auto item = key.path.find("[]");
    if (item != std::string::npos && found.missing.size() >= split(key.path.substr(item), '.').size())
      return fail(ExitCode::usage,
                  fmt::format("{}: there is no such item yet; add it with an editor", assignment.path));
    before = key.default_text;
    HASYNC_TRY(const auto value, to_yaml(key, assignment.value, Style::plain, around(text, *found.parent)));
    return insert(text, *found.parent, found.missing, value);
  }
  before = value_text(*found.value);
  const bool is_alias = found.value->offset < found.parent->offset;
  if (is_alias)
    return fail(ExitCode::config, fmt::format("{}: its value is an alias; change it with an editor", assignment.path));
  HASYNC_TRY(const auto value,
             to_yaml(key, assignment.value, style_at(text, found.value->offset), around(text, *found.parent)));
  // A list is the same when its items are, however they are written.
  if (before == (found.value->kind == Value::Kind::list ? value : assignment.value)) return std::string{text};
  auto span = span_of(text, *found.value);
  if (!span) return fail(with_context(std::move(span.error()), assignment.path));
  std::string out{text};
  return out.replace(span->offset, span->length, value);
}

// All leaves but those of the value that `path` names.
Leaves around_value(const Value& root, const std::string& path) {
  Leaves leaves;
  flatten(root, "", leaves);
  std::erase_if(leaves, [&](const auto& leaf) { return leaf.first == path || leaf.first.starts_with(path + ".#"); });
  return leaves;
}

// Everything but the assigned key reads as before. A map that had no entry is gone once it has one.
Result<void> prove(const Value& before, const Value& after, const Assignment& assignment) {
  HASYNC_TRY(const auto found, find(after, assignment.path));
  if (found.value == nullptr || around_value(before, assignment.path) != around_value(after, assignment.path))
    return fail(ExitCode::config,
                fmt::format("{} cannot be changed without touching what stands around it; change it with an editor",
                            assignment.path));
  return {};
}

}  // namespace

Result<Assignment> parse_assignment(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(ExitCode::usage, fmt::format("\"{}\" is not KEY=VALUE, as sync.run_every=45m", printable(text)));
  return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

Result<Edited> set_values(std::string_view text, const std::string& file, const std::vector<Assignment>& assignments) {
  Edited edited{std::string{text}, std::string{text}, {}};
  for (const auto& assignment : assignments) {
    const auto* key = key_for(assignment.path);
    if (key == nullptr) return fail(unknown_key(assignment.path));
    HASYNC_TRY(const auto before, parse_document(edited.text, file));
    std::string old_value;
    HASYNC_TRY(auto next, splice(edited.text, before, assignment, *key, old_value));
    if (next == edited.text) continue;
    const auto after = parse_document(next, file);
    if (!after) return fail(with_context(after.error(), assignment.path));
    HASYNC_CHECK(prove(before, *after, assignment));
    edited.text = std::move(next);
    edited.changes.push_back({assignment.path, old_value, assignment.value});
  }
  return edited;
}

Result<Edited> plan_edit(const std::string& path, const std::vector<Assignment>& assignments) {
  HASYNC_TRY(const auto text, read_settings(path));
  HASYNC_TRY(auto edited, set_values(text, path, assignments));
  HASYNC_TRY(const auto loaded, load_text(edited.text, path));
  HASYNC_CHECK(check_named_files(loaded, edited.text, path));
  return edited;
}

Result<Edited> edit_file(const std::string& path, const std::vector<Assignment>& assignments) {
  HASYNC_CHECK(read_settings(path));
  HASYNC_TRY(const auto lock, FileLock::wait(path));
  HASYNC_TRY(auto edited, plan_edit(path, assignments));
  if (!edited.changes.empty()) HASYNC_CHECK(replace_file(path, edited.text));
  return edited;
}

Result<std::vector<Shown>> show_values(const std::string& path) {
  HASYNC_TRY(const auto text, read_settings(path));
  HASYNC_CHECK(load_text(text, path));
  HASYNC_TRY(const auto root, parse_document(text, path));
  std::vector<Shown> shown;
  const auto add = [&](const Key& key, const std::string& full) {
    const auto found = find(root, full);
    if (found && found->value != nullptr)
      shown.push_back({full, value_text(*found->value), position_at(text, found->value->offset, path).line});
    else if (!key.default_text.empty())
      shown.push_back({full, key.default_text, 0});
  };
  // The keys of a list stand together in the table: they are told item by item.
  for (auto key = keys().begin(); key != keys().end();) {
    const auto at = key->path.find("[]");
    if (at == std::string::npos) {
      add(*key, key->path);
      ++key;
      continue;
    }
    const auto list = key->path.substr(0, at);
    const auto last =
        std::find_if(key, keys().end(), [&](const Key& each) { return !each.path.starts_with(list + "[]"); });
    const auto found = find(root, list);
    if (found && found->value != nullptr)
      for (std::size_t item = 0; item < found->value->items.size(); ++item)
        for (auto each = key; each != last; ++each)
          add(*each, list + "." + name_of(found->value->items[item], item) + each->path.substr(at + 2));
    key = last;
  }
  return shown;
}

}  // namespace hasync::config
