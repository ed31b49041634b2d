// Of a file at hand that differs in its mode, owner or ACL alone, or that cannot be linked, rsync makes a copy. It gets
// the capabilities of that file first and the owner then, with whom the kernel takes them away (chown(2)). So what has
// some is fetched apart, where no point shares it, and rsync may look at it twice.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "os/beneath.hpp"
#include "sync/rsync.hpp"

namespace hasync::sync {

class Capabilities {
 public:
  explicit Capabilities(const AtHand& at_hand);
  // Whether a file at hand that has this name has some.
  bool may_be_lost(const std::string& name);
  // All such names.
  std::set<std::string> all();

 private:
  std::vector<std::string> folders_;
  std::vector<Beneath> opened_{};
};

}  // namespace hasync::sync
