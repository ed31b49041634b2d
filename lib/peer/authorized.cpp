#include "peer/authorized.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace hasync::peer {
namespace {

// $1 the user, $2 the key alone, $3 the line, $4 what to do. The new file is made beside the old one, with its owner,
// and takes its place in one step.
constexpr std::string_view script = R"sh(set -eu
home=$(getent passwd "$1" | cut -d: -f6)
[ -n "$home" ] || { echo "there is no user $1 here" >&2; exit 1; }
file=$home/.ssh/authorized_keys
[ "$(grep -F -e "$2" "$file" 2>/dev/null || :)" = "$3" ] && { echo same; exit 0; }
if [ "$4" = carry_out ]; then
  umask 077
  mkdir -p "$home/.ssh"
  new=$(mktemp "$file.XXXXXX")
  trap 'rm -f "$new"' EXIT
  if [ -e "$file" ]; then
    cp -p "$file" "$new"
    grep -v -F -e "$2" "$file" >"$new" || [ $? = 1 ]
  fi
  printf '%s\n' "$3" >>"$new"
  [ "$(id -u)" != 0 ] || chown "$1:" "$home/.ssh" "$new"
  mv "$new" "$file"
fi
echo changed)sh";

// The type and the key of "ssh-ed25519 AAAA… comment"; quoted options before it hold no blank-separated key.
std::string bare_key(const std::string& line) {
  const auto words = split(line, ' ');
  for (std::size_t at = 0; at + 1 < words.size(); ++at)
    if (words[at].starts_with("ssh-") || words[at].starts_with("ecdsa-")) return words[at] + " " + words[at + 1];
  return line;
}

}  // namespace

std::string authorized_line(const std::string& public_key, const std::string& program, const std::string& from) {
  std::string command;
  for (const char letter : shell_line({program, "agent", "serve"}))
    command += letter == '"' ? "\\\"" : std::string(1, letter);
  return fmt::format("restrict,command=\"{}\"{} {}", command, from.empty() ? "" : ",from=\"" + from + "\"",
                     trim(public_key));
}

bool is_list_of_addresses(const std::string& from) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/,*?!-_";
  return from.find_first_not_of(letters) == std::string::npos;
}

std::vector<std::string> install_argv(const config::Peer& peer, const std::string& login, const std::string& line,
                                      Installing installing) {
  return {"ssh",
          "-p",
          fmt::format("{}", peer.port),
          "-o",
          "ConnectTimeout=15",
          "-o",
          "StrictHostKeyChecking=yes",
          "-o",
          "UserKnownHostsFile=" + peer.known_hosts_file,
          "-o",
          "GlobalKnownHostsFile=/dev/null",
          (login.empty() ? peer.user : login) + "@" + peer.host,
          shell_line({"sh", "-c", std::string{script}, "sh", peer.user, bare_key(line), line,
                      installing == Installing::carry_out ? "carry_out" : "try_out"})};
}

}  // namespace hasync::peer
