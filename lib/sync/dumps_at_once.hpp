// Dumps that follow each other in the settings, made at the same time.
#pragma once
#include <cstddef>
#include <vector>

#include "config/model.hpp"
#include "sync/dump_run.hpp"

namespace hasync::sync {

// How many of the datasets, from that at `first` on, are taken together: dumps up to the next folder. One with hooks of
// its own is alone, as they rely on what comes before and after it.
std::size_t taken_together(const config::Config& settings, std::size_t first);

// As many at once as sync.dumps_at_once says, which share sync.bandwidth_limit; they come in the order of their orders.
// When one fails the others are ended. The error is the first in that order which is no such end.
Result<std::vector<Dumped>> make_dumps(const std::vector<DumpOrder>& orders, DumpTerms terms, Clock& clock,
                                       ProcessRunner& runner);

}  // namespace hasync::sync
