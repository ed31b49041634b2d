// Subvolumes of btrfs: folders that are copied at once, however much is in them (btrfs-subvolume(8)).
#pragma once
#include <string>

#include "base/result.hpp"

namespace hasync {

// Whether a folder on the file system of `path` can be one.
bool knows_subvolumes(const std::string& path);
bool is_subvolume(const std::string& path);
Result<void> make_subvolume(const std::string& path);
// `to` becomes one that holds all that `from`, which is one, holds now, and can be written. Both share every block.
Result<void> snapshot_subvolume(const std::string& from, const std::string& to);
// With all in it, at once. Where that takes more rights than we have, it is false: then it goes as any folder does.
bool remove_subvolume(const std::string& path);

}  // namespace hasync
