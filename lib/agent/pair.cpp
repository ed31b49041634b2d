#include "agent/pair.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "agent/interview.hpp"
#include "agent/keys.hpp"
#include "base/text.hpp"
#include "os/editor.hpp"

namespace hasync::agent {
namespace {

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

// "SHA256:…" of "SHA256:… (ED25519)"
std::string hash_of(const peer::HostKey& key) { return key.fingerprint.substr(0, key.fingerprint.find(' ')); }

// As init does, where the settings name no files: beside the settings.
config::Peer with_files(config::Peer peer, const std::string& config_path) {
  if (peer.identity_file.empty()) peer.identity_file = own_key(config_path);
  if (peer.known_hosts_file.empty()) peer.known_hosts_file = own_known_hosts(config_path);
  return peer;
}

}  // namespace

Result<Trust> judge_host_key(const config::Peer& peer, const peer::HostKey& key, const std::string& fingerprint) {
  const auto compare = fmt::format("on {} itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", peer.name);
  if (!fingerprint.empty() && fingerprint != hash_of(key))
    return fail(ExitCode::unsafe,
                fmt::format("{} ({}) answers with the host key {}, not {}: someone may be in between; nothing was "
                            "changed; compare {}",
                            peer.name, peer.host, key.fingerprint, printable(fingerprint), compare));
  if (key.pinned == peer::Pinned::same) return Trust::pinned;
  if (!fingerprint.empty()) return Trust::compared;
  if (key.pinned == peer::Pinned::no) return Trust::to_be_asked;
  return fail(
      ExitCode::unsafe,
      fmt::format("THE HOST KEY OF {} ({}) IS NOT THE ONE PINNED in {}: either it was installed anew, or someone "
                  "is in between; it is {} now; compare {}; if it is right: hasync pair --fingerprint SHA256:...",
                  peer.name, peer.host, peer.known_hosts_file, key.fingerprint, compare));
}

Result<Pairing> look_at_pairing(const config::Config& settings, const std::string& config_path, const PairOrder& order,
                                ProcessRunner& runner) {
  if (settings.peer.transport == config::Transport::local)
    return fail(ExitCode::config, fmt::format("{} is reached as a local folder (peer.transport), which needs no key",
                                              settings.peer.name));
  const auto peer = with_files(settings.peer, config_path);
  if (!peer::is_list_of_addresses(order.from))
    return fail(ExitCode::usage, fmt::format("--from \"{}\" is no list of addresses, as 192.0.2.7,2001:db8::/32",
                                             printable(order.from)));
  Pairing pairing{.peer = peer, .comment = "hasync@" + settings.node.name, .public_key = {}, .host_key = {}};
  HASYNC_TRY(pairing.host_key, peer::ask_for_host_key(peer, peer.known_hosts_file, runner));
  HASYNC_TRY(pairing.trust, judge_host_key(peer, pairing.host_key, order.fingerprint));
  if (is_there(peer.identity_file)) {
    HASYNC_TRY(pairing.public_key, public_half(peer.identity_file, pairing.comment, runner));
  }
  return pairing;
}

Result<void> carry_out(Pairing& pairing, ProcessRunner& runner) {
  if (pairing.trust != Trust::pinned) HASYNC_CHECK(pin(pairing.peer.known_hosts_file, pairing.host_key, runner));
  if (!pairing.public_key.empty()) return {};
  HASYNC_TRY(pairing.public_key, make_key(pairing.peer.identity_file, pairing.comment, runner));
  return {};
}

std::string authorized_line(const Pairing& pairing, const PairOrder& order) {
  const auto& key = pairing.public_key;
  return peer::authorized_line(key.empty() ? "ssh-ed25519 (to be made) " + pairing.comment : key, order.program,
                               order.from);
}

Result<bool> install(const Pairing& pairing, const PairOrder& order, const std::string& login,
                     peer::Installing installing) {
  const bool asks_only = installing == peer::Installing::try_out;
  // What is yet to be made cannot be there; and who is not known cannot be asked.
  if (asks_only && (pairing.public_key.empty() || pairing.trust != Trust::pinned)) return true;
  const auto said =
      output_on_terminal(peer::install_argv(pairing.peer, login, authorized_line(pairing, order), installing));
  if (!said)
    return fail(
        ExitCode::unreachable,
        fmt::format("the key could not be put into authorized_keys of {} on {}: {}; put the line there by hand: {}",
                    pairing.peer.user, pairing.peer.name, said.error().message, authorized_line(pairing, order)));
  return trim(*said) != "same";
}

}  // namespace hasync::agent
