// The ssh key of this node and the pinned host key of the peer, made and kept where only their owner reads them.
#pragma once
#include <string>

#include "os/process.hpp"
#include "peer/host_key.hpp"

namespace hasync::agent {

// A new ed25519 key without a passphrase; gives its public half, as in the .pub file.
Result<std::string> make_key(const std::string& file, const std::string& comment, ProcessRunner& runner);
// The public half of the key in `file`, whether or not a .pub file is beside it.
Result<std::string> public_half(const std::string& file, const std::string& comment, ProcessRunner& runner);

// The known_hosts file as it will be once `key` is pinned in it.
Result<std::string> with_pinned(const std::string& known_hosts_file, const peer::HostKey& key);
Result<void> pin(const std::string& known_hosts_file, const peer::HostKey& key, ProcessRunner& runner);

}  // namespace hasync::agent
