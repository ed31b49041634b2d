// The command line as plain values, for completion.
#pragma once
#include <CLI/CLI.hpp>

#include "completion/situation.hpp"

namespace hasync::cmd {

// Hidden commands and options are left out.
completion::Command command_tree(const CLI::App& app);

}  // namespace hasync::cmd
