#pragma once
#include <string>
#include <vector>

#include "report/format.hpp"
#include "store/sync_runs.hpp"

namespace hasync::report {

// Newest first; `current` is marked. JSON: hasync.points/1.
std::string render(const std::vector<store::Point>& points, const std::optional<std::string>& current, Instant now,
                   Format format);

}  // namespace hasync::report
