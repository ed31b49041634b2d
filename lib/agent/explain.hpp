// Why a moment is or is not a sync run: the grid in force, what the records tell, and what the settings would change.
#pragma once
#include <optional>

#include "agent/node.hpp"
#include "schedule/explain.hpp"

namespace hasync::agent {

struct Explanation {
  Instant now{};
  std::optional<schedule::Grid> in_force{};
  Instant applied_at{};
  Duration history_kept{0};
  schedule::Spot spot{};                       // on the grid in force, or on that of the settings when there is none
  std::optional<schedule::Outcome> outcome{};  // of a run of the grid in force
  std::optional<schedule::Instead> instead{};
};

// Reads the settings and the store only.
Result<Explanation> explain(const Node& node, Instant at);

}  // namespace hasync::agent
