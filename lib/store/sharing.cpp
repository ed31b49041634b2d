#include "store/sharing.hpp"

#include "os/subvolume.hpp"
#include "os/tree.hpp"

namespace hasync::store {

std::string_view sharing_name(Sharing sharing) {
  switch (sharing) {
    case Sharing::hard_links:
      return "hard links";
    case Sharing::reflinks:
      return "reflinks";
    case Sharing::snapshots:
      return "snapshots";
  }
  return "";
}

Sharing probe_sharing(const std::string& folder) {
  if (knows_subvolumes(folder)) return Sharing::snapshots;
  return can_share_blocks(folder, folder) ? Sharing::reflinks : Sharing::hard_links;
}

}  // namespace hasync::store
