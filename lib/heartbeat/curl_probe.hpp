// The probes that libcurl carries out: http(s), and tcp as a connection without a request.
#pragma once
#include "heartbeat/probes.hpp"

namespace hasync::heartbeat {

ProbeResult ask_http(const config::Probe& probe, Duration timeout);
ProbeResult ask_tcp(const config::Probe& probe, Duration timeout);

}  // namespace hasync::heartbeat
