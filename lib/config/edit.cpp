#include "config/edit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/rewrite.hpp"

namespace hasync::config {
namespace {

// "sync", "sync.datasets" and "heartbeat.probes[].expect" hold keys; so does an item of a list.
bool holds_keys(const std::string& path) {
  return std::any_of(keys().begin(), keys().end(), [&](const Key& key) {
    for (auto end = key.path.find_first_of(".["); end != std::string::npos; end = key.path.find_first_of(".[", end + 1))
      if (const auto above = key.path.substr(0, end); path == above || fits(path, above)) return true;
    const auto item = key.path.find("[]");
    return item != std::string::npos && path.starts_with(key.path.substr(0, item) + ".");
  });
}

Error unknown_key(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& key : keys()) names.push_back(key.path);
  auto message = fmt::format("unknown key \"{}\"", printable(path));
  if (const auto meant = nearest(path, names)) message += fmt::format("; did you mean {}?", *meant);
  return {ExitCode::usage, message + " (see: hasync config keys)"};
}

// The keys below `path` in the order of the table, which is the one a person would keep.
std::vector<std::string> order_below(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& key : keys()) {
    auto pattern = key.path;
    if (const auto at = pattern.find("[]."); at != std::string::npos && path.starts_with(pattern.substr(0, at) + "."))
      pattern = fmt::format("{}.{}", path, pattern.substr(at + 3));
    const auto prefix = path.empty() ? std::string{} : path + ".";
    if (!pattern.starts_with(prefix)) continue;
    auto name = pattern.substr(prefix.size());
    name = name.substr(0, name.find_first_of(".["));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string parent_of(const std::string& path, const std::vector<std::string>& missing) {
  auto length = path.size();
  for (const auto& name : missing) length -= std::min(length, name.size() + 1);
  return path.substr(0, length);
}

bool needs_no_quotes(KeyType type) {
  return type == KeyType::integer || type == KeyType::truth || type == KeyType::duration || type == KeyType::size ||
         type == KeyType::percent || type == KeyType::choice;
}

// What the operator typed, as the key wants it.
Result<Value> typed(const Key& key, const std::string& text) {
  const bool list = key.type == KeyType::words || (key.type == KeyType::address_list && text.starts_with("["));
  if (!list) return Value{.kind = Value::Kind::scalar, .text = text, .quoted = !needs_no_quotes(key.type)};
  const auto parsed = parse_document("value: " + text, "the new value");
  const auto* items = parsed ? parsed->find("value") : nullptr;
  const bool plain = items != nullptr && items->kind == Value::Kind::list &&
                     std::all_of(items->items.begin(), items->items.end(),
                                 [](const Value& item) { return item.kind == Value::Kind::scalar; });
  if (!plain)
    return fail(ExitCode::usage, fmt::format("{}: \"{}\" is not a list, as [a, b]", key.path, printable(text)));
  Value value{.kind = Value::Kind::list, .flow = true};
  for (const auto& item : items->items)
    value.items.push_back({.kind = Value::Kind::scalar, .text = item.text, .quoted = true});
  return value;
}

// The tree as it must read after an edit: the place that was found, in a copy.
Value& place_in(Value& copy, const Found& found) {
  auto* here = &copy;
  for (const auto& [around, index] : found.way)
    here = here->kind == Value::Kind::list ? &here->items[index] : &here->entries[index].second;
  return *here;
}

// Nothing, an empty list and an empty map are the same to the settings.
Value settled(Value value) {
  for (auto& item : value.items) item = settled(std::move(item));
  for (auto& [key, each] : value.entries) each = settled(std::move(each));
  const bool empty = value.kind != Value::Kind::scalar && value.items.empty() && value.entries.empty();
  return empty ? Value{} : value;
}

// One text after the other, each proved by what it must read as.
class Editing {
 public:
  Editing(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  Result<void> operator()(const Assignment& assignment) {
    const auto* key = key_for(assignment.path);
    if (key == nullptr) return fail(unknown_key(assignment.path));
    HASYNC_TRY(auto value, typed(*key, assignment.value));
    HASYNC_TRY(const auto root, parse_document(text_, file_));
    const auto found = find(root, assignment.path);
    if (found.missing.empty() && found.value->kind == Value::Kind::list) return set_list(assignment.path, value);
    if (const auto at = key->path.find("[]"); at != std::string::npos && !found.missing.empty()) {
      const auto list = key->path.substr(0, at);
      const auto item = assignment.path.substr(0, assignment.path.size() - (key->path.size() - at - 2));
      if (!find(root, item).missing.empty()) return fail(no_such_item(item, find(root, list)));
    }
    if (found.missing.empty() && *found.value == value) return {};
    return put_value(assignment.path, root, found, value);
  }

  Result<void> operator()(const Removal& removal) {
    if (key_for(removal.path) == nullptr && !holds_keys(removal.path)) return fail(unknown_key(removal.path));
    HASYNC_TRY(const auto root, parse_document(text_, file_));
    const auto found = find(root, removal.path);
    if (!found.missing.empty()) return {};
    return take_out_value(removal.path, root, found);
  }

  Result<void> operator()(const Addition& addition) {
    HASYNC_TRY(const auto item, item_of(addition));
    HASYNC_TRY(const auto root, parse_document(text_, file_));
    const auto list = find(root, addition.list);
    const auto name = name_of(item, 0);
    const auto there = find(root, addition.list + "." + name);
    if (there.missing.empty()) {
      if (*there.value == item) return {};
      return fail(ExitCode::usage, fmt::format("{0}: there is a \"{1}\" already, which differs; change it with hasync "
                                               "config set {0}.{1}.KEY=VALUE, or remove it first",
                                               addition.list, printable(name)));
    }
    if (!list.missing.empty())
      return put_value(addition.list, root, list, {.kind = Value::Kind::list, .items = {item}});
    return append_value(addition.list, root, list, item);
  }

  std::string take() { return std::move(text_); }

 private:
  static Error no_such_item(const std::string& item, const Found& list) {
    std::vector<std::string> names;
    for (std::size_t at = 0; list.missing.empty() && at < list.value->items.size(); ++at)
      names.push_back(name_of(list.value->items[at], at));
    return {ExitCode::usage, fmt::format("there is no {} ({}); see: hasync config show", printable(item),
                                         names.empty() ? "there are none yet" : "there is " + join(names, ", "))};
  }

  static Result<Value> item_of(const Addition& addition) {
    Value item{.kind = Value::Kind::map, .flow = true};
    for (const auto& [name, text] : addition.fields) {
      const auto* key = find_key(addition.list + "[]." + name);
      if (key == nullptr) return fail(unknown_key(addition.list + "[]." + name));
      HASYNC_TRY(auto value, typed(*key, text));
      auto* map = &item;
      const auto names = split(name, '.');
      for (std::size_t at = 0; at + 1 < names.size(); ++at) map = &below(*map, names[at]);
      map->entries.emplace_back(Value{.kind = Value::Kind::scalar, .text = names.back()}, std::move(value));
    }
    return item;
  }

  // The map below `map` called `name`, made where it is not there yet.
  static Value& below(Value& map, const std::string& name) {
    for (auto& [key, value] : map.entries)
      if (key.text == name) return value;
    return map.entries
        .emplace_back(Value{.kind = Value::Kind::scalar, .text = name}, Value{.kind = Value::Kind::map, .flow = true})
        .second;
  }

  // Item by item: what stands between them stays.
  Result<void> set_list(const std::string& path, const Value& wanted) {
    const auto items = wanted.kind == Value::Kind::list ? wanted.items : std::vector<Value>{wanted};
    while (true) {
      HASYNC_TRY(const auto root, parse_document(text_, file_));
      const auto found = find(root, path);
      const auto& now = found.value->items;
      if (now == items) return {};
      if (found.value->alias)
        return put_value(path, root, found, {.kind = Value::Kind::list, .flow = true, .items = items});
      const auto same = static_cast<std::size_t>(
          std::mismatch(now.begin(), now.end(), items.begin(), items.end()).first - now.begin());
      if (same == now.size()) {
        HASYNC_CHECK(append_value(path, root, found, items[same]));
        continue;
      }
      const auto item = find(root, fmt::format("{}.#{}", path, same));
      HASYNC_CHECK(now.size() > items.size() ? take_out_value(path, root, item)
                                             : put_value(path, root, item, items[same]));
    }
  }

  Result<void> put_value(const std::string& path, const Value& root, const Found& found, const Value& value) {
    Value expected = root;
    auto* place = &place_in(expected, found);
    for (const auto& name : found.missing) {
      if (place->kind == Value::Kind::null) place->kind = Value::Kind::map;
      place = &place->entries.emplace_back(Value{.kind = Value::Kind::scalar, .text = name}, Value{}).second;
    }
    *place = value;
    return accept(path, put(text_, root, found, value, order_below(parent_of(path, found.missing))), expected);
  }

  Result<void> append_value(const std::string& path, const Value& root, const Found& found, const Value& item) {
    Value expected = root;
    auto& list = place_in(expected, found);
    list.kind = Value::Kind::list;
    list.items.push_back(item);
    return accept(path, append(text_, root, found, item), expected);
  }

  Result<void> take_out_value(const std::string& path, const Value& root, const Found& found) {
    Value expected = root;
    const auto [around, index] = found.way.back();
    auto& container = place_in(expected, {{found.way.begin(), found.way.end() - 1}, around, {}});
    const auto at = static_cast<std::ptrdiff_t>(index);
    if (container.kind == Value::Kind::list)
      container.items.erase(container.items.begin() + at);
    else
      container.entries.erase(container.entries.begin() + at);
    return accept(path, take_out(text_, found), expected);
  }

  // Only a text that reads as it should is taken.
  Result<void> accept(const std::string& path, const Result<std::string>& next, const Value& expected) {
    const auto refuse = [&](std::string_view why) {
      return fail(ExitCode::config,
                  fmt::format("{} cannot be changed here: {}; use hasync config edit, nothing was changed", path, why));
    };
    if (!next) return refuse(next.error().message);
    const auto read = parse_document(*next, file_);
    if (!read || !(settled(*read) == settled(expected))) return refuse("what stands around it would change too");
    text_ = *next;
    return {};
  }

  std::string text_;
  std::string file_;
};

}  // namespace

Result<Assignment> parse_assignment(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(ExitCode::usage, fmt::format("\"{}\" is not KEY=VALUE, as sync.run_every=45m", printable(text)));
  return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

Result<Edited> carry_out(std::string_view text, const std::string& file, const std::vector<Edit>& edits) {
  Editing editing{text, file};
  for (const auto& edit : edits) HASYNC_CHECK(std::visit(editing, edit));
  return compare(text, editing.take(), file);
}

}  // namespace hasync::config
