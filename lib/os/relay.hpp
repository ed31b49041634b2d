// A program whose output is passed on to ours, as long as somebody reads it: one that says nothing would not notice
// that nobody does any more, and hold what it holds (a lock, a snapshot of a database) for ever.
#pragma once
#include <string>
#include <vector>

#include "os/interrupt.hpp"
#include "os/process.hpp"

namespace hasync {

struct Relayed {
  std::vector<std::string> argv;           // argv[0] without a slash is looked for where the system keeps its programs
  std::vector<std::string> environment{};  // "NAME=value", all that it gets besides a PATH
  Duration timeout;
};

// The program has an end of its own, with all that it left behind to print, or is ended: at its timeout, by a request
// to stop, or because our standard output was closed at its other end, which is an error. One that is missing or cannot
// be run exits with 127 or 126, as env(1) tells it.
Result<ProcessResult> relay(const Relayed& program, const Interrupt& stop, ProcessRunner& runner);

}  // namespace hasync
