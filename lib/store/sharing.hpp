// How the points of a store share what is the same in them.
#pragma once
#include <string>
#include <string_view>

namespace hasync::store {

enum class Sharing {
  hard_links,  // a file that does not change is one file in many points; one that does is copied whole
  reflinks,    // of a file that changes, the blocks that do not are shared, too (XFS)
  snapshots,   // a point is a btrfs subvolume that begins as a snapshot of the one before it; blocks are shared, too
};
std::string_view sharing_name(Sharing sharing);

// What the file system of `folder` can: tried there, leaving nothing.
Sharing probe_sharing(const std::string& folder);

}  // namespace hasync::store
