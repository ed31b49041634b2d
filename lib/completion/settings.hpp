// Keys, values and names, from the table of keys and the settings there are.
#pragma once
#include "completion/propose.hpp"
#include "config/keys.hpp"

namespace hasync::completion {

struct KnownKey {
  std::string path;  // items of lists by name
  const config::Key* key;
};

// Every key of the table; those of a list for each of its items.
std::vector<KnownKey> known_keys(const Known& known);
// The value in force.
std::optional<config::Shown> present(const Known& known, const std::string& path);
// Of the items of a list, as "sync.datasets".
std::vector<std::string> names(const Known& known, const std::string& list);
std::vector<std::string> addresses(const Known& known);
// What the value of a key may be: its choices, or the value there is and the default. `typed` so far.
Proposal values(const config::Key& key, const std::optional<config::Shown>& present, const std::string& typed);

}  // namespace hasync::completion
