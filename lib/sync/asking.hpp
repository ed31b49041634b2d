// Asking the peer who it is and for its sources, before anything of it is pulled.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/node_state.hpp"
#include "sync/plan.hpp"

namespace hasync::sync {

struct Answer {
  std::optional<std::int64_t> term{};  // none: it told none
  FileSystems file_systems{};
};

// Whether the peer is one to pull from. One that never told a term, having no hasync, can still be pulled from, which
// is noted; one that cannot be reached is told now.
Result<Answer> ask_peer(store::Database& database, const store::NodeState& node, const std::vector<std::string>& forced,
                        Carrier& carrier);

}  // namespace hasync::sync
