// The line by which a node lets the other's key in (sshd(8), authorized_keys), and what puts it there. Pure.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"

namespace hasync::peer {

// `public_key` as in a .pub file; `program` is hasync on the node that lets it in; `from` the addresses it may come
// from, as authorized_keys wants them (empty: any).
std::string authorized_line(const std::string& public_key, const std::string& program, const std::string& from);

// Whether `from` is what authorized_keys takes there: addresses, patterns and networks, separated by commas.
bool is_list_of_addresses(const std::string& from);

enum class Installing { carry_out, try_out };
// ssh(1) as whoever is at the terminal, to `login` on the peer, where a shell puts `line` into authorized_keys of
// peer.user in place of every line with the same key. It prints "same" or "changed".
std::vector<std::string> install_argv(const config::Peer& peer, const std::string& login, const std::string& line,
                                      Installing installing);

}  // namespace hasync::peer
