#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "agent/look.hpp"
#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/conversation.hpp"
#include "cmd/settings_change.hpp"
#include "config/answers.hpp"
#include "config/compose.hpp"
#include "config/load.hpp"
#include "os/atomic_file.hpp"
#include "os/terminal.hpp"
#include "os/tree.hpp"
#include "report/changes.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::map<std::string, std::vector<std::string>> options;  // by the names of config::answers()
  std::string answers_file;
  ChangeMode mode = ChangeMode::carry_out;
  bool replace = false;
};

config::Value scalar(const std::string& text) { return {.kind = config::Value::Kind::scalar, .text = text}; }

std::vector<config::Given> given_by_options(const Asked& asked) {
  std::vector<config::Given> given;
  for (const auto& answer : config::answers()) {
    const auto found = asked.options.find(answer.name);
    if (found == asked.options.end() || found->second.empty()) continue;
    auto value = scalar(found->second.front());
    if (answer.count == config::Count::several) {
      value = {.kind = config::Value::Kind::list};
      for (const auto& text : found->second) value.items.push_back(scalar(text));
    }
    given.push_back({&answer, std::move(value)});
  }
  return given;
}

// "--run-every: "15" has no unit; did you mean 15m? (accepted: 1m to 7d, whole minutes)"
Error usage_error(const std::vector<config::Fault>& faults) {
  std::vector<std::string> lines;
  for (const auto& fault : faults)
    lines.push_back("--" + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
  if (lines.size() > 1)
    lines.push_back(counted(static_cast<std::int64_t>(faults.size()), "problem") + "; nothing was changed");
  return {ExitCode::usage, join(lines, "\n")};
}

Result<config::Config> settings_from_options(const Asked& asked) {
  const auto given = given_by_options(asked);
  if (given.empty())
    return fail(ExitCode::usage,
                "it is not said what to write: on a terminal hasync init asks; else give --node, --peer, --host and "
                "--dataset, or --answers FILE (see: hasync init --help)");
  auto settled = config::settle(given);
  if (!settled.faults.empty()) return fail(usage_error(settled.faults));
  return std::move(settled.settings);
}

// What options say wins over the file.
Result<config::Config> settings_from_file(const Asked& asked) {
  const auto& file = asked.answers_file;
  HASYNC_TRY(const auto text, read_file(file));
  HASYNC_TRY(const auto document, config::parse_document(text, file));
  const auto given = given_by_options(asked);
  auto alone = config::settle(given);
  std::erase_if(alone.faults, [](const config::Fault& fault) { return fault.message.ends_with(": is missing"); });
  if (!alone.faults.empty()) return fail(usage_error(alone.faults));
  auto told = config::told_in(document);
  auto settled = config::settle(config::merged(std::move(told.given), given));
  settled.faults.insert(settled.faults.end(), told.faults.begin(), told.faults.end());
  if (!settled.faults.empty()) return fail(ExitCode::config, config::render(settled.faults, text, file));
  return std::move(settled.settings);
}

Result<std::optional<std::string>> text_there(const Session& session) {
  std::error_code none;
  if (!std::filesystem::exists(session.config_path, none)) return std::nullopt;
  HASYNC_TRY(auto before, read_file(session.config_path));
  return before;
}

Error is_there_already(const Session& session) {
  return {ExitCode::unsafe,
          fmt::format("{} is there already; change it with hasync config set, or write it anew with --replace",
                      session.config_path)};
}

Result<ExitCode> write(Session& session, const Asked& asked, const config::Config& settings) {
  const auto text = config::compose(settings);
  HASYNC_CHECK(config::load_text(text, session.config_path));
  HASYNC_TRY(const auto before, text_there(session));
  if (before && *before != text && !asked.replace) return fail(is_there_already(session));
  report::Changes changes;
  if (before != text) changes.add(session.config_path, before ? "other settings" : "", "written");
  if (changes.any() && asked.mode == ChangeMode::carry_out) {
    std::error_code none;
    HASYNC_CHECK(make_folders(std::filesystem::absolute(session.config_path, none).parent_path().string()));
    if (before) remember(session, {*before, text}, {"init --replace"});
    HASYNC_CHECK(replace_file(session.config_path, text, 0640));
  }
  const bool plain = session.format == report::Format::text;
  if (session.shows_lines && plain && changes.any())
    session.print(report::line_diff(session.config_path, before, text));
  session.print(report::render(changes, session.format));
  if (plain)
    session.print(fmt::format("next: {}hasync check{}, then{} hasync apply\n",
                              settings.peer.transport == config::Transport::ssh ? "hasync pair --install, then " : "",
                              settings.notify.email.to.empty() ? "" : ", then hasync notify test",
                              settings.node.role == Role::primary ? "" : " hasync sync, then"));
  return ExitCode::done;
}

// Nobody should answer a dozen questions to hear this at the end.
Result<void> refuse_before_asking(const Session& session, const Asked& asked) {
  HASYNC_TRY(const auto before, text_there(session));
  if (before && !asked.replace) return fail(is_there_already(session));
  std::error_code none;
  const auto folder = nearest_there(std::filesystem::absolute(session.config_path, none).parent_path().string());
  if (::access(folder.c_str(), W_OK) != 0)
    return fail(ExitCode::failed, fmt::format("cannot write {}: {}; become root, or name another with --config",
                                              session.config_path, std::generic_category().message(errno)));
  return {};
}

Result<ExitCode> init_by_conversation(Session& session, const Asked& asked) {
  HASYNC_CHECK(refuse_before_asking(session, asked));
  HASYNC_TRY(const auto agreed, converse(session));
  HASYNC_CHECK(agent::pin_host_key(agreed, session.runner));
  const auto draft = agent::draft(agreed);
  return write(session, asked, draft.settings);
}

Result<ExitCode> init(Session& session, const Asked& asked) {
  const bool told_nothing = asked.answers_file.empty() && given_by_options(asked).empty();
  // A conversation makes a key on the way, and talks on standard output.
  const bool may_ask = asked.mode == ChangeMode::carry_out && session.format == report::Format::text && can_ask();
  if (told_nothing && may_ask) return init_by_conversation(session, asked);
  HASYNC_TRY(const auto settings,
             asked.answers_file.empty() ? settings_from_options(asked) : settings_from_file(asked));
  return write(session, asked, settings);
}

}  // namespace

void add_init(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "init", "write the settings of this server, with a comment on each", invocation,
                              [asked](Session& session) { return init(session, *asked); });
  for (const auto& answer : config::answers()) {
    const bool several = answer.count == config::Count::several;
    command
        ->add_option("--" + answer.name, asked->options[answer.name],
                     answer.help + (several ? "; may be repeated" : ""))
        ->type_name(answer.shown)
        ->expected(several ? -1 : 1)
        ->multi_option_policy(several ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
  }
  command->add_option("--answers", asked->answers_file, "a file of the same: node: west, dataset: [app=/var/lib/app]")
      ->type_name("FILE");
  command->add_flag("--replace", asked->replace, "write over settings that are there");
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
