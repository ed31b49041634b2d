// One command: its name and help, what it adds to the command line, and what it does. The table is in commands.cpp.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "cmd/session.hpp"

namespace hasync::cmd {

using Action = std::function<Result<ExitCode>(Session&)>;

// Filled by the command line: the action of the command that was named.
struct Invocation {
  Session& session;
  Action action{};
};

struct Command {
  const char* name;
  // Adds the command to `parent` and, when it is the one named, sets `invocation.action`.
  void (*add)(CLI::App& parent, Invocation& invocation);
};

const std::vector<Command>& commands();

// A subcommand whose callback runs `action` later, after the whole command line was understood.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& summary, Invocation& invocation,
                      Action action);
enum class ChangeMode { carry_out, check };
void add_change_options(CLI::App& command, ChangeMode& mode, Session& session);
void add_json_option(CLI::App& command, Session& session);

// The whole command line of hasync.
void build(CLI::App& root, Invocation& invocation);

// Understands and runs one command line; gives the process's exit code, and has said everything there is to say.
int run(int argc, const char* const* argv);

}  // namespace hasync::cmd
