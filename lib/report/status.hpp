#pragma once
#include <string>

#include "agent/failover.hpp"
#include "agent/status.hpp"
#include "report/format.hpp"

namespace hasync::report {

// For `local`: how an instant is said in this machine's own zone.
using LocalTime = std::string (*)(Instant);

// One screen; JSON: hasync.status/1.
std::string render(const agent::Status& status, Format format, LocalTime local);
// For monitoring: one line, and the exit code of that convention (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN).
struct Nagios {
  int code = 0;
  std::string line;
};
Nagios nagios(const agent::Status& status);
// Where there is no status to be had.
Nagios nagios(const Error& error);

}  // namespace hasync::report
