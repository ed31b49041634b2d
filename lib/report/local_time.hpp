// Instants as the clocks on the wall show them, for people.
#pragma once
#include <string>

#include "base/time.hpp"
#include "os/clock.hpp"

namespace hasync::report {

// The machine's zone at an instant: local_zone(), or a test's.
using ZoneAt = Zone (*)(Instant);

// " (03:45 CET)", with the day where it is another one than in UTC; nothing where the zone is UTC.
std::string tell_local(Instant at, const Zone& zone);
// "the clock here goes forward 1 h, from CET to CEST": nothing where it does not change from one to the other.
std::string tell_shift(const Zone& from, const Zone& to);

}  // namespace hasync::report
