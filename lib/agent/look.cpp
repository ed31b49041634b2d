#include "agent/look.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "agent/keys.hpp"
#include "base/text.hpp"
#include "os/unnamed_file.hpp"
#include "peer/transport.hpp"

namespace hasync::agent {
namespace {

constexpr auto connect_timeout = std::chrono::seconds{5};

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

// The peer as it will be reached. A host key that is agreed to is pinned for this moment only: nothing is written yet.
template <typename Use>
auto with_peer_to_be(const Interview& interview, Use use) -> decltype(use(config::Peer{})) {
  const auto so_far = draft(interview);
  auto peer = so_far.settings.peer;
  if (!so_far.pins_host_key) return use(peer);
  HASYNC_TRY(const auto text,
             with_pinned(own_known_hosts(interview.here.config_path), *interview.found.host_key->what));
  HASYNC_TRY(const auto pinned, UnnamedFile::holding(text));
  peer.known_hosts_file = pinned.path();
  return use(peer);
}

Result<std::string> try_ssh(const config::Peer& peer, ProcessRunner& runner) {
  HASYNC_TRY(const auto ended, runner.run({.argv = peer::command_on_peer(peer, {"rsync", "--version"}, connect_timeout),
                                           .timeout = 2 * connect_timeout,
                                           .grace = std::chrono::seconds{1}}));
  if (ended.succeeded()) return split(ended.output, '\n').front();
  if (ended.end == ProcessResult::End::timed_out) return fail(peer::explain_ssh(peer, "timed out"));
  if (ended.end != ProcessResult::End::exited || ended.code == 255) return fail(peer::explain_ssh(peer, ended.errors));
  if (peer::told_refusal(peer, ended.errors)) return "hasync agent serve";  // the key is paired already
  if (ended.code == 127)
    return fail(ExitCode::failed, fmt::format("ssh reaches {}, but it has no rsync; install it there", peer.name));
  return fail(ExitCode::failed, fmt::format("rsync on {}: {}", peer.name, tell_end(ended)));
}

}  // namespace

Surroundings surroundings(const std::string& config_path, Instant now) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::error_code none;
  const auto path = std::filesystem::absolute(config_path, none).lexically_normal().string();
  return {host.data(), path, now, is_there(own_key(path)), is_there(own_known_hosts(path))};
}

Interview look(Interview interview, Look at, ProcessRunner& runner) {
  const auto so_far = draft(interview);
  switch (at) {
    case Look::host_key: {
      auto key = peer::ask_for_host_key(so_far.settings.peer, own_known_hosts(interview.here.config_path), runner);
      return learned(std::move(interview), std::move(key));
    }
    case Look::make_key:
      return learned_of_made_key(std::move(interview), make_key(so_far.settings.peer.identity_file,
                                                                "hasync@" + so_far.settings.node.name, runner));
    case Look::ssh: {
      auto rsync = with_peer_to_be(interview, [&](const config::Peer& peer) { return try_ssh(peer, runner); });
      return learned_of_ssh(std::move(interview), std::move(rsync));
    }
    case Look::folders: {
      // A primary replicates its own folders, when it is the secondary one day: the same as they are here.
      const bool here = so_far.settings.node.role == Role::primary;
      auto folders = with_peer_to_be(interview, [&](config::Peer peer) {
        if (here) peer.transport = config::Transport::local;
        return peer::find_folders(peer, runner);
      });
      return learned(std::move(interview), std::move(folders));
    }
  }
  return interview;
}

Result<void> pin_host_key(const Interview& interview, ProcessRunner& runner) {
  if (!draft(interview).pins_host_key) return {};
  return pin(own_known_hosts(interview.here.config_path), *interview.found.host_key->what, runner);
}

}  // namespace hasync::agent
