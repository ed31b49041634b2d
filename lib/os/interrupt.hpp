// A request to stop (SIGTERM, SIGINT, SIGHUP) as something that can be asked for and polled.
#pragma once
#include "base/fd.hpp"
#include "base/result.hpp"

namespace hasync {

class Interrupt {
 public:
  Interrupt();
  void request() const;
  bool requested() const;
  // Readable once a stop was requested, for poll(2).
  int fd() const { return event_.get(); }

 private:
  Fd event_;
};

// From now on SIGTERM, SIGINT and SIGHUP request `interrupt`, which must outlive the process's last signal. SIGPIPE is
// ignored.
void stop_on_signals(const Interrupt& interrupt);

}  // namespace hasync
