#include <fmt/format.h>

#include "cmd/command.hpp"
#include "cmd/commands.hpp"

namespace hasync::cmd {

void add_version(CLI::App& parent, Invocation& invocation) {
  add_command(parent, "version", "print the version", invocation, [](Session& session) -> Result<ExitCode> {
    session.print(fmt::format("hasync {}\n", HASYNC_VERSION));
    return ExitCode::done;
  });
}

}  // namespace hasync::cmd
