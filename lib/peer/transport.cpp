#include "peer/transport.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"

namespace hasync::peer {
namespace {

long whole_seconds(Duration length) {
  return std::max(1L, static_cast<long>(std::chrono::ceil<std::chrono::seconds>(length).count()));
}

std::string account(const config::Peer& peer) { return peer.user.empty() ? peer.host : peer.user + "@" + peer.host; }

struct Sign {
  std::string_view said;
  Outlook outlook;
  std::string_view means;  // {0}: the peer's name, {1}: its host, {2}: its user
};
constexpr auto lasting = Outlook::lasting, passing = Outlook::passing;

constexpr std::string_view closed = "{0} ({1}) closed the ssh connection; was it stopped, or is it overloaded?";
constexpr std::array signs{
    Sign{"REMOTE HOST IDENTIFICATION HAS CHANGED", lasting,
         "the ssh host key of {0} ({1}) has changed: either it was installed anew, or someone is in between. Compare "
         "its fingerprint on {0} "
         "itself, then replace the old key in known_hosts"},
    Sign{"Host key verification failed", lasting,
         "the ssh host key of {0} ({1}) is not known here; put it into known_hosts after comparing its fingerprint"},
    Sign{"Permission denied", lasting,
         "{0} ({1}) refuses the ssh key for user {2}; add this node's public key to its authorized_keys"},
    Sign{"Connection refused", passing,
         "{0} ({1}) refuses ssh connections; is sshd running there, and is peer.port right?"},
    Sign{"Temporary failure in name resolution", passing,
         "the name {1} of {0} cannot be looked up now; does the name server answer?"},
    Sign{"Name or service not known", lasting, "the name {1} of {0} is not known; check peer.host and the name server"},
    Sign{"Could not resolve hostname", lasting,
         "the name {1} of {0} is not known; check peer.host and the name server"},
    Sign{
        "Connection reset", passing,
        "{0} ({1}) closed the connection before ssh could begin; is it sshd that listens on peer.port, and does it let "
        "this address in?"},
    Sign{"closed by remote host", passing, closed},
    Sign{"Connection closed by", passing, closed},
    Sign{"Broken pipe", passing, closed},
    Sign{"not responding", passing, "{0} ({1}) stopped answering to ssh; is it up, and is the network?"},
    Sign{"timed out", passing, "{0} ({1}) does not answer to ssh; is it up, and is the network?"},
    Sign{"Network is unreachable", passing, "there is no way to {0} ({1}) on the network"},
    Sign{"No route to host", passing, "there is no way to {0} ({1}) on the network"},
};

}  // namespace

std::vector<std::string> ssh_argv(const config::Peer& peer, Duration connect_timeout) {
  std::vector<std::string> argv{"ssh",
                                "-o",
                                "BatchMode=yes",
                                "-o",
                                "StrictHostKeyChecking=yes",
                                "-o",
                                fmt::format("ConnectTimeout={}", whole_seconds(connect_timeout)),
                                "-o",
                                "ServerAliveInterval=10",
                                "-o",
                                "ServerAliveCountMax=3",
                                "-o",
                                "LogLevel=ERROR",
                                "-p",
                                fmt::format("{}", peer.port)};
  if (!peer.identity_file.empty()) argv.insert(argv.end(), {"-i", peer.identity_file, "-o", "IdentitiesOnly=yes"});
  if (!peer.known_hosts_file.empty())
    argv.insert(argv.end(),
                {"-o", "UserKnownHostsFile=" + peer.known_hosts_file, "-o", "GlobalKnownHostsFile=/dev/null"});
  if (peer.compressed) argv.insert(argv.end(), {"-o", "Compression=yes"});
  if (!peer.open_connection.empty()) argv.insert(argv.end(), {"-S", peer.open_connection, "-o", "ControlMaster=no"});
  argv.push_back(account(peer));
  return argv;
}

std::vector<std::string> command_on_peer(const config::Peer& peer, const std::vector<std::string>& argv,
                                         Duration connect_timeout) {
  if (peer.transport == config::Transport::local) return argv;
  auto remote = ssh_argv(peer, connect_timeout);
  remote.push_back(shell_line(argv));
  return remote;
}

std::vector<std::string> rsync_transport(const config::Peer& peer, Duration connect_timeout) {
  if (peer.transport == config::Transport::local) return {};
  auto shell = ssh_argv(peer, connect_timeout);
  shell.pop_back();  // rsync adds the host itself
  // rsync splits this at blanks, and understands quotes (rsync(1), -e).
  return {"-e", shell_line(shell)};
}

std::string rsync_source(const config::Peer& peer, const std::string& folder) {
  if (peer.transport == config::Transport::local) return folder + "/";
  const bool bare_ipv6 = peer.host.find(':') != std::string::npos;
  const auto host = bare_ipv6 ? "[" + peer.host + "]" : peer.host;
  return (peer.user.empty() ? host : peer.user + "@" + host) + ":" + folder + "/";
}

Error explain_ssh(const config::Peer& peer, const std::string& errors) {
  for (const auto& sign : signs)
    if (errors.find(sign.said) != std::string::npos)
      return {.code = ExitCode::unreachable,
              .message = fmt::format(fmt::runtime(sign.means), peer.name, peer.host, peer.user),
              .outlook = sign.outlook};
  // A fault of the settings or of a key is never without a word; what rsync says of it tells nothing more.
  std::string said;
  for (const auto& line : split(errors, '\n'))
    if (!line.starts_with("rsync") && !trim(line).empty()) said = printable(trim(line));
  return {.code = ExitCode::unreachable,
          .message = fmt::format("the ssh connection to {} ({}) {}", peer.name, peer.host,
                                 said.empty() ? "broke off" : "failed: " + said),
          .outlook = said.empty() ? passing : lasting};
}

std::optional<Error> told_refusal(const config::Peer& peer, const std::string& errors) {
  const auto at = errors.find(refusal_mark);
  if (at == std::string::npos) return std::nullopt;
  const auto words = errors.substr(at + refusal_mark.size());
  return Error{ExitCode::unsafe,
               fmt::format("{0} refuses this of our key: {1}; compare the datasets in the settings of both, and the "
                           "versions of hasync",
                           peer.name, printable(words.substr(0, words.find('\n'))))};
}

}  // namespace hasync::peer
