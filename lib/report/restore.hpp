#pragma once
#include <optional>
#include <string>

#include "report/format.hpp"
#include "sync/restore.hpp"

namespace hasync::report {

// What was restored in so long, or (`took`: none) what would be. JSON: hasync.points-restore/1.
std::string render(const sync::Restoring& restoring, std::optional<Duration> took, Format format);

}  // namespace hasync::report
