// When how much may be read, so that no more than so many bytes come in a second. Pure: it is told the time.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace hasync {

// Nothing comes sooner than at that rate since it began. For a time in which less was read than might have been, only a
// little is made good.
class Throttle {
 public:
  // `per_second`: 0: as much as there is.
  Throttle(std::int64_t per_second, BootTime began);

  // How much may be read now, of `most`; 0: nothing before due().
  std::size_t may_read(BootTime now, std::size_t most);
  void has_read(std::size_t bytes) { credit_ -= static_cast<std::int64_t>(bytes) * one_byte; }
  BootTime due() const;

 private:
  static constexpr std::int64_t one_byte = 1000;  // as times are milliseconds
  std::int64_t worth_waking_for() const;

  std::int64_t per_second_;
  BootTime filled_;
  std::int64_t credit_ = 0;
};

}  // namespace hasync
