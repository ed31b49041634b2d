// The state folder (/var/lib/hasync): the database and the locks, and nothing that cannot be rebuilt.
#pragma once
#include <string>

#include "store/sqlite.hpp"

namespace hasync::store {

struct StatePaths {
  std::string folder;

  std::string database() const { return folder + "/hasync.db"; }
  // Held while the role is changed or relied on: by a promotion or demotion from its first step to its last, and by a
  // sync run for the moment of publishing. So a promotion never waits for a sync run, and none publishes into a
  // promotion.
  std::string role_lock() const { return folder + "/role.lock"; }
  std::string beat_lock() const { return folder + "/heartbeat.lock"; }
  // The socket of the ssh connection that a sync run has to its peer.
  std::string peer_connection() const { return folder + "/peer.socket"; }
  std::string mail_lock() const { return folder + "/notify.lock"; }
};

// Makes the folder (mode 0700) where needed, opens the database and migrates it.
Result<Database> open_state(const StatePaths& paths);

}  // namespace hasync::store
