#include "agent/pair.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/load.hpp"
#include "os/atomic_file.hpp"
#include "os/terminal.hpp"
#include "report/pair.hpp"

namespace hasync::cmd {
namespace {

constexpr auto ask_timeout = std::chrono::seconds{10};

struct Asked {
  std::string fingerprint, from, login;
  CLI::Option* installs = nullptr;
  ChangeMode mode = ChangeMode::carry_out;
};

// A host key that nobody has compared is not pinned.
Result<void> agree(Session& session, agent::Pairing& pairing) {
  if (pairing.trust != agent::Trust::to_be_asked) return {};
  const auto& key = pairing.host_key;
  if (session.format != report::Format::text || !can_ask())
    return fail(ExitCode::unsafe,
                fmt::format("the host key of {} is not pinned yet, and nobody is here to compare it: {}; on a terminal "
                            "hasync pair asks; else, with what {} itself says of it: hasync pair --fingerprint "
                            "SHA256:...",
                            pairing.peer.name, key.fingerprint, pairing.peer.name));
  session.print(report::render_host_key(pairing));
  TypedLines lines{session.interrupt};
  HASYNC_TRY(const auto line, lines.next());
  if (!line) session.print("\n");
  if (!line || (trim(*line) != "yes" && trim(*line) != "y"))
    return fail(ExitCode::unsafe, "the host key was not agreed to; nothing was changed");
  pairing.trust = agent::Trust::compared;
  return {};
}

std::vector<config::Edit> edits_for(const config::Peer& before, const config::Peer& after) {
  std::vector<config::Edit> edits;
  if (before.identity_file.empty()) edits.emplace_back(config::Assignment{"peer.identity_file", after.identity_file});
  if (before.known_hosts_file.empty())
    edits.emplace_back(config::Assignment{"peer.known_hosts_file", after.known_hosts_file});
  return edits;
}

// Once the files are there.
Result<void> save(Session& session, const std::vector<config::Edit>& edits) {
  if (edits.empty()) return {};
  const auto keep_old = [&](const config::Edited& edited) { remember(session, edited, {"pair"}); };
  HASYNC_CHECK(config::edit_file(session.config_path, rewrite_by(session, edits), keep_old));
  return {};
}

report::Changes changes_of(const agent::Pairing& pairing, const std::vector<config::Edit>& edits) {
  const auto& peer = pairing.peer;
  report::Changes changes;
  for (const auto& edit : edits)
    if (const auto* assigned = std::get_if<config::Assignment>(&edit)) changes.add(assigned->path, "", assigned->value);
  if (pairing.trust != agent::Trust::pinned)
    changes.add(peer.known_hosts_file, pairing.host_key.pinned == peer::Pinned::other ? "another host key" : "",
                pairing.host_key.fingerprint);
  if (pairing.public_key.empty()) changes.add(peer.identity_file, "", "a new ed25519 key");
  return changes;
}

std::optional<std::string> text_of(const std::string& path) {
  const auto text = read_file(path);
  return text ? std::optional{*text} : std::nullopt;
}

Result<ExitCode> pair(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto loaded, config::load(session.config_path));
  HASYNC_TRY(const auto program, own_program());
  const agent::PairOrder order{asked.fingerprint, asked.from, program};
  HASYNC_TRY(auto pairing, agent::look_at_pairing(loaded.config, absolute_config(session), order, session.runner));
  const auto edits = edits_for(loaded.config.peer, pairing.peer);
  const bool carries_out = asked.mode == ChangeMode::carry_out;
  const auto& known_hosts = pairing.peer.known_hosts_file;
  const auto known_before = text_of(known_hosts);
  if (carries_out) HASYNC_CHECK(agree(session, pairing));
  auto changes = changes_of(pairing, edits);
  if (carries_out) HASYNC_CHECK(agent::carry_out(pairing, session.runner));
  if (carries_out) HASYNC_CHECK(save(session, edits));

  report::Paired paired{pairing, agent::authorized_line(pairing, order), asked.installs->count() > 0};
  if (paired.installed) {
    HASYNC_TRY(const bool changed,
               agent::install(pairing, order, asked.login,
                              carries_out ? peer::Installing::carry_out : peer::Installing::try_out));
    if (changed)
      changes.add(fmt::format("authorized_keys of {} on {}", pairing.peer.user, pairing.peer.name), "", paired.line);
  }
  if (carries_out) paired.told = peer::ask_peer(pairing.peer, session.runner, ask_timeout);
  if (session.shows_lines && session.format == report::Format::text && text_of(known_hosts) != known_before)
    session.print(report::line_diff(known_hosts, known_before, text_of(known_hosts)));
  session.print(report::render(changes, paired, session.format));
  // A key that was just let in must open the door; whether anybody is at home behind it is the peer's own affair.
  const bool shut_out = paired.told && !*paired.told && paired.told->error().code == ExitCode::unreachable;
  return paired.installed && shut_out ? ExitCode::unreachable : ExitCode::done;
}

}  // namespace

void add_pair(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command =
      add_command(parent, "pair", "make the ssh key, pin the peer's host key, let the key in for a sync alone",
                  invocation, [asked](Session& session) { return pair(session, *asked); });
  command
      ->add_option("--fingerprint", asked->fingerprint,
                   "what the peer's host key must have, as SHA256:...; then nothing is asked")
      ->type_name("HASH");
  asked->installs = command
                        ->add_option("--install", asked->login,
                                     "put the line into the peer's authorized_keys with your own ssh, as USER there "
                                     "(peer.user when none is named)")
                        ->type_name("USER")
                        ->expected(0, 1);
  command->add_option("--from", asked->from, "accept the key from these addresses only, as 192.0.2.7,2001:db8::/32")
      ->type_name("ADDRESSES");
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
