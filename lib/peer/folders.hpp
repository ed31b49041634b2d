// Folders that look like an application's data: what `hasync init` offers as datasets.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::peer {

struct Folder {
  std::string path;
  std::optional<std::int64_t> bytes{};  // none: it could not be told in a few seconds
};

// Whether a folder that is there on any Debian, or that files cannot be copied from while it is in use, as a
// database's.
bool is_of_the_system(const std::string& path);

// Of find(1) with -print0, less the system's; at most a few.
std::vector<std::string> candidates(const std::string& found);
// The sizes that du(1) got to; the largest folder first, those without one last.
std::vector<Folder> with_sizes(const std::vector<std::string>& paths, const std::string& measured);

// Looks on the peer, or on this machine for transport local. It takes 15 s at most; ExitCode::unreachable says why it
// could not.
Result<std::vector<Folder>> find_folders(const config::Peer& peer, ProcessRunner& runner);

}  // namespace hasync::peer
