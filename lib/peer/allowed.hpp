// What the peer's key may start here, through the forced command `hasync agent serve` of authorized_keys(5): to be
// asked who this node is, rsync as the sender of a configured source, and the dumps of the others. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace hasync::peer {

// Whether rsync can be kept from reading anything but the source (os/confine.hpp).
enum class Confinement { possible, impossible };

struct Permission {
  enum class What { describe, send, dump };
  What what = What::describe;
  std::vector<std::string> sources;  // describe: those asked about; send: the one that is sent
  std::vector<std::string> argv{};   // send, dump: just what was asked for
  std::vector<std::string> dumps{};  // describe: those asked about
};

// The folders of the datasets that rsync copies.
std::vector<std::string> folders_of(const config::Config& settings);

// What may be asked for: folders, and commands word for word whose output is a dump.
struct Offer {
  std::vector<std::string> folders{};
  std::vector<std::vector<std::string>> dumps{};
};
// `command` is what ssh tells in SSH_ORIGINAL_COMMAND. ExitCode::unsafe says why it is refused.
Result<Permission> allow(std::string_view command, const Offer& offer, Confinement confinement);

}  // namespace hasync::peer
