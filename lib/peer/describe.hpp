// What one node tells the other of itself: `hasync agent describe` prints it, the peer asks for it through ssh.
#pragma once
#include <string>

#include "config/model.hpp"
#include "os/process.hpp"
#include "peer/transport.hpp"
#include "store/node_state.hpp"

namespace hasync::peer {

struct Description {
  std::string node;
  Role role = Role::primary;
  std::int64_t term = 0;
  std::string version;
  Instant at{};  // by the clock of the node that describes itself
};

// One JSON object, hasync.describe/1 of hasync-json(7).
std::string render(const Description& description);
Result<Description> parse_description(const std::string& text);

// ExitCode::unreachable where ssh fails, ExitCode::failed where the peer has no hasync or it fails there,
// ExitCode::unsafe where another node answers than the one that is meant.
Result<Description> ask_peer(const config::Peer& peer, ProcessRunner& runner, Duration timeout);

// Whether the peer's clock, so far ahead of ours, makes data ages and the two histories misleading, and how that is
// told.
bool clocks_differ(Duration offset);
std::string tell_clock_offset(const std::string& peer, Duration offset);

// Keeps what the peer told at `now`, and how far its clock is from ours.
Result<void> record_told(store::Database& database, const Description& told, Instant now);

}  // namespace hasync::peer
