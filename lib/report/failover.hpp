#pragma once
#include <string>

#include "agent/failover.hpp"
#include "report/format.hpp"

namespace hasync::report {

// How a promotion or demotion ended, with its steps; JSON: hasync.failover/1.
std::string render(const agent::Ended& ended, const config::Config& settings, Format format);
// What one would carry out; JSON: hasync.plan/1.
std::string render_plan(const std::vector<failover::PlannedStep>& plan, Format format);

}  // namespace hasync::report
