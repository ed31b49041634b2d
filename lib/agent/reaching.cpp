#include "agent/reaching.hpp"

#include <fmt/format.h>

#include "agent/answering.hpp"
#include "base/text.hpp"

namespace hasync::agent {
namespace {

using config::Transport;

bool always(const View&) { return true; }

const config::Peer& peer_of(const View& view) { return view.draft.settings.peer; }

std::string account(const config::Peer& peer) {
  const auto host = peer.host.find(':') == std::string::npos ? peer.host : "[" + peer.host + "]";
  return fmt::format("{}@{}{}", peer.user, host, peer.port == 22 ? "" : fmt::format(":{}", peer.port));
}

// USER@HOST:PORT; the address of an IPv6 host stands in brackets when a port follows.
Result<std::string> take_account(const View&, Draft& draft, const std::string& text) {
  if (text == "local") {
    draft.settings.peer.transport = Transport::local;
    return text;
  }
  const auto at = text.rfind('@');
  auto host = at == std::string::npos ? text : text.substr(at + 1);
  if (at != std::string::npos) HASYNC_CHECK(set(draft, "peer.user", text.substr(0, at)));
  const auto bracket = host.starts_with('[') ? host.find(']') : std::string::npos;
  const auto colon = bracket == std::string::npos ? host.find(':') : host.find(':', bracket);
  const bool bare_ipv6 = bracket == std::string::npos && colon != host.rfind(':');
  if (colon != std::string::npos && !bare_ipv6) {
    HASYNC_CHECK(set(draft, "peer.port", host.substr(colon + 1)));
    host.resize(colon);
  }
  if (bracket != std::string::npos) host = host.substr(1, bracket - 1);
  HASYNC_CHECK(set(draft, "peer.host", host));
  return account(draft.settings.peer);
}

bool has_new_host_key(const View& view) {
  const auto& seen = view.found.host_key;
  return by_ssh(view) && seen && seen->of == subject(Look::host_key, view.draft) && seen->what &&
         seen->what->pinned != peer::Pinned::same;
}

Question ask_host_key(const View& view) {
  const auto& key = *view.found.host_key->what;
  const auto& name = peer_of(view).name;
  auto above = fmt::format(
      "{} answers with the host key\n  {}\ncompare it on {}: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", name,
      key.fingerprint, name);
  const auto file = own_known_hosts(view.here.config_path);
  if (key.pinned == peer::Pinned::other)
    above += fmt::format("\nIT DIFFERS FROM THE ONE PINNED in {}: {} was installed anew, or someone is in between",
                         file, name);
  return {.above = above,
          .what = fmt::format("Is it the key of {}", name),
          .why = "yes pins it; with a wrong one, someone in between could read and forge the data",
          .otherwise = "no",
          .more = fmt::format("yes: it is written into {} with the settings, and no other is accepted.\n"
                              "no: nothing is pinned, and ssh's own known_hosts files count.",
                              file)};
}

Result<std::string> take_host_key(const View& view, Draft& draft, const std::string& text) {
  HASYNC_TRY(auto given, yes_or_no(text));
  draft.pins_host_key = given == "yes";
  if (draft.pins_host_key) draft.settings.peer.known_hosts_file = own_known_hosts(view.here.config_path);
  return given;
}

Question ask_identity(const View& view) {
  const auto own = own_key(view.here.config_path);
  return {.what = fmt::format("The private key that opens {}", peer_of(view).name),
          .why = view.here.has_key ? "a path; or ssh: what ssh chooses by itself"
                                   : fmt::format("make: a new one, {}; or the path of one; or ssh: ssh chooses", own),
          .otherwise = view.here.has_key ? own : "make",
          .more =
              "hasync runs unattended: the key has no passphrase, is for its owner only, and opens the peer for one\n"
              "user. A key is made at once, and stays when you leave without writing."};
}

Result<std::string> take_identity(const View& view, Draft& draft, const std::string& text) {
  if (text == "ssh") return text;
  draft.makes_key = text == "make" && !view.here.has_key;
  HASYNC_CHECK(set(draft, "peer.identity_file", text == "make" ? own_key(view.here.config_path) : text));
  return text;
}

Question ask_let_in(const View& view) {
  const auto& made = view.found.made_key->what;
  const auto& peer = peer_of(view);
  auto above = fmt::format("let it in: add this line to ~{}/.ssh/authorized_keys on {}\n  {}\nor run, here: {}",
                           peer.user, peer.name, made ? *made : "", way_in(view.draft));
  return {.above = std::move(above),
          .what = fmt::format("Does {} let it in now", peer.name),
          .why = "yes: ssh is tried; later: it is not, and hasync check tells",
          .otherwise = "yes",
          .more = "Until it is let in nothing can be pulled, and folders cannot be suggested."};
}

Result<std::string> take_let_in(const View&, Draft& draft, const std::string& text) {
  draft.let_in_later = text == "later" || text == "no";
  if (!draft.let_in_later && !is_yes(text)) return fail(ExitCode::usage, "answer yes or later");
  return std::string{draft.let_in_later ? "later" : "yes"};
}

bool tries_ssh(const View& view) { return by_ssh(view) && !view.draft.let_in_later; }

}  // namespace

bool reaches(const View& view) {
  const auto& seen = view.found.ssh;
  return tries_ssh(view) && seen && seen->of == subject(Look::ssh, view.draft) && seen->what;
}

std::string way_in(const Draft& draft) {
  const auto& peer = draft.settings.peer;
  return shell_line({"ssh-copy-id", "-i", peer.identity_file + ".pub", "-p", fmt::format("{}", peer.port),
                     peer.user + "@" + peer.host});
}

std::vector<Entry> questions_about_the_way() {
  return {
      {"account",
       {},
       always,
       [](const View& view) {
         return Question{.what = fmt::format("How ssh reaches {}", peer_of(view).name),
                         .why = "USER@HOST or USER@HOST:PORT; or local: its folders are mounted here",
                         .otherwise = fmt::format("{}@{}", default_of("peer.user"), peer_of(view).name),
                         .more =
                             "The user must be able to read the data there. An IPv6 address with a port stands in "
                             "brackets: [2001:db8::1]:22."};
       },
       take_account},
      {"look at the host key", Look::host_key, by_ssh, nothing_to_ask,
       [](const View& view, Draft& draft, const std::string& text) -> Result<std::string> {
         const auto& seen = view.found.host_key;
         const bool same = seen && seen->of == subject(Look::host_key, draft) &&
                           (seen->what ? seen->what->pinned == peer::Pinned::same : view.here.has_pinned);
         if (same) draft.settings.peer.known_hosts_file = own_known_hosts(view.here.config_path);
         return text;
       }},
      {"host key", {}, has_new_host_key, ask_host_key, take_host_key},
      {"identity", {}, by_ssh, ask_identity, take_identity},
      {"make a key", Look::make_key, [](const View& view) { return view.draft.makes_key; }, nothing_to_ask,
       nothing_to_take},
      {"let in", {}, [](const View& view) { return view.draft.makes_key; }, ask_let_in, take_let_in},
      {"ssh", Look::ssh, tries_ssh, nothing_to_ask, nothing_to_take},
      {"retry",
       {},
       [](const View& view) { return tries_ssh(view) && !reaches(view); },
       [](const View& view) {
         return Question{
             .what = "Try ssh again",
             .why = "put it right first, or go on: hasync check tells how it is",
             .otherwise = "no",
             .more = fmt::format(
                 "By hand: ssh -p {} {}@{}{}", peer_of(view).port, peer_of(view).user, peer_of(view).host,
                 peer_of(view).identity_file.empty() ? "" : "\nA key that is not let in yet: " + way_in(view.draft))};
       },
       [](const View&, Draft&, const std::string& text) { return yes_or_no(text); }},
  };
}

std::string subject(Look look, const Draft& draft) {
  const auto& peer = draft.settings.peer;
  switch (look) {
    case Look::host_key:
      return account(peer);
    case Look::make_key:
      return peer.identity_file;
    case Look::ssh:
      break;
    case Look::folders:
      if (peer.transport == Transport::local || draft.settings.node.role == Role::primary) return "here";
      break;
  }
  return join({account(peer), peer.identity_file, peer.known_hosts_file}, " ");
}

std::string told(Look look, const Surroundings& here, const Draft& draft, const std::optional<Error>& trouble) {
  const auto& name = draft.settings.peer.name;
  switch (look) {
    case Look::host_key:
      return trouble ? fmt::format("no host key to pin: {}", trouble->message) : "";
    case Look::make_key:
      return trouble ? fmt::format("no key was made: {}", trouble->message)
                     : fmt::format("made {}", own_key(here.config_path));
    case Look::ssh:
      return trouble ? trouble->message : fmt::format("ssh reaches {}, and rsync is there", name);
    case Look::folders:
      return trouble ? fmt::format("no folders to suggest: {}", trouble->message) : "";
  }
  return {};
}

}  // namespace hasync::agent
