// One ssh connection that all programs of a run share, so that the handshake and the proof of the key are paid once.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::peer {

// From what `ssh -G` prints: the ciphers that would be offered, those of AES-GCM first, which a processor with
// instructions for AES does about twice as fast as ChaCha20. Nothing where the order is that already.
std::optional<std::string> hardware_ciphers_first(std::string_view ssh_configuration);

// The process that holds a connection, by what `ssh -O check` says of it: "Master running (pid=438)".
std::optional<int> pid_of_master(std::string_view said);

// Whether ssh(1) can make its socket there: it takes a path of 108 bytes with what it appends first (unix(7)), and
// expands some signs.
bool can_hold_socket(std::string_view path);

// hardware: AES-GCM comes first where ssh here has it, for a peer whose processor has instructions for AES, as ours
// has.
enum class Ciphers { by_default, hardware };

class Connection {
 public:
  // Opens it, with its socket at `socket`, in a folder of ours alone; what an earlier run left there goes. An error is
  // the one that any other ssh to the peer would end with.
  static Result<Connection> open(const config::Peer& peer, std::string socket, Ciphers ciphers, Duration timeout,
                                 ProcessRunner& runner);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Closes it, and waits for the end of its process: systemd kills what outlives the program of a service, and logs a
  // warning of that. After a crash it closes itself, when nothing has used it for a minute.
  ~Connection();

 private:
  Connection(config::Peer peer, std::string socket, ProcessRunner& runner);

  config::Peer peer_;
  std::string socket_;
  ProcessRunner* runner_;
};

}  // namespace hasync::peer
