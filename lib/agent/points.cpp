#include "agent/points.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "agent/telling.hpp"
#include "base/text.hpp"
#include "os/file_lock.hpp"
#include "store/catalog.hpp"
#include "store/failovers.hpp"
#include "store/node_state.hpp"
#include "store/outbox.hpp"
#include "sync/guards.hpp"
#include "sync/points.hpp"

namespace hasync::agent {
namespace {

using store::PointState;

store::StoreFolder store_of(const Node& node) { return {node.settings.sync.store}; }

Result<void> record(const Node& node, const std::string& kind, const std::string& point) {
  HASYNC_CHECK(store::add_event(node.database, {0, node.clock.now(), kind, point}));
  return {};
}

// A sync run must not be going on, and the role must not change, while points are moved about.
struct Locks {
  FileLock store, role;
};
Result<Locks> take_locks(const Node& node, const std::string& doing) {
  const auto holder = fmt::format("{} (pid {})", doing, ::getpid());
  HASYNC_TRY(auto store, FileLock::take(store_of(node).lock(), holder));
  HASYNC_TRY(auto role, FileLock::take(node.paths.role_lock(), holder));
  return Locks{std::move(store), std::move(role)};
}

}  // namespace

Result<store::Point> find_named_point(const Node& node, const std::string& name) {
  HASYNC_TRY(const auto points, store::list_points(node.database));
  const auto current = store::current_point(store_of(node));
  for (const auto& point : points) {
    const bool meant = point.id == name || (name == "current" && point.id == current) ||
                       (name == "held" && point.state == PointState::held);
    if (meant) return point;
  }
  return fail(ExitCode::usage,
              fmt::format("there is no recovery point \"{}\"; see: hasync points list", printable(name)));
}

Result<std::vector<PointChange>> plan_publish(const Node& node, const store::Point& point) {
  const auto current = store::current_point(store_of(node));
  if (point.id == current) return std::vector<PointChange>{};
  if (point.state != PointState::held)
    return fail(ExitCode::unsafe,
                fmt::format("point {} was published and then overtaken by {}; only a held one can be published",
                            point.id, current.value_or("none")));
  return std::vector<PointChange>{{"point " + point.id, "held", "published"},
                                  {"current", current.value_or("none"), point.id}};
}

Result<void> publish_point(const Node& node, const store::Point& point) {
  HASYNC_TRY(const auto locks, take_locks(node, "hasync points publish"));
  HASYNC_TRY(const auto state, store::read_or_start_node(node.database, node.settings.node.role, node.clock.now()));
  HASYNC_TRY(const auto unfinished, store::unfinished_failover(node.database));
  if (auto refusal = sync::refuse_node(state, unfinished, node.settings.node.name)) return fail(std::move(*refusal));
  HASYNC_TRY(const auto now, store::find_point(node.database, point.id));
  if (!now || now->state != PointState::held)
    return fail(ExitCode::unsafe, fmt::format("point {} is not held any more; see: hasync points list", point.id));
  HASYNC_CHECK(sync::publish(store_of(node), point.id));
  HASYNC_TRY(auto transaction, store::Transaction::begin(node.database));
  HASYNC_CHECK(store::set_point_state(node.database, point.id, PointState::published));
  HASYNC_CHECK(record(node, "point published", point.id));
  HASYNC_CHECK(transaction.commit());
  HASYNC_CHECK(sync::prune(store_of(node), node.database, node.settings.sync.keep));
  HASYNC_TRY(auto catalog, store::Catalog::open(store_of(node)));
  HASYNC_CHECK(catalog.keep_only(store::point_ids(store_of(node))));
  return sync::empty_trash(store_of(node));
}

Result<std::vector<PointChange>> plan_discard(const Node& node, const store::Point& point) {
  if (point.id == store::current_point(store_of(node)))
    return fail(
        ExitCode::unsafe,
        fmt::format("point {} is the current one, which a promotion would use: it cannot be discarded", point.id));
  return std::vector<PointChange>{
      {"point " + point.id, std::string{store::point_state_name(point.state)}, "discarded"}};
}

Result<void> discard_point(const Node& node, const store::Point& point) {
  HASYNC_TRY(const auto locks, take_locks(node, "hasync points discard"));
  HASYNC_CHECK(plan_discard(node, point));
  HASYNC_CHECK(sync::throw_away(store_of(node), node.database, point.id));
  HASYNC_CHECK(record(node, "point discarded", point.id));
  HASYNC_TRY(auto catalog, store::Catalog::open(store_of(node)));
  HASYNC_CHECK(catalog.keep_only(store::point_ids(store_of(node))));
  return sync::empty_trash(store_of(node));
}

Result<void> restore_point(const Node& node, const sync::Restoring& restoring, const FileLock& use) {
  HASYNC_CHECK(sync::restore(restoring, {use.fd()}, node.runner));
  return record(node, "point restored", fmt::format("{} to {}", restoring.point, restoring.to));
}

}  // namespace hasync::agent
