// The one table of settings: everything that is said about a key (loading, checking, help, manual page, completion)
// comes from here.
#pragma once
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/model.hpp"

namespace hasync::config {

// Where a key's value goes: the settings, and the list item being read when the key stands in a list.
struct Target {
  Config& config;
  Dataset* dataset = nullptr;
  Probe* probe = nullptr;
  Step* step = nullptr;
  Hook* hook = nullptr;
};

enum class KeyType { text, integer, truth, duration, size, choice, words, address_list, start_time, path, percent };
enum class Need { optional, required };

struct Key {
  std::string path;  // items of a list are "sync.datasets[].source"
  KeyType type = KeyType::text;
  Need need = Need::optional;
  std::string default_text;  // as written in YAML; empty: none
  std::string accepts;       // "1m to 7d, whole minutes"
  std::string help;
  // Checks the value and puts it where it belongs. The error's message says what is wrong with the value alone.
  Result<void> (*read)(const Value& value, Target& target);
};

const std::vector<Key>& keys();
const Key* find_key(const std::string& path);
// Whether a path is one of those a pattern stands for: sync.datasets.app.source is one of sync.datasets[].source.
bool fits(const std::string& path, const std::string& pattern);
// The key that a path in a file names; none, where there is no such key.
const Key* key_for(const std::string& path);
std::string_view type_name(KeyType type);

}  // namespace hasync::config
