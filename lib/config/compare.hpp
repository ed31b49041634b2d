// What differs between two texts of the settings, key by key.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hasync::config {

struct Change {
  std::string path, before, after;  // the default, where the key is not in the file, and called so where it is the same
};

struct Edited {
  std::string before, text;
  std::vector<Change> changes{};  // in the order of the key table
};

// Pure. An error where the text that is to be is not YAML; one that was, and is not, counts as empty.
Result<Edited> compare(std::string_view before, std::string_view after, const std::string& file);

}  // namespace hasync::config
