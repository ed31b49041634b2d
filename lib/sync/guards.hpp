// What must hold before data is pulled, and before what was pulled is published. Pure: facts in; out the reason for a
// refusal (ExitCode::unsafe), or those for which a point is held: made, but not published before an operator says so.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "peer/describe.hpp"
#include "store/failovers.hpp"
#include "store/node_state.hpp"

namespace hasync::sync {

// Those an operator may override by name: `hasync sync --force=NAME`.
inline constexpr std::string_view empty_source = "empty-source";
inline constexpr std::string_view shrink = "shrink";
inline constexpr std::string_view other_file_system = "file-system";
inline constexpr std::string_view room = "room";
inline constexpr std::string_view peer_term = "peer-term";

std::vector<std::string> forceable_guards();
// ExitCode::usage for another name.
Result<void> check_forced(const std::vector<std::string>& forced);

// This node: a primary never pulls, and neither does one whose promotion or demotion is not finished.
std::optional<Error> refuse_node(const store::NodeState& node, const std::optional<store::FailoverRecord>& unfinished,
                                 const std::string& name);
// The peer, as it told of itself: it must be primary, and not have been left behind by a promotion that this node knows
// of.
std::optional<Error> refuse_peer(const peer::Description& told, const store::NodeState& node,
                                 const std::vector<std::string>& forced);
// Its hasync, which must be of the same MAJOR.MINOR as ours.
std::optional<Error> refuse_version(const peer::Description& told, std::string_view ours);

// A dataset as it is in a point, or in its source now.
struct Numbers {
  std::int64_t files = 0, bytes = 0;  // folders are not counted
  std::string file_system{};          // what tells the one it is on; empty: unknown
};
struct Hold {
  std::string guard;
  std::string why;
  std::string dataset{};
};
// A source without files, with far less than before, or suddenly on another file system, is more often an unmounted
// disk or an accident than a decision. `before`: none when the dataset is in no point yet.
std::vector<Hold> reasons_to_hold(const config::Config& settings, const config::Dataset& dataset,
                                  const std::optional<Numbers>& before, const Numbers& now,
                                  const std::vector<std::string>& forced);
// Whether what is to come, in bytes as they will be on disk, has room in the store.
std::optional<Error> refuse_room(std::int64_t to_come, std::int64_t free, const std::string& store,
                                 const std::vector<std::string>& forced);
// The same for dumps, of which only what those of the newest point take is known.
std::optional<Error> refuse_room_for_dumps(std::int64_t before, std::int64_t free, const std::string& store,
                                           const std::vector<std::string>& forced);
// The same for its files and folders, each of which is an inode.
std::optional<Error> refuse_inodes(std::int64_t needed, std::int64_t free, const std::string& store,
                                   const std::vector<std::string>& forced);

}  // namespace hasync::sync
