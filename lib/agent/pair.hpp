// Making the two nodes of a pair known to each other: our key, the peer's host key, and the line that lets our key in
// there for what a sync needs.
#pragma once
#include <optional>
#include <string>

#include "config/model.hpp"
#include "os/process.hpp"
#include "peer/authorized.hpp"
#include "peer/describe.hpp"
#include "peer/host_key.hpp"

namespace hasync::agent {

struct PairOrder {
  std::string fingerprint;  // what the host key must have, "SHA256:…"; empty: not told
  std::string from;         // the addresses our key may come from; empty: any
  std::string program;      // hasync on the peer
};

// How far the peer's host key can be believed.
enum class Trust { pinned, compared, to_be_asked };

struct Pairing {
  config::Peer peer;       // with the files of the keys
  std::string comment;     // of our key
  std::string public_key;  // empty: the key is yet to be made
  peer::HostKey host_key;
  Trust trust = Trust::to_be_asked;
};

// Pure. ExitCode::unsafe: it is another key than the one that is pinned, or told.
Result<Trust> judge_host_key(const config::Peer& peer, const peer::HostKey& key, const std::string& fingerprint);

// Looks, and changes nothing. Where the settings name no files for the keys, the pairing does: beside `config_path`.
Result<Pairing> look_at_pairing(const config::Config& settings, const std::string& config_path, const PairOrder& order,
                                ProcessRunner& runner);
// Makes the key where there is none, and pins the host key where it is not.
Result<void> carry_out(Pairing& pairing, ProcessRunner& runner);

std::string authorized_line(const Pairing& pairing, const PairOrder& order);

// Puts the line into authorized_keys of peer.user by the ssh of whoever is at the terminal, as `login` there (empty:
// peer.user). Whether that changed, or would change, anything.
Result<bool> install(const Pairing& pairing, const PairOrder& order, const std::string& login,
                     peer::Installing installing);

}  // namespace hasync::agent
