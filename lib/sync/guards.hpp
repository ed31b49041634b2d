// What must hold before data is pulled, and before what was pulled is published. Pure: facts in, the reason for a
// refusal (ExitCode::unsafe) or nothing out.
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
inline constexpr std::string_view peer_term = "peer-term";

// ExitCode::usage for a name that is neither.
Result<void> check_forced(const std::vector<std::string>& forced);

// This node: a primary never pulls, and neither does one whose promotion or demotion is not finished.
std::optional<Error> refuse_node(const store::NodeState& node, const std::optional<store::FailoverRecord>& unfinished,
                                 const std::string& name);
// The peer, as it told of itself: it must be primary, and not have been left behind by a promotion that this node knows
// of.
std::optional<Error> refuse_peer(const peer::Description& told, const store::NodeState& node,
                                 const std::vector<std::string>& forced);
// A source without files: more often an unmounted disk than a decision. `newest_has_files`: none when there is no point
// with this dataset yet.
std::optional<Error> refuse_empty(const config::Dataset& dataset, std::int64_t files,
                                  const std::optional<bool>& newest_has_files, const std::string& peer,
                                  const std::vector<std::string>& forced);

}  // namespace hasync::sync
