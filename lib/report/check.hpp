#pragma once
#include <string>
#include <vector>

#include "agent/check.hpp"
#include "report/format.hpp"

namespace hasync::report {

// A line a check; JSON: hasync.check/1.
std::string render(const std::vector<agent::Checked>& checked, Format format);
// Nothing that would make a sync or a failover fail.
bool all_good(const std::vector<agent::Checked>& checked);

}  // namespace hasync::report
