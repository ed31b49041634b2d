#include "sync/capabilities.hpp"

#include <algorithm>
#include <filesystem>

namespace hasync::sync {

namespace fs = std::filesystem;

Capabilities::Capabilities(const AtHand& at_hand) : folders_(at_hand.interrupted) {
  if (!at_hand.newest.empty()) folders_.push_back(at_hand.newest);
  for (const auto& folder : folders_)
    if (auto opened = Beneath::open(folder)) opened_.push_back(std::move(*opened));
}

bool Capabilities::may_be_lost(const std::string& name) {
  return std::any_of(opened_.begin(), opened_.end(), [&](Beneath& folder) { return folder.has_capabilities(name); });
}

std::set<std::string> Capabilities::all() {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& folder : folders_)
    for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
      auto name = entry->path().native().substr(folder.size() + 1);
      if (may_be_lost(name)) names.insert(std::move(name));
    }
  return names;
}

}  // namespace hasync::sync
