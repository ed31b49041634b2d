// What is wrong with a settings file: every fault at once, each with its place, the line, a caret and what to write
// instead.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hasync::config {

// Where in the text something stands, in bytes.
struct Place {
  std::size_t offset = 0;
  std::size_t length = 1;  // what the caret underlines
};

struct Fault {
  Place at{};
  std::string message;  // "sync.run_every: \"15\" has no unit; did you mean 15m?"
  std::string hint{};   // "accepted: 1m to 7d, whole minutes"
};

// One block a fault, in file order, and the closing count.
std::string render(std::vector<Fault> faults, std::string_view text, const std::string& file);

}  // namespace hasync::config
