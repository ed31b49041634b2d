#include "sync/guards.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace hasync::sync {
namespace {

Error refused(std::string why) { return {ExitCode::unsafe, std::move(why)}; }

bool is_forced(const std::vector<std::string>& forced, std::string_view name) {
  return std::find(forced.begin(), forced.end(), name) != forced.end();
}

}  // namespace

Result<void> check_forced(const std::vector<std::string>& forced) {
  for (const auto& name : forced)
    if (name != empty_source && name != peer_term)
      return fail(ExitCode::usage, fmt::format("\"{}\" cannot be forced; what can be is {} and {}", printable(name),
                                               empty_source, peer_term));
  return {};
}

std::optional<Error> refuse_node(const store::NodeState& node, const std::optional<store::FailoverRecord>& unfinished,
                                 const std::string& name) {
  if (unfinished) {
    const bool promotion = unfinished->kind == store::FailoverKind::promotion;
    return refused(
        fmt::format("a {0} (failover {1}) is not finished, and needs its recovery point; to carry it on: "
                    "hasync {2}",
                    store::failover_kind_name(unfinished->kind), unfinished->id,
                    promotion ? "promote, to give it up: hasync demote" : "demote"));
  }
  if (node.role == Role::primary)
    return refused(fmt::format("{} is primary (term {}): it never pulls; to make it the standby again: hasync demote",
                               name, node.term));
  return std::nullopt;
}

std::optional<Error> refuse_peer(const peer::Description& told, const store::NodeState& node,
                                 const std::vector<std::string>& forced) {
  if (told.role != Role::primary)
    return refused(
        fmt::format("{} says that it is {} (term {}): only a primary is pulled from; see hasync status on both",
                    told.node, store::role_name(told.role), told.term));
  if (told.term < node.term && !is_forced(forced, peer_term))
    return refused(
        fmt::format("{0} is primary of term {1}, and this node knows of a promotion to term {2}: what {0} "
                    "has may be older; if it is right all the same: hasync sync --force={3}",
                    told.node, told.term, node.term, peer_term));
  return std::nullopt;
}

std::optional<Error> refuse_empty(const config::Dataset& dataset, std::int64_t files,
                                  const std::optional<bool>& newest_has_files, const std::string& peer,
                                  const std::vector<std::string>& forced) {
  const bool as_before = newest_has_files && !*newest_has_files;
  if (files > 0 || as_before || is_forced(forced, empty_source)) return std::nullopt;
  return refused(fmt::format(
      "dataset {}: {} on {} holds no file{}; is it mounted? If that is right: hasync sync --force={}", dataset.name,
      dataset.source, peer, newest_has_files ? ", and the newest recovery point has some" : "", empty_source));
}

}  // namespace hasync::sync
