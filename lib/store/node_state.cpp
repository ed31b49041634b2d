#include "store/node_state.hpp"

#include "store/rows.hpp"

namespace hasync::store {
namespace {

Role role_from(std::string_view name) { return name == "primary" ? Role::primary : Role::secondary; }

NodeState node_from(const Statement& row) {
  NodeState node{role_from(row.text(0)), row.integer(1), row.instant(2), {}, {}, {}};
  if (!row.is_null(3)) node.pause = Pause{row.instant(3), row.maybe_instant(4), row.text(5)};
  if (!row.is_null(6)) node.applied = Applied{row.instant(6), row.duration(7), row.instant(8), row.text(9)};
  if (!row.is_null(10))
    node.peer = PeerReport{role_from(row.text(10)), row.integer(11),  row.text(12),
                           row.instant(13),         row.duration(14), row.integer(15) != 0};
  return node;
}

}  // namespace

std::string_view role_name(Role role) { return role == Role::primary ? "primary" : "secondary"; }

bool paused(const NodeState& node, Instant now) {
  return node.pause && (!node.pause->until || now < *node.pause->until);
}

Result<std::optional<NodeState>> read_node(Database& database) {
  HASYNC_TRY(
      auto query,
      database.prepare("SELECT role, term, role_since, paused_since, paused_until, pause_reason, anchor, run_every, "
                       "applied_at, scheduler, peer_role, peer_term, peer_version, peer_told_at, peer_clock_offset, "
                       "peer_has_aes "
                       "FROM node"));
  return first_row(query, node_from);
}

Result<NodeState> read_or_start_node(Database& database, Role configured, Instant now) {
  HASYNC_TRY(auto known, read_node(database));
  if (known) return *known;
  HASYNC_TRY(auto insert,
             database.prepare("INSERT OR IGNORE INTO node (id, role, term, role_since) VALUES (1, ?, 0, ?)"));
  HASYNC_CHECK(insert.bind(role_name(configured)).bind(now).run());
  HASYNC_TRY(auto started, read_node(database));
  return *started;
}

Result<void> set_role(Database& database, Role role, std::int64_t term, Instant at) {
  HASYNC_TRY(auto update, database.prepare("UPDATE node SET role = ?, term = ?, role_since = ?"));
  return update.bind(role_name(role)).bind(term).bind(at).run();
}

Result<void> set_term(Database& database, std::int64_t term) {
  HASYNC_TRY(auto update, database.prepare("UPDATE node SET term = ?"));
  return update.bind(term).run();
}

Result<void> set_pause(Database& database, const std::optional<Pause>& pause) {
  HASYNC_TRY(auto update, database.prepare("UPDATE node SET paused_since = ?, paused_until = ?, pause_reason = ?"));
  if (!pause) return update.bind_null().bind_null().bind_null().run();
  return update.bind(pause->since).bind(pause->until).bind(pause->reason).run();
}

Result<void> set_applied(Database& database, const Applied& applied) {
  HASYNC_TRY(auto update, database.prepare("UPDATE node SET anchor = ?, run_every = ?, applied_at = ?, scheduler = ?"));
  return update.bind(applied.anchor).bind(applied.every).bind(applied.at).bind(applied.scheduler).run();
}

Result<void> clear_applied(Database& database) {
  HASYNC_TRY(auto update, database.prepare("UPDATE node SET anchor = NULL, run_every = NULL, applied_at = NULL, "
                                           "scheduler = NULL"));
  return update.run();
}

Result<void> set_peer(Database& database, const PeerReport& peer) {
  HASYNC_TRY(auto update,
             database.prepare("UPDATE node SET peer_role = ?, peer_term = ?, peer_version = ?, peer_told_at = ?, "
                              "peer_clock_offset = ?, peer_has_aes = ?"));
  return update.bind(role_name(peer.role))
      .bind(peer.term)
      .bind(peer.version)
      .bind(peer.told_at)
      .bind(peer.clock_offset)
      .bind(static_cast<std::int64_t>(peer.has_aes))
      .run();
}

}  // namespace hasync::store
