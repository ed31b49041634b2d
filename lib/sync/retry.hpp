// Whether a run whose attempt has failed tries again, and when. Pure.
#pragma once
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"

namespace hasync::sync {

// How long to wait before the next attempt; none: the failure stands. Only what may pass by itself is tried again, and
// only while that attempt would begin before `left` is over. `failed`: how many attempts have failed in this run, this
// one too. `interval`: the wait after the first; zero: there is no other.
std::optional<Duration> next_attempt(const Error& error, int failed, Duration interval, Duration left);

// "attempt 2 failed: east refuses ssh connections …; again in 1 min"
std::string tell_attempt(const Error& error, int failed, Duration wait);
// The last error of a run that tried more than once says so.
Error after_attempts(Error error, int failed, Duration took);

}  // namespace hasync::sync
