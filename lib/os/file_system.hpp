// Which file system something is on.
#pragma once
#include <string>

namespace hasync {

// Tells the file system that the folder `path` is on from every other of this machine, also after a reboot where it has
// an identity of its own, as ext4, XFS and btrfs do; empty when nothing is there, or it is not to be had.
std::string file_system_identity(const std::string& path);

// Whether an ACL is listed for us among the attributes of what is there, too, as XFS does for root:
// trusted.SGI_ACL_FILE. Who removes that removes the ACL.
bool lists_acls_twice(const std::string& path);

}  // namespace hasync
