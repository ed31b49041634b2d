// The commands, one file each: init.cpp holds add_init, and so on.
#pragma once

namespace CLI {
class App;
}

namespace hasync::cmd {

struct Invocation;

void add_agent(CLI::App& parent, Invocation& invocation);
void add_apply(CLI::App& parent, Invocation& invocation);
void add_check(CLI::App& parent, Invocation& invocation);
void add_completion(CLI::App& parent, Invocation& invocation);
void add_config(CLI::App& parent, Invocation& invocation);
void add_config_edit(CLI::App& config, Invocation& invocation);
void add_config_versions(CLI::App& config, Invocation& invocation);
void add_dataset(CLI::App& parent, Invocation& invocation);
void add_hook(CLI::App& parent, Invocation& invocation);
void add_demote(CLI::App& parent, Invocation& invocation);
void add_email(CLI::App& parent, Invocation& invocation);
void add_help(CLI::App& parent, Invocation& invocation);
void add_history(CLI::App& parent, Invocation& invocation);
void add_init(CLI::App& parent, Invocation& invocation);
void add_notify(CLI::App& parent, Invocation& invocation);
void add_pair(CLI::App& parent, Invocation& invocation);
void add_pause(CLI::App& parent, Invocation& invocation);
void add_points(CLI::App& parent, Invocation& invocation);
void add_points_restore(CLI::App& points, Invocation& invocation);
void add_points_verify(CLI::App& points, Invocation& invocation);
void add_probe(CLI::App& parent, Invocation& invocation);
void add_promote(CLI::App& parent, Invocation& invocation);
void add_resume(CLI::App& parent, Invocation& invocation);
void add_schedule(CLI::App& parent, Invocation& invocation);
void add_serve(CLI::App& agent, Invocation& invocation);
void add_status(CLI::App& parent, Invocation& invocation);
void add_step(CLI::App& parent, Invocation& invocation);
void add_sync(CLI::App& parent, Invocation& invocation);
void add_uninstall(CLI::App& parent, Invocation& invocation);
void add_version(CLI::App& parent, Invocation& invocation);
void add_witness(CLI::App& parent, Invocation& invocation);
void add_why(CLI::App& parent, Invocation& invocation);

}  // namespace hasync::cmd
