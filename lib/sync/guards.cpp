#include "sync/guards.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace hasync::sync {
namespace {

Error refused(std::string why) { return {ExitCode::unsafe, std::move(why)}; }

constexpr std::array forceable{empty_source, shrink, other_file_system, peer_term, room};

// "1.4" of "1.4.2".
std::string_view major_minor(std::string_view version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

bool is_forced(const std::vector<std::string>& forced, std::string_view name) {
  return std::find(forced.begin(), forced.end(), name) != forced.end();
}

}  // namespace

std::vector<std::string> forceable_guards() { return {forceable.begin(), forceable.end()}; }

Result<void> check_forced(const std::vector<std::string>& forced) {
  for (const auto& name : forced)
    if (std::find(forceable.begin(), forceable.end(), name) == forceable.end())
      return fail(ExitCode::usage, fmt::format("\"{}\" cannot be forced; what can be is one of {}", printable(name),
                                               fmt::join(forceable, ", ")));
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

std::optional<Error> refuse_version(const peer::Description& told, std::string_view ours) {
  if (major_minor(told.version) == major_minor(ours)) return std::nullopt;
  return refused(
      fmt::format("{} has hasync {}, this node {}, which need not understand each other; install the same "
                  "version on both",
                  told.node, told.version.empty() ? "of no version" : printable(told.version), ours));
}

std::vector<Hold> reasons_to_hold(const config::Config& settings, const config::Dataset& dataset,
                                  const std::optional<Numbers>& before, const Numbers& now,
                                  const std::vector<std::string>& forced) {
  std::vector<Hold> holds;
  const auto hold = [&](std::string_view guard, const std::string& why) {
    if (!is_forced(forced, guard))
      holds.push_back({std::string{guard}, fmt::format("dataset {}: {}", dataset.name, why)});
  };
  const auto& what = dataset.source.empty() ? "what is dumped" : dataset.source;
  const auto source = fmt::format("{} on {}", what, settings.peer.name);
  if (before && !before->file_system.empty() && !now.file_system.empty() && before->file_system != now.file_system)
    hold(other_file_system, source + " is on another file system than before; is the right one mounted?");
  if (now.files == 0) {
    if (!before || before->files > 0)
      hold(empty_source,
           fmt::format(
               "{} holds no file{}; is it mounted?", source,
               before ? fmt::format(", and the newest recovery point has {}", with_thousands(before->files)) : ""));
    return holds;
  }
  const bool emptied_as_told = now.bytes == 0 && is_forced(forced, empty_source);
  if (!before || emptied_as_told) return holds;
  const auto lost = [&](std::int64_t then, std::int64_t left) { return then <= 0 ? 0 : (then - left) * 100 / then; };
  const auto beyond = [&](std::int64_t then, std::int64_t left) {
    return (then - left) * 100 > then * settings.sync.shrink_limit;
  };
  if (beyond(before->files, now.files) || beyond(before->bytes, now.bytes))
    hold(shrink,
         fmt::format("{} lost {} % of its files ({} → {}) and {} % of its bytes ({} → {}) since the newest "
                     "recovery point, more than sync.shrink_limit {} %",
                     source, std::max<std::int64_t>(0, lost(before->files, now.files)), with_thousands(before->files),
                     with_thousands(now.files), std::max<std::int64_t>(0, lost(before->bytes, now.bytes)),
                     tell_size(before->bytes), tell_size(now.bytes), settings.sync.shrink_limit));
  return holds;
}

std::optional<Error> refuse_room(std::int64_t to_come, std::int64_t free, const std::string& store,
                                 const std::vector<std::string>& forced) {
  if (to_come <= free || is_forced(forced, room)) return std::nullopt;
  return Error{ExitCode::failed,
               fmt::format("no room: {} are to come, and the store {} has {} free; make room there, or lower "
                           "sync.keep (files with holes take less: hasync sync --force={})",
                           tell_size(to_come), store, tell_size(free), room)};
}

std::optional<Error> refuse_room_for_dumps(std::int64_t before, std::int64_t free, const std::string& store,
                                           const std::vector<std::string>& forced) {
  if (before <= free || is_forced(forced, room)) return std::nullopt;
  return Error{ExitCode::failed,
               fmt::format("no room: the dumps of the newest point take {}, and the store {} has {} free for new ones; "
                           "make room there, or lower sync.keep (if they are smaller by now: hasync sync --force={})",
                           tell_size(before), store, tell_size(free), room)};
}

std::optional<Error> refuse_inodes(std::int64_t needed, std::int64_t free, const std::string& store,
                                   const std::vector<std::string>& forced) {
  if (needed <= free || is_forced(forced, room)) return std::nullopt;
  return Error{ExitCode::failed,
               fmt::format("no room: {} are to come, and the store {} has {} free, of which each needs one; lower "
                           "sync.keep, or move the store to a file system that has more (to try all the same: hasync "
                           "sync --force={})",
                           counted(needed, "file"), store, counted(free, "inode"), room)};
}

}  // namespace hasync::sync
