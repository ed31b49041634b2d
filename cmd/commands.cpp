#include "cmd/commands.hpp"

#include "cmd/command.hpp"

namespace hasync::cmd {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      {"init", add_init},
      {"config", add_config},
      {"dataset", add_dataset},
      {"hook", add_hook},
      {"probe", add_probe},
      {"witness", add_witness},
      {"step", add_step},
      {"email", add_email},
      {"pair", add_pair},
      {"apply", add_apply},
      {"uninstall", add_uninstall},
      {"schedule", add_schedule},
      {"check", add_check},
      {"status", add_status},
      {"history", add_history},
      {"why", add_why},
      {"points", add_points},
      {"sync", add_sync},
      {"promote", add_promote},
      {"demote", add_demote},
      {"pause", add_pause},
      {"resume", add_resume},
      {"notify", add_notify},
      {"agent", add_agent},
      {"completion", add_completion},
      {"help", add_help},
      {"version", add_version},
  };
  return table;
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& summary, Invocation& invocation,
                      Action action) {
  auto* command = parent.add_subcommand(name, summary);
  command->callback([&invocation, action = std::move(action)] { invocation.action = action; });
  return command;
}

void add_change_options(CLI::App& command, ChangeMode& mode, Session& session) {
  command.add_flag_callback(
      "--check", [&mode] { mode = ChangeMode::check; }, "say what would change, change nothing");
  command.add_flag("--diff", session.shows_lines, "show the lines of files that change");
}

void add_json_option(CLI::App& command, Session& session) {
  command.add_flag_callback(
      "--json", [&session] { session.format = report::Format::json; }, "print one JSON object, see hasync-json(7)");
}

void build(CLI::App& root, Invocation& invocation) {
  auto& session = invocation.session;
  root.add_option("--config", session.config_path, "the settings, instead of /etc/hasync/hasync.yaml")
      ->type_name("FILE");
  root.add_option("--state-dir", session.state_folder, "the state, instead of /var/lib/hasync")->type_name("FOLDER");
  root.add_flag_callback(
      "-v,--verbose", [&session] { session.verbosity = Verbosity::verbose; }, "say what is being done, on stderr");
  root.require_subcommand(1);
  // Options of the program are understood after the command's name too.
  root.fallthrough();
  for (const auto& command : commands()) command.add(root, invocation);
}

}  // namespace hasync::cmd
