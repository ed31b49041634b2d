#include "sync/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "os/tree.hpp"
#include "sync/build.hpp"
#include "sync/fetch.hpp"
#include "sync/links.hpp"
#include "sync/points.hpp"
#include "sync/resume.hpp"

namespace hasync::sync {
namespace {

// Of less, a run's time tells nothing of the network.
constexpr std::int64_t enough_to_tell = 64 << 20;
// A promotion or demotion that is about to begin holds the role lock for a moment; one that has begun, to its end.
constexpr auto role_lock_patience = std::chrono::seconds{10};

// What would go, as far as there is room to say it.
std::string tell_going(const std::vector<std::string>& going) {
  constexpr std::size_t examples = 5;
  std::vector<std::string> told;
  for (const auto& path : going) told.push_back(printable(path));
  return going.empty() ? "" : fmt::format(" (going: {}{})", join(told, ", "), going.size() < examples ? "" : " …");
}

class Pull {
 public:
  Pull(const Attempt& order, Carrier& carrier, Pulled& pulled) : order_(order), carrier_(carrier), pulled_(pulled) {}

  Result<void> carry_out() {
    HASYNC_TRY(const auto node,
               store::read_or_start_node(order_.database, carrier_.settings().node.role, carrier_.seams().clock.now()));
    carrier_.meter().asks();
    HASYNC_TRY(const auto lately, store::lately_per_second(order_.database, enough_to_tell));
    HASYNC_CHECK(carrier_.connect(order_.state, node, lately));
    HASYNC_TRY(peer_, ask_peer(order_.database, node, order_.request.forced, carrier_));
    pulled_.term = peer_.term;
    HASYNC_TRY(auto catalog, store::Catalog::open(order_.store));
    HASYNC_CHECK(catalog.keep_only(store::point_ids(order_.store)));
    const auto newest = store::current_point(order_.store);
    if (newest) HASYNC_CHECK(learn_links(order_.store, catalog, *newest));
    HASYNC_CHECK(catalog.begin(order_.point, newest));
    if (newest) HASYNC_CHECK(check_room_for_dumps(*newest));
    HASYNC_TRY(const auto plan, plan_into(catalog));
    for (const auto& planned : plan.datasets) pulled_.counts += planned.counts;
    note_holds(plan);
    if (plan.newest && !plan.changes_anything) return nothing_new(store::SyncResult::unchanged, *plan.newest, plan);
    HASYNC_TRY(const auto held, store::held_point(order_.database));
    if (!plan.holds.empty() && held) return nothing_new(store::SyncResult::held, held->id, plan);
    HASYNC_CHECK(check_room(plan));
    HASYNC_TRY(const auto fetched, fetch({order_.store, plan, order_.point}, catalog, carrier_));
    pulled_.counts.transferred -= fetched.spared;
    if (!fetched.whole) HASYNC_CHECK(look_again(plan));
    HASYNC_CHECK(catalog.commit());
    all_are_here(plan);
    // Before the role lock is taken: a promotion must not wait for a slow disk.
    HASYNC_CHECK(order_.writes.finish([this] { carrier_.meter().tick(); }));
    pulled_.datasets = plan.datasets;
    pulled_.point = order_.point;
    return plan.holds.empty() ? publish_point() : hold_point();
  }

 private:
  PlanOrder plan_order(Dumps dumps) const {
    return {order_.store, order_.database, peer_.file_systems, order_.request.forced, dumps};
  }

  Result<Plan> plan_into(store::Catalog& catalog) {
    auto order = plan_order(Dumps::made);
    order.on_planned = [&](const std::string& dataset, const Change& change) { return catalog.add(dataset, change); };
    order.links = [&](const std::string& dataset, const std::string& folder) {
      return links_in(folder, catalog, *store::current_point(order_.store), dataset);
    };
    order.on_begun = [this](const std::string& dataset) { return order_.hooks.begin(dataset); };
    order.on_dumped = [this](const Plan& plan) { end_hooks_of(plan, plan.datasets.back()); };
    return make_plan(order, carrier_);
  }

  void end_hooks_of(const Plan& plan, const DatasetPlan& planned) {
    const auto came_to = [&](store::SyncResult result, const std::string& why) {
      order_.hooks.end(planned.dataset, {std::string{store::sync_result_name(result)}, order_.point, why});
    };
    for (const auto& hold : plan.holds)
      if (hold.dataset == planned.dataset) return came_to(store::SyncResult::held, hold.why);
    const bool same = !planned.newest.empty() && !planned.counts.any_change();
    came_to(same ? store::SyncResult::unchanged : store::SyncResult::success, {});
  }

  // When nothing is looked at any more.
  void all_are_here(const Plan& plan) {
    for (const auto& planned : plan.datasets) end_hooks_of(plan, planned);
  }

  Result<void> nothing_new(store::SyncResult result, const std::string& point, const Plan& plan) {
    all_are_here(plan);
    pulled_.result = result;
    pulled_.point = point;
    return {};
  }

  void note_holds(const Plan& plan) {
    for (const auto& hold : plan.holds) carrier_.note(hold.why);
    for (const auto& planned : plan.datasets)
      if (!plan.holds.empty() && !planned.going.empty()) carrier_.note(planned.dataset + tell_going(planned.going));
  }

  // A dump is there already, and so is what seems to have only moved.
  Counts to_come(const Plan& plan) const {
    Counts counts;
    for (std::size_t at = 0; at < plan.datasets.size(); ++at) {
      if (carrier_.settings().sync.datasets[at].type != config::DatasetType::files) continue;
      counts += plan.datasets[at].counts;
      counts.transferred += plan.datasets[at].bytes_to_copy;
      for (const auto& moved : plan.datasets[at].moved) counts.transferred -= moved.bytes;
    }
    return counts;
  }

  // They are made while it is planned; beside those of the newest point, as a dump that fails must not cost one.
  Result<void> check_room_for_dumps(const std::string& newest) const {
    std::int64_t before = 0;
    for (const auto& dataset : carrier_.settings().sync.datasets)
      if (dataset.type != config::DatasetType::files)
        before += allocated_bytes(order_.store.point(newest) + "/" + dataset.name);
    if (before == 0) return {};
    HASYNC_TRY(auto room, room_at(order_.store.path));
    if (before > room.free_bytes) {
      HASYNC_CHECK(drop_what_was_left(order_.store));
      HASYNC_TRY(room, room_at(order_.store.path));
    }
    auto refusal = refuse_room_for_dumps(before, room.free_bytes, order_.store.path, order_.request.forced);
    return refusal ? Result<void>{fail(std::move(*refusal))} : Result<void>{};
  }

  Result<void> check_room(const Plan& plan) const {
    const auto& path = order_.store.path;
    const auto counts = to_come(plan);
    HASYNC_TRY(const auto before, room_at(path));
    if (counts.transferred <= before.free_bytes && counts.inodes <= before.free_inodes.value_or(counts.inodes))
      return {};
    HASYNC_CHECK(drop_what_was_left(order_.store));
    HASYNC_TRY(const auto room, room_at(path));
    // What an interrupted run had is there already, and shared.
    const auto come = what_has_come(order_.store);
    const auto free = room.free_bytes + come.bytes;
    const auto& forced = order_.request.forced;
    HASYNC_TRY(const auto bytes, counts.transferred <= free ? Result<std::int64_t>{counts.transferred}
                                                            : on_disk(counts.transferred, plan));
    if (auto refusal = refuse_room(bytes, free, path, forced)) return fail(std::move(*refusal));
    const auto free_inodes = room.free_inodes.value_or(counts.inodes) + come.files;
    auto refusal = refuse_inodes(counts.inodes, free_inodes, path, forced);
    return refusal ? Result<void>{fail(std::move(*refusal))} : Result<void>{};
  }

  // Holes in files are told as if they were written; how much of the newest point is, is looked up only where it
  // matters.
  Result<std::int64_t> on_disk(std::int64_t told, const Plan& plan) const {
    HASYNC_TRY(const auto newest, plan.newest ? store::find_point(order_.database, *plan.newest)
                                              : Result<std::optional<store::Point>>{std::nullopt});
    if (!newest || newest->bytes == 0) return told;
    const auto allocated = static_cast<double>(allocated_bytes(order_.store.point(newest->id)));
    const auto part = std::min(1.0, allocated / static_cast<double>(newest->bytes));
    return static_cast<std::int64_t>(static_cast<double>(told) * part);
  }

  // Some of what was planned was gone when it was to be fetched: files that were short-lived, or the whole disk.
  Result<void> look_again(const Plan& plan) {
    carrier_.note("some of what was planned was gone, or something else, when it was to be read");
    if (!plan.holds.empty()) return {};
    HASYNC_TRY(const auto now, make_plan(plan_order(Dumps::foreseen), carrier_));
    if (now.holds.empty()) return {};
    return fail(ExitCode::unsafe, "the source changed while it was read: " + now.holds.front().why);
  }

  Result<void> hold_point() {
    HASYNC_CHECK(place(order_.store, order_.point));
    pulled_.result = store::SyncResult::held;
    return {};
  }

  // A promotion holds the role lock from its first step to its last: then it is too late to publish.
  Result<void> publish_point() {
    auto role = FileLock::take_within(order_.state.role_lock(), fmt::format("the publishing of {}", order_.point),
                                      carrier_.seams().clock, role_lock_patience);
    if (!role && role.error().code != ExitCode::busy) return fail(role.error());
    if (!role && carrier_.seams().clock.interrupted()) return fail(ExitCode::interrupted, "interrupted");
    if (!role)
      return fail(ExitCode::unsafe,
                  fmt::format("a promotion or demotion began during the run, so nothing is published ({})",
                              role.error().message));
    HASYNC_TRY(const auto node,
               store::read_or_start_node(order_.database, carrier_.settings().node.role, carrier_.seams().clock.now()));
    HASYNC_TRY(const auto unfinished, store::unfinished_failover(order_.database));
    if (auto refusal = refuse_node(node, unfinished, carrier_.settings().node.name))
      return fail(with_context(std::move(*refusal), "nothing is published"));
    HASYNC_CHECK(place(order_.store, order_.point));
    HASYNC_CHECK(publish(order_.store, order_.point));
    pulled_.role_lock.emplace(std::move(*role));  // until the point is recorded, too
    pulled_.result = store::SyncResult::success;
    return {};
  }

  const Attempt& order_;
  Carrier& carrier_;
  Pulled& pulled_;
  Answer peer_;
};

}  // namespace

Result<void> attempt(const Attempt& attempt, Carrier& carrier, Pulled& pulled) {
  auto done = Pull{attempt, carrier, pulled}.carry_out();
  if (!done) attempt.hooks.end_datasets(came_to(done.error()));
  return done;
}

}  // namespace hasync::sync
