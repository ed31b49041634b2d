// Asking whether the peer is alive. All probes of an attempt run at once, each within the attempt's timeout.
#pragma once
#include <string>
#include <vector>

#include "config/model.hpp"
#include "os/process.hpp"

namespace hasync::heartbeat {

struct ProbeResult {
  std::string name;
  bool alive = false;
  Duration took{0};
  std::string words;  // "3 ms", "connection refused", "HTTP 500, expected 200"
  bool asked = true;  // false: this node could not ask, for the reason that `words` tell
};

class Prober {
 public:
  virtual ~Prober() = default;
  // One result a probe, in their order.
  virtual std::vector<ProbeResult> ask(const std::vector<config::Probe>& probes, Duration timeout) = 0;
};

class SystemProber final : public Prober {
 public:
  explicit SystemProber(ProcessRunner& runner) : runner_(runner) {}
  std::vector<ProbeResult> ask(const std::vector<config::Probe>& probes, Duration timeout) override;

 private:
  ProcessRunner& runner_;
};

// The probes of the settings with what they leave open filled in: the peer's host, and its ssh port where no probe is
// named.
std::vector<config::Probe> probes_of(const config::Config& settings);

bool any_alive(const std::vector<ProbeResult>& results);
// Whether the peer is: when any answers. Fails when none does and one could not be asked: then nothing is known.
Result<bool> judge_alive(const std::vector<ProbeResult>& results);
// "web 3 ms, ssh connection refused"
std::string tell(const std::vector<ProbeResult>& results);

}  // namespace hasync::heartbeat
