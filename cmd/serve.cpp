// What the peer's ssh starts here: nothing but this, where authorized_keys has the forced command `hasync agent serve`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/shell_words.hpp"
#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "config/load.hpp"
#include "os/confine.hpp"
#include "os/log.hpp"
#include "os/process.hpp"
#include "os/processor.hpp"
#include "os/relay.hpp"
#include "os/tree.hpp"
#include "peer/allowed.hpp"
#include "peer/describe.hpp"
#include "store/node_state.hpp"
#include "store/refusals.hpp"
#include "sync/dumps.hpp"

namespace hasync::cmd {
namespace {

constexpr std::size_t shown_of_command = 160;
constexpr int signalled = 128;  // and the signal's number, as a shell exits then

std::string from_ssh(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<void> record(const Session& session, const std::string& command, const std::string& reason) {
  const auto connection = from_ssh("SSH_CONNECTION");  // ssh(1): the client's address comes first
  const auto address = printable(connection.substr(0, connection.find(' ')));
  say_to_syslog(fmt::format("refused {} from {}: {}", command.empty() ? "a shell" : command, address, reason));
  HASYNC_TRY(auto database, store::open_state(session.state()));
  return store::count_refusal(database, {session.clock.now(), 1, command, reason, address});
}

Error refusal(const Session& session, const std::string& command, const std::string& reason) {
  const auto shown = printable(command.substr(0, shown_of_command)) + (command.size() > shown_of_command ? "…" : "");
  const auto recorded = record(session, shown, reason);
  return {ExitCode::unsafe, fmt::format("refused: {}{}{}", shown.empty() ? "" : shown + ": ", reason,
                                        recorded ? "" : "; this is not recorded: " + recorded.error().message)};
}

peer::Dump look_at_dump(const std::string& command, const std::vector<std::vector<std::string>>& offered) {
  peer::Dump dump{.command = command};
  const auto argv = shell_words(command);
  dump.offered = argv && std::find(offered.begin(), offered.end(), *argv) != offered.end();
  if (!dump.offered) return dump;
  const bool is_ours = argv->front() == "hasync";
  dump.there = is_ours ? can_read_file(argv->back()) : !file_of(argv->front()).empty();
  return dump;
}

Result<ExitCode> describe_node(Session& session, const peer::About& about) {
  HASYNC_TRY(const auto loaded, config::load(session.config_path));
  const auto& settings = loaded.config;
  HASYNC_TRY(auto database, store::open_state(session.state()));
  const auto now = session.clock.now();
  HASYNC_TRY(const auto state, store::read_or_start_node(database, settings.node.role, now));
  peer::Description description{settings.node.name, state.role, state.term, HASYNC_VERSION, now, has_aes(), {}, {}};
  for (const auto& source : about.sources) description.sources.push_back(peer::look_at_source(source));
  for (const auto& dump : about.dumps) description.dumps.push_back(look_at_dump(dump, sync::dump_commands(settings)));
  session.print(peer::render(description));
  return ExitCode::done;
}

// By 255 the peer's ssh(1) tells that it failed itself.
ExitCode exit_of_dump(int code) {
  constexpr int failure_of_ssh = 255;
  return code == failure_of_ssh ? ExitCode::failed : static_cast<ExitCode>(code);
}

// A dump by hasync itself may be of this one, wherever it and its state are. What a program needs to log in to its
// server may be in the user's home.
Result<ExitCode> dump(Session& session, const config::Config& settings, std::vector<std::string> argv) {
  const auto name = printable(argv.front());
  if (argv.front() == "hasync") {
    HASYNC_TRY(argv.front(), own_program());
  }
  HASYNC_TRY(auto ended, relay({.argv = std::move(argv),
                                .environment = {"HOME=" + from_ssh("HOME"), "USER=" + from_ssh("USER"), "LC_ALL=C",
                                                "HASYNC_STATE_DIR=" + session.state_folder},
                                .timeout = settings.sync.timeout},
                               session.interrupt, session.runner));
  const auto said = std::exchange(ended.errors, {});
  say_on_stderr(said.empty() || said.ends_with('\n') ? said : said + "\n");
  if (ended.end == ProcessResult::End::exited) return exit_of_dump(ended.code);
  const auto code =
      ended.end == ProcessResult::End::signalled ? signalled + ended.code : static_cast<int>(ExitCode::failed);
  return fail(static_cast<ExitCode>(code), fmt::format("{} here: {}", name, tell_end(ended)));
}

Result<ExitCode> serve(Session& session) {
  const auto command = from_ssh("SSH_ORIGINAL_COMMAND");
  const auto loaded = config::load(session.config_path);
  // What the faults show of the settings is none of the peer's business.
  const auto user = from_ssh("USER");
  if (!loaded)
    return fail(ExitCode::config,
                fmt::format("the settings of hasync here cannot be read{}; on this server: hasync config check",
                            user.empty() ? "" : " by user " + printable(user)));
  const auto confinement = can_confine() ? peer::Confinement::possible : peer::Confinement::impossible;
  auto permission =
      peer::allow(command, {peer::folders_of(loaded->config), sync::dump_commands(loaded->config)}, confinement);
  if (!permission) return fail(refusal(session, command, permission.error().message));
  if (permission->what == peer::Permission::What::describe)
    return describe_node(session, {permission->sources, permission->dumps});
  if (permission->what == peer::Permission::What::dump)
    return dump(session, loaded->config, std::move(permission->argv));
  return fail(become_confined({std::move(permission->argv), std::move(permission->sources)}));
}

}  // namespace

void add_serve(CLI::App& agent, Invocation& invocation) {
  auto about = std::make_shared<peer::About>();
  auto* describe = add_command(agent, "describe", "tell the peer who this node is: role, term, version, clock",
                               invocation, [about](Session& session) { return describe_node(session, *about); });
  const auto add_question = [describe](const char* option, std::vector<std::string>& asked, const char* help) {
    return describe->add_option(option, asked, help)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  add_question("--source", about->sources,
               "tell of this folder, too: is it there, on which file system; may be repeated")
      ->type_name("PATH");
  add_question("--dump", about->dumps,
               "tell of this command, too: does it dump a dataset, can it be run; may be repeated")
      ->type_name("COMMAND");
  add_command(agent, "serve",
              "the forced command of the peer's key in authorized_keys: describes this node, sends the sources of the "
              "datasets, dumps the others, refuses everything else",
              invocation, serve);
}

}  // namespace hasync::cmd
