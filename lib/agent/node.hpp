// This node as the agents see it: its settings, its records, and the seams through which they act.
#pragma once
#include <string>

#include "config/model.hpp"
#include "heartbeat/probes.hpp"
#include "notify/smtp.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "store/state.hpp"

namespace hasync::agent {

struct Node {
  const config::Config& settings;
  store::StatePaths paths;
  store::Database& database;
  Clock& clock;
  ProcessRunner& runner;
  heartbeat::Prober& prober;
  notify::Mailer& mailer;
  std::string version;
};

}  // namespace hasync::agent
