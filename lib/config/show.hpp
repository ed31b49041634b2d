// Every setting in force, and where it is from.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"

namespace hasync::config {

struct Shown {
  std::string path, value;
  int line = 0;  // in the file; 0: a default
};
// Every key with the value in force, list items by name, in the order of the key table.
Result<std::vector<Shown>> show_values(const std::string& path);

}  // namespace hasync::config
