// The peer's ssh host key before it is trusted: asked for, told by its fingerprint, and what pins it.
#pragma once
#include <string>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::peer {

enum class Pinned { no, same, other };

struct HostKey {
  std::string line;         // as in a known_hosts file (sshd(8)), without the end of the line
  std::string fingerprint;  // "SHA256:… (ED25519)"
  Pinned pinned = Pinned::no;
};

// Of what ssh-keyscan(1) printed the one line that ssh would rather have; empty: there is none.
std::string preferred_line(const std::string& scanned);

// Asks the peer's ssh server for its key, without believing it, and looks for it in `known_hosts_file`.
// ExitCode::unreachable says why there is none.
Result<HostKey> ask_for_host_key(const config::Peer& peer, const std::string& known_hosts_file, ProcessRunner& runner);

// What a known_hosts file becomes when it pins `key`: other keys of the same host leave it.
std::string pinned_in(const std::string& known_hosts, const HostKey& key);

}  // namespace hasync::peer
