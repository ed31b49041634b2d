#include "peer/host_key.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "peer/transport.hpp"

namespace hasync::peer {
namespace {

constexpr auto scan_timeout = std::chrono::seconds{5};
constexpr std::array preferred_types{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
                                     "ssh-rsa"};

// The words of a line of a known_hosts file: host, type, key.
std::vector<std::string> words_of(const std::string& line) {
  if (line.starts_with('#')) return {};
  auto words = split(trim(line), ' ');
  return words.size() >= 3 ? words : std::vector<std::string>{};
}

// "256 SHA256:… east (ED25519)"
std::string fingerprint_in(const std::string& listed) {
  const auto words = split(trim(listed), ' ');
  return words.size() < 3 ? std::string{} : words[1] + " " + words.back();
}

Pinned compare(const HostKey& key, const std::string& found) {
  const auto wanted = words_of(key.line);
  auto pinned = Pinned::no;
  for (const auto& line : split(found, '\n')) {
    const auto words = words_of(line);
    if (words.empty() || words[1] != wanted[1]) continue;
    if (words[2] == wanted[2]) return Pinned::same;
    pinned = Pinned::other;
  }
  return pinned;
}

}  // namespace

std::string preferred_line(const std::string& scanned) {
  for (const std::string type : preferred_types)
    for (const auto& line : split(scanned, '\n'))
      if (const auto words = words_of(line); !words.empty() && words[1] == type) return std::string{trim(line)};
  return {};
}

Result<HostKey> ask_for_host_key(const config::Peer& peer, const std::string& known_hosts_file, ProcessRunner& runner) {
  HASYNC_TRY(const auto scanned,
             runner.run({.argv = {"ssh-keyscan", "-T", fmt::format("{}", scan_timeout.count()), "-p",
                                  fmt::format("{}", peer.port), "-t", "ed25519,ecdsa,rsa", "--", peer.host},
                         .timeout = 3 * scan_timeout,
                         .grace = std::chrono::seconds{1}}));
  if (scanned.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  HostKey key{.line = preferred_line(scanned.output), .fingerprint = {}};
  if (key.line.empty()) {
    if (!trim(scanned.errors).empty()) return fail(explain_ssh(peer, scanned.errors));
    return fail(ExitCode::unreachable, fmt::format("{} gives none on port {}", peer.host, peer.port));
  }
  HASYNC_TRY(const auto listed, runner.run({.argv = {"ssh-keygen", "-lf", "-"}, .input = key.line + "\n"}));
  key.fingerprint = fingerprint_in(listed.output);
  if (!listed.succeeded() || key.fingerprint.empty())
    return fail(ExitCode::failed,
                fmt::format("ssh-keygen does not understand the host key of {}: {}", peer.name, tell_end(listed)));
  const auto host = words_of(key.line).front();
  // Fails where there is no such file, too.
  HASYNC_TRY(const auto found, runner.run({.argv = {"ssh-keygen", "-F", host, "-f", known_hosts_file}}));
  key.pinned = compare(key, found.output);
  return key;
}

std::string pinned_in(const std::string& known_hosts, const HostKey& key) {
  const auto host = words_of(key.line).front();
  std::string text;
  for (const auto& line : split(known_hosts, '\n')) {
    const auto words = words_of(line);
    const bool of_this_host = !words.empty() && words.front() == host;
    if (!line.empty() && !of_this_host) text += line + "\n";
  }
  return text + key.line + "\n";
}

}  // namespace hasync::peer
