#include "sync/retry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace hasync::sync {

std::optional<Duration> next_attempt(const Error& error, int failed, Duration interval, Duration left) {
  constexpr int doublings = 4;
  if (error.outlook != Outlook::passing || interval <= Duration{0}) return std::nullopt;
  const auto wait = interval * (1 << std::clamp(failed - 1, 0, doublings));
  return wait < left ? std::optional{wait} : std::nullopt;
}

std::string tell_attempt(const Error& error, int failed, Duration wait) {
  return fmt::format("attempt {} failed: {}; again in {}", failed, describe(error), tell_duration(wait));
}

Error after_attempts(Error error, int failed, Duration took) {
  if (failed > 1) error.message += fmt::format(" (the last of {} attempts in {})", failed, tell_duration(took));
  return error;
}

}  // namespace hasync::sync
