#include "os/throttle.hpp"

#include <algorithm>

namespace hasync {
namespace {

constexpr auto apart = std::chrono::milliseconds{20}, made_good = std::chrono::milliseconds{250};
constexpr std::int64_t no_limit_any_more = std::int64_t{1} << 40;

}  // namespace

Throttle::Throttle(std::int64_t per_second, BootTime began)
    : per_second_(std::min(per_second, no_limit_any_more)), filled_(began) {}

std::size_t Throttle::may_read(BootTime now, std::size_t most) {
  if (per_second_ == 0) return most;
  const auto passed = std::min<Duration>(now - filled_, std::chrono::seconds{1});
  const auto full = std::max(worth_waking_for(), per_second_ * made_good.count());
  credit_ = std::min(full, credit_ + per_second_ * passed.count());
  filled_ = now;
  return credit_ < worth_waking_for() ? 0 : std::min(most, static_cast<std::size_t>(credit_ / one_byte));
}

BootTime Throttle::due() const {
  const auto missing = std::max<std::int64_t>(0, worth_waking_for() - credit_);
  return filled_ + Duration{per_second_ == 0 ? 0 : (missing + per_second_ - 1) / per_second_};
}

std::int64_t Throttle::worth_waking_for() const { return std::max(one_byte, per_second_ * apart.count()); }

}  // namespace hasync
