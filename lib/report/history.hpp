#pragma once
#include <string>
#include <vector>

#include "agent/history.hpp"
#include "report/format.hpp"

namespace hasync::report {

// Text: a block an item, its time in UTC first. JSON: hasync.history/1.
std::string render(const std::vector<agent::HistoryItem>& items, Format format);

}  // namespace hasync::report
