// What an operator decides about recovery points: which one is meant, whether a held one is published or discarded, and
// what is restored.
#pragma once
#include <string>
#include <vector>

#include "agent/node.hpp"
#include "os/file_lock.hpp"
#include "store/sync_runs.hpp"
#include "sync/restore.hpp"

namespace hasync::agent {

// By its name, or as `current` (the one a promotion would use) or `held`. ExitCode::usage when there is no such point.
Result<store::Point> find_named_point(const Node& node, const std::string& name);

struct PointChange {
  std::string what, before, after;
};
// Makes a held point the one that a promotion would use. ExitCode::unsafe where it is not held, or older than the
// current one; nothing when it is that already.
Result<std::vector<PointChange>> plan_publish(const Node& node, const store::Point& point);
Result<void> publish_point(const Node& node, const store::Point& point);
// Removes any but the current one.
Result<std::vector<PointChange>> plan_discard(const Node& node, const store::Point& point);
Result<void> discard_point(const Node& node, const store::Point& point);
// `use` keeps the point where it is, and the programs that copy hold it, too.
Result<void> restore_point(const Node& node, const sync::Restoring& restoring, const FileLock& use);

}  // namespace hasync::agent
