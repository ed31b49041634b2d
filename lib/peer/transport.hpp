// How the peer is reached: argv for a program there, and what a failure of ssh means in plain words. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::peer {

// ssh(1) and its options up to the host, which comes last: no question is ever asked, the host key is checked, nothing
// waits for ever.
std::vector<std::string> ssh_argv(const config::Peer& peer, Duration connect_timeout);
// ssh joins its words with blanks and gives them to the peer's shell: so argv is one word, quoted for that shell.
std::vector<std::string> command_on_peer(const config::Peer& peer, const std::vector<std::string>& argv,
                                         Duration connect_timeout);
// What rsync(1) is told of the transport: {"-e", "ssh …"}; nothing for local.
std::vector<std::string> rsync_transport(const config::Peer& peer, Duration connect_timeout);
// "user@host:/path/" for ssh, "/path/" for local: the trailing slash means the content of the folder.
std::string rsync_source(const config::Peer& peer, const std::string& folder);

// What stderr of a failed ssh (exit status 255) means, what to do, and whether it may pass: ExitCode::unreachable.
Error explain_ssh(const config::Peer& peer, const std::string& errors);

// Where the `hasync agent serve` of the peer has refused what was asked for, its words, and what to do
// (ExitCode::unsafe).
inline constexpr std::string_view refusal_mark = "hasync: refused: ";
std::optional<Error> told_refusal(const config::Peer& peer, const std::string& errors);

}  // namespace hasync::peer
