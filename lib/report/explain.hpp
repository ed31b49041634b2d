#pragma once
#include <string>

#include "agent/explain.hpp"
#include "report/format.hpp"
#include "report/local_time.hpp"

namespace hasync::report {

// Why a moment is or is not a run; JSON: hasync.schedule-explain/1.
std::string render(const agent::Explanation& told, Format format, ZoneAt zone);

}  // namespace hasync::report
