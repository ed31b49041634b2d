#include "config/compare.hpp"

#include <algorithm>
#include <map>

#include "config/keys.hpp"
#include "config/rewrite.hpp"
#include "config/written.hpp"

namespace hasync::config {
namespace {

using Values = std::map<std::string, std::string>;

// Every key with its value: a list of words is one, a list of items is not.
void collect(const Value& value, const std::string& path, Values& values) {
  const bool of_items = std::any_of(value.items.begin(), value.items.end(),
                                    [](const Value& item) { return item.kind == Value::Kind::map; });
  if (value.kind == Value::Kind::scalar || (!value.items.empty() && !of_items)) values[path] = as_text(value);
  for (std::size_t at = 0; of_items && at < value.items.size(); ++at)
    collect(value.items[at], path + "." + name_of(value.items[at], at), values);
  for (const auto& [key, each] : value.entries) collect(each, path.empty() ? key.text : path + "." + key.text, values);
}

std::size_t place_in_table(const std::string& path) {
  const auto* key = key_for(path);
  return key == nullptr ? keys().size() : static_cast<std::size_t>(key - keys().data());
}

// Where it is not set, the default counts, but in an item that is not there nothing does.
std::string value_in(const Values& values, const std::string& path) {
  if (const auto found = values.find(path); found != values.end()) return found->second;
  const auto* key = key_for(path);
  if (key == nullptr) return {};
  const auto item = key->path.find("[].");
  const auto of_item = item == std::string::npos ? 0 : path.size() - (key->path.size() - item - 2);
  return of_item == 0 || values.contains(path.substr(0, of_item) + ".name") ? key->default_text : std::string{};
}

std::vector<Change> changes_between(const Value& before, const Value& after) {
  Values old_values, new_values;
  collect(before, "", old_values);
  collect(after, "", new_values);
  std::vector<Change> changes;
  auto all = old_values;
  all.insert(new_values.begin(), new_values.end());
  for (const auto& [path, value] : all) {
    const bool changed = old_values.contains(path) != new_values.contains(path) || old_values[path] != new_values[path];
    if (!changed) continue;
    Change change{path, value_in(old_values, path), value_in(new_values, path)};
    if (change.before == change.after && !change.before.empty())
      (old_values.contains(path) ? change.after : change.before) += " (default)";
    changes.push_back(std::move(change));
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& left, const Change& right) {
    return place_in_table(left.path) < place_in_table(right.path);
  });
  return changes;
}

}  // namespace

Result<Edited> compare(std::string_view before, std::string_view after, const std::string& file) {
  HASYNC_TRY(const auto new_values, parse_document(after, file));
  const auto old_values = parse_document(before, file);
  return Edited{std::string{before}, std::string{after},
                changes_between(old_values ? *old_values : Value{}, new_values)};
}

}  // namespace hasync::config
