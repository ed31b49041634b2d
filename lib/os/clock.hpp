// Time as a seam: decisions take a frozen `now`, loops take a Clock, tests take one that jumps where they want.
#pragma once
#include <string>

#include "base/time.hpp"
#include "os/interrupt.hpp"

namespace hasync {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual BootTime uptime() const = 0;
  // Names the time between two boots of this node: uptimes compare only where it is the same. A container's boot is the
  // start of its pid 1.
  virtual std::string boot_id() const = 0;
  // Waits until `uptime() >= until`; false when interrupted before.
  virtual bool wait_until(BootTime until) = 0;

  // Whether a wait would end at once because somebody asked to stop.
  virtual bool interrupted() const { return false; }

  bool wait(Duration length) { return wait_until(uptime() + length); }
};

class SystemClock final : public Clock {
 public:
  explicit SystemClock(const Interrupt& interrupt) : interrupt_(interrupt) {}
  Instant now() const override;
  BootTime uptime() const override;
  std::string boot_id() const override;
  bool wait_until(BootTime until) override;
  bool interrupted() const override { return interrupt_.requested(); }

 private:
  const Interrupt& interrupt_;
};

// CLOCK_BOOTTIME, for what cannot be handed a Clock: the deadline of a child process.
BootTime boot_uptime();

// "04:00" in the zone of this machine (localtime_r(3)), for people only.
std::string format_local_clock(Instant at);
// This machine's zone as it is at that instant, for people only.
struct Zone {
  Duration offset{0};  // east of UTC
  std::string name{};  // "CET", "+0530"
};
Zone local_zone(Instant at);

}  // namespace hasync
