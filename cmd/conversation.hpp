// The conversation of `hasync init` with whoever sits at the terminal.
#pragma once
#include "agent/interview.hpp"
#include "cmd/session.hpp"

namespace hasync::cmd {

// The interview they agreed to. They may leave it, by quit, Ctrl-D (ExitCode::failed) or Ctrl-C (interrupted).
Result<agent::Interview> converse(Session& session);

}  // namespace hasync::cmd
