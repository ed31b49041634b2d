// The looks of `hasync init`, carried out: each is bounded in time, and what fails only leaves a suggestion out.
#pragma once
#include "agent/interview.hpp"
#include "os/process.hpp"

namespace hasync::agent {

// What is known of this machine before the first question.
Surroundings surroundings(const std::string& config_path, Instant now);

Interview look(Interview interview, Look at, ProcessRunner& runner);

// Writes the host key that was agreed to into own_known_hosts().
Result<void> pin_host_key(const Interview& interview, ProcessRunner& runner);

}  // namespace hasync::agent
