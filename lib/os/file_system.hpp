// Which file system something is on.
#pragma once
#include <string>

namespace hasync {

// Tells the file system that the folder `path` is on from every other of this machine, also after a reboot where it has
// an identity of its own, as ext4, XFS and btrfs do; empty when nothing is there, or it is not to be had.
std::string file_system_identity(const std::string& path);

}  // namespace hasync
