#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "config/compose.hpp"
#include "config/load.hpp"
#include "config/shorthand.hpp"
#include "os/atomic_file.hpp"
#include "os/tree.hpp"
#include "report/changes.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string node, peer, role = "secondary", host, user = "hasync", transport = "ssh", store, run_every, start_time,
                          action, smtp, tls, from;
  int port = 22;
  std::vector<std::string> datasets, probes, steps, demote_steps, to;
  ChangeMode mode = ChangeMode::carry_out;
  bool replace = false;
};

// What was wrong with a word, after the option that it was given for.
Error given_for(std::string_view option, Error error) {
  error.message = fmt::format("{} {}", option, error.message);
  return error;
}

template <typename Item>
Result<std::vector<Item>> items_from(std::string_view option, const std::vector<std::string>& texts,
                                     Result<Item> (*item_from)(const std::string&)) {
  std::vector<Item> items;
  for (const auto& text : texts) {
    auto item = item_from(text);
    if (!item) return fail(given_for(option, std::move(item.error())));
    items.push_back(std::move(*item));
  }
  return items;
}

Result<config::Config> settings_from(const Asked& asked) {
  config::Config settings;
  settings.node = {asked.node, asked.role == "primary" ? Role::primary : Role::secondary};
  settings.peer = {.name = asked.peer, .host = asked.host, .user = asked.user, .port = asked.port};
  if (asked.transport == "local") settings.peer.transport = config::Transport::local;
  if (!asked.store.empty()) settings.sync.store = asked.store;
  if (!asked.run_every.empty()) {
    HASYNC_TRY(settings.sync.run_every, parse_duration(asked.run_every));
  }
  if (const auto clock = parse_time_of_day(asked.start_time))
    settings.sync.start_time = *clock;
  else if (!asked.start_time.empty()) {
    HASYNC_TRY(settings.sync.start_time, parse_rfc3339(asked.start_time));
  }
  HASYNC_TRY(settings.sync.datasets, items_from("--dataset", asked.datasets, config::dataset_from));
  HASYNC_TRY(settings.heartbeat.probes, items_from("--probe", asked.probes, config::probe_from));
  HASYNC_TRY(settings.failover.promote, items_from("--step", asked.steps, config::step_from));
  HASYNC_TRY(settings.failover.demote, items_from("--demote-step", asked.demote_steps, config::step_from));
  if (asked.action == "promote") settings.failover.action = config::FailoverAction::promote;
  settings.notify.email = {asked.to, asked.from};
  settings.notify.smtp.url = asked.smtp;
  if (asked.tls == "none") settings.notify.smtp.tls = config::Tls::none;
  return settings;
}

Result<ExitCode> init(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto settings, settings_from(asked));
  const auto text = config::compose(settings);
  HASYNC_CHECK(config::load_text(text, session.config_path));
  std::error_code none;
  std::optional<std::string> before;
  if (std::filesystem::exists(session.config_path, none)) {
    HASYNC_TRY(before, read_file(session.config_path));
  }
  if (before && *before != text && !asked.replace)
    return fail(ExitCode::unsafe,
                fmt::format("{} is there already; change it with hasync config set, or write it anew with --replace",
                            session.config_path));
  report::Changes changes;
  if (before != text) changes.add(session.config_path, before ? "other settings" : "", "written");
  if (changes.any() && asked.mode == ChangeMode::carry_out) {
    HASYNC_CHECK(make_folders(std::filesystem::absolute(session.config_path, none).parent_path().string()));
    HASYNC_CHECK(replace_file(session.config_path, text, 0640));
  }
  const bool plain = session.format == report::Format::text;
  if (session.shows_lines && plain && changes.any())
    session.print(report::line_diff(session.config_path, before, text));
  session.print(report::render(changes, session.format));
  if (plain)
    session.print(settings.node.role == Role::primary ? "next: hasync check, then hasync apply\n"
                                                      : "next: hasync check, then hasync sync, then hasync apply\n");
  return ExitCode::done;
}

}  // namespace

void add_init(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "init", "write the settings of this server, with a comment on each", invocation,
                              [asked](Session& session) { return init(session, *asked); });
  command->add_option("--node", asked->node, "this server's name")->required()->type_name("NAME");
  command->add_option("--peer", asked->peer, "the other server's name")->required()->type_name("NAME");
  command->add_option("--role", asked->role, "primary or secondary")
      ->type_name("ROLE")
      ->check(CLI::IsMember({"primary", "secondary"}).description(""));
  command->add_option("--host", asked->host, "where the peer is, for ssh")->type_name("HOST");
  command->add_option("--user", asked->user, "the user on the peer")->type_name("USER");
  command->add_option("--port", asked->port, "the port of its ssh server")->type_name("PORT");
  command->add_option("--transport", asked->transport, "ssh or local")
      ->type_name("NAME")
      ->check(CLI::IsMember({"ssh", "local"}).description(""));
  command->add_option("--dataset", asked->datasets, "NAME=SOURCE or NAME=SOURCE:LIVE; may be repeated")
      ->required()
      ->type_name("DATASET");
  command->add_option("--probe", asked->probes, "NAME=URL or NAME=HOST:PORT; may be repeated")->type_name("PROBE");
  command->add_option("--store", asked->store, "where recovery points are kept")->type_name("FOLDER");
  command->add_option("--start-time", asked->start_time, "the first run, UTC: HH:MM or 2026-11-24T02:00:00Z")
      ->type_name("TIME");
  command->add_option("--run-every", asked->run_every, "how often, as 15m")->type_name("DURATION");
  command->add_option("--action", asked->action, "when the peer is gone: standby or promote")
      ->type_name("NAME")
      ->check(CLI::IsMember({"standby", "promote"}).description(""));
  command->add_option("--step", asked->steps, "a step of a promotion: NAME=COMMAND, split at blanks; may be repeated")
      ->type_name("STEP");
  command
      ->add_option("--demote-step", asked->demote_steps,
                   "a step of a demotion, when the other server has taken over; as --step")
      ->type_name("STEP");
  command->add_option("--email", asked->to, "who is told; may be repeated")->type_name("ADDRESS");
  command->add_option("--from", asked->from, "whom the mail is from")->type_name("ADDRESS");
  command->add_option("--smtp", asked->smtp, "the mail server, as smtp://mail.example.com:587")->type_name("URL");
  command->add_option("--tls", asked->tls, "required or none")
      ->type_name("NAME")
      ->check(CLI::IsMember({"required", "none"}).description(""));
  command->add_flag("--replace", asked->replace, "write over settings that are there");
  add_change_options(*command, asked->mode, invocation.session);
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
