// What this node is now: role, term, pause, the applied schedule, and what the peer last told of itself. One row.
#pragma once
#include "config/model.hpp"
#include "store/sqlite.hpp"

namespace hasync::store {

struct Pause {
  Instant since{};
  std::optional<Instant> until{};
  std::string reason{};
};

struct Applied {
  Instant anchor{};
  Duration every{0};
  Instant at{};
  std::string scheduler{};
};

struct PeerReport {
  Role role = Role::primary;
  std::int64_t term = 0;
  std::string version{};
  Instant told_at{};
  Duration clock_offset{0};  // the peer's clock minus ours
  bool has_aes = false;      // its processor has instructions for AES
};

struct NodeState {
  Role role = Role::secondary;
  std::int64_t term = 0;
  Instant role_since{};
  std::optional<Pause> pause{};  // as recorded: one whose end has passed is still here, see paused()
  std::optional<Applied> applied{};
  std::optional<PeerReport> peer{};
};

std::string_view role_name(Role role);
// Whether automatic action is held back at `now`: a pause ends by itself at its `until`.
bool paused(const NodeState& node, Instant now);

// At the first start the node takes its configured role and term 0; later calls only read.
Result<NodeState> read_or_start_node(Database& database, Role configured, Instant now);
// For readers of a store that may not have started yet.
Result<std::optional<NodeState>> read_node(Database& database);

// Each of these is one write; call inside a Transaction to join it with others.
Result<void> set_role(Database& database, Role role, std::int64_t term, Instant at);
Result<void> set_pause(Database& database, const std::optional<Pause>& pause);
Result<void> set_applied(Database& database, const Applied& applied);
Result<void> clear_applied(Database& database);
Result<void> set_peer(Database& database, const PeerReport& peer);
Result<void> set_term(Database& database, std::int64_t term);

}  // namespace hasync::store
