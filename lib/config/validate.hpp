// What no key can know alone: settings that contradict each other, files that are not as they must be, and what is
// legal but unwise.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/fault.hpp"
#include "config/model.hpp"

namespace hasync::config {

// Of every key set in the file and every list item, items by name ("sync.datasets.app.source").
using Places = std::map<std::string, Place>;

std::vector<Fault> contradictions(const Config& config, const Places& places);
// Looks at the files that hold secrets: there, and for their owner only.
std::vector<Fault> faults_of_named_files(const Config& config, const Places& places);
// Looks for the programs and the other files: what is to run unwatched must be there.
std::vector<Fault> faults_of_named_programs(const Config& config, const Places& places);
// One line each, in plain words.
std::vector<std::string> warnings(const Config& config);

// The longest time from an outage to its detection: interval + failures × timeout + (failures − 1) × recheck_interval.
Duration detection_bound(const Heartbeat& heartbeat);
// "within 1 min 35 s (30 s interval + 5 × 5 s timeout + 4 × 10 s re-check)"
std::string tell_detection(const Heartbeat& heartbeat);

}  // namespace hasync::config
