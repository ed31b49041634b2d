#include "config/show.hpp"

#include <algorithm>

#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/rewrite.hpp"
#include "config/written.hpp"

namespace hasync::config {

Result<std::vector<Shown>> show_values(const std::string& path) {
  HASYNC_TRY(const auto text, read_settings(path));
  HASYNC_CHECK(load_text(text, path));
  HASYNC_TRY(const auto root, parse_document(text, path));
  std::vector<Shown> shown;
  const auto add = [&](const Key& key, const std::string& full) {
    const auto found = find(root, full);
    if (found.missing.empty() && found.value->kind != Value::Kind::null)
      shown.push_back({full, as_text(*found.value), position_at(text, found.value->offset, path).line});
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
    for (std::size_t item = 0; found.missing.empty() && item < found.value->items.size(); ++item)
      for (auto each = key; each != last; ++each)
        add(*each, list + "." + name_of(found.value->items[item], item) + each->path.substr(at + 2));
    key = last;
  }
  return shown;
}

}  // namespace hasync::config
