// Making a dump: the stream of a program on the peer, written to a file of the point that is being built.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "sync/changes.hpp"
#include "sync/progress.hpp"

namespace hasync::sync {

struct DumpOrder {
  const config::Dataset& dataset;
  std::string target;  // the dataset's folder in the new point; made
  std::string newest;  // the same in the newest point, to share what did not change; empty: there is none
};
// What holds for all dumps of a run.
struct DumpTerms {
  const config::Config& settings;
  BootTime deadline;
  std::vector<int> inherit{};         // descriptors that the program keeps
  std::vector<std::string> forced{};  // guards overridden, see sync/guards.hpp
  Meter& meter;
  std::int64_t bytes_per_second = 0;  // the most that comes of each; 0: no limit
};

struct Dumped {
  Counts counts{};  // changed: how many of its files are not what the newest point holds already; those are shared
  std::string note{};
};
// Runs a program that dumps; one that cannot be found here has ended as the shell of a peer would say it.
Result<ProcessResult> run_dump(const ProcessSpec& spec, ProcessRunner& runner);

// `stop` ends it, as an interrupt of all would.
Result<Dumped> make_dump(const DumpOrder& order, const DumpTerms& terms, const Interrupt& stop, Clock& clock,
                         ProcessRunner& runner);

}  // namespace hasync::sync
