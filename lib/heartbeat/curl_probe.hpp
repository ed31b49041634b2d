// The probes that libcurl carries out: http(s), and tcp as a connection without a request.
#pragma once
#include "heartbeat/probes.hpp"
#include "os/libcurl.hpp"

namespace hasync::heartbeat {

ProbeResult ask_http(const Libcurl& curl, const config::Probe& probe, Duration timeout);
ProbeResult ask_tcp(const Libcurl& curl, const config::Probe& probe, Duration timeout);

}  // namespace hasync::heartbeat
