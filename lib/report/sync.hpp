#pragma once
#include <string>

#include "report/format.hpp"
#include "sync/run.hpp"

namespace hasync::report {

// How a run ended, one line; JSON: hasync.sync/1.
std::string render(const sync::Outcome& outcome, Format format);
// What a run would do; JSON: hasync.sync-plan/1.
std::string render(const sync::Plan& plan, Format format);

}  // namespace hasync::report
