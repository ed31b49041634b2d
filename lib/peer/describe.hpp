// What one node tells the other of itself: `hasync agent describe` prints it, the peer asks for it through ssh.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"
#include "peer/transport.hpp"
#include "store/node_state.hpp"

namespace hasync::peer {

// A folder of the node that describes itself, which the other one pulls from.
struct Source {
  std::string path;
  bool there = false;         // it is a folder, and can be read
  std::string file_system{};  // tells the file system it is on from every other there, also after a reboot
};

// A command of the node that describes itself, whose output the other one takes for a dump.
struct Dump {
  std::string command;   // as shell_line() has it
  bool offered = false;  // it dumps a dataset of the settings there
  bool there = false;    // its program can be run, and a file that it dumps be read
};

struct Description {
  std::string node;
  Role role = Role::primary;
  std::int64_t term = 0;
  std::string version;
  Instant at{};                   // by the clock of the node that describes itself
  bool has_aes = false;           // the processor has instructions for AES
  std::vector<Source> sources{};  // those that were asked about
  std::vector<Dump> dumps{};      // the same
};
// What else the peer is asked about.
struct About {
  std::vector<std::string> sources{};
  std::vector<std::string> dumps{};  // as shell_line() has them
};

// One JSON object, hasync.describe/1 of hasync-json(7).
std::string render(const Description& description);
Result<Description> parse_description(const std::string& text);

// Looks at a folder of this node.
Source look_at_source(const std::string& path);

// ExitCode::unreachable where ssh fails, ExitCode::no_program where the peer has no hasync,
// ExitCode::failed where it fails there, ExitCode::unsafe where another node answers than the one that is meant.
Result<Description> ask_peer(const config::Peer& peer, ProcessRunner& runner, Duration timeout,
                             const About& about = {});

// Whether the peer's clock, so far ahead of ours, makes data ages and the two histories misleading, and how that is
// told.
bool clocks_differ(Duration offset);
std::string tell_clock_offset(const std::string& peer, Duration offset);

// Keeps what the peer told at `now`, and how far its clock is from ours.
Result<void> record_told(store::Database& database, const Description& told, Instant now);

}  // namespace hasync::peer
