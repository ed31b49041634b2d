// What the peer's key may start here, through the forced command `hasync agent serve` of authorized_keys(5): to be
// asked who this node is, and rsync as the sender of a configured source. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace hasync::peer {

// Whether rsync can be kept from reading anything but the source (os/confine.hpp).
enum class Confinement { possible, impossible };

struct Permission {
  enum class What { describe, send };
  What what = What::describe;
  std::vector<std::string> sources;  // describe: those asked about; send: the one that is sent
  std::vector<std::string> argv{};   // send: just what was asked for
};

// The folders of the datasets that rsync copies.
std::vector<std::string> folders_of(const config::Config& settings);

// `command` is what ssh tells in SSH_ORIGINAL_COMMAND, `sources` the folders that may be sent. ExitCode::unsafe says
// why it is refused.
Result<Permission> allow(std::string_view command, const std::vector<std::string>& sources, Confinement confinement);

}  // namespace hasync::peer
