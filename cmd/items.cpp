// The lists of the settings, item by item: dataset, hook, probe, witness and step, each with add, remove and list.
// Their options are the keys of the table.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/database_uri.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/rewrite.hpp"
#include "config/written.hpp"
#include "report/settings.hpp"

namespace hasync::cmd {
namespace {

// failover.promote is chosen among several by its last word.
struct Lists {
  const char* noun;
  const char* summary;
  std::vector<std::string> paths;

  std::vector<std::string> words() const {
    std::vector<std::string> all;
    for (const auto& path : paths) all.push_back(path.substr(path.rfind('.') + 1));
    return all;
  }
};

struct Asked {
  Lists lists;
  std::string which{};  // the last word of a path
  std::string name{};
  // What was given for each key; a deque, since the command line keeps their addresses.
  struct Given {
    const config::Key* key = nullptr;
    std::string value{};
    std::vector<std::string> words{};

    bool there() const { return !value.empty() || !words.empty(); }
  };
  std::deque<Given> given{};
  ChangeMode mode = ChangeMode::carry_out;

  std::string list() const {
    const auto found = std::find_if(lists.paths.begin(), lists.paths.end(),
                                    [&](const std::string& path) { return path.ends_with("." + which); });
    return found == lists.paths.end() ? lists.paths.front() : *found;
  }
  bool has(std::string_view key) const {
    return std::any_of(given.begin(), given.end(),
                       [&](const Given& each) { return each.there() && each.key->path.ends_with(key); });
  }
  std::string command(std::string_view verb) const {
    return fmt::format("{} {} {}{}", lists.noun, verb, which.empty() ? "" : which + " ", shell_word(name));
  }
};

// The keys of an item but for its name, as "url" and "expect.status".
std::string short_name(const config::Key& key) { return key.path.substr(key.path.find("[].") + 3); }

std::string as_option(std::string name) {
  std::replace(name.begin(), name.end(), '.', '-');
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

std::string in_yaml(const Asked::Given& given) {
  if (given.words.empty()) return given.value;
  config::Value list{.kind = config::Value::Kind::list, .flow = true};
  for (const auto& word : given.words)
    list.items.push_back({.kind = config::Value::Kind::scalar, .text = word, .quoted = true});
  return config::in_one_line(list, config::Around::flow);
}

Result<ExitCode> add(Session& session, const Asked& asked) {
  config::Addition addition{asked.list(), {{"name", asked.name}}};
  // What is asked for by what is given.
  if (!asked.has(".type") && asked.has(".url")) addition.fields.emplace_back("type", "http");
  if (!asked.has(".type") && (asked.has("probes[].run") || asked.has("datasets[].run")))
    addition.fields.emplace_back("type", "command");
  for (const auto& given : asked.given)
    if (!asked.has(".type") && given.key->path == "sync.datasets[].source" && config::is_database_uri(given.value))
      addition.fields.emplace_back("type", config::is_mysql_uri(given.value) ? "mysql" : "postgresql");
  for (const auto& given : asked.given)
    if (given.there()) addition.fields.emplace_back(short_name(*given.key), in_yaml(given));
  return change_settings(session, {asked.command("add"), asked.mode}, rewrite_by(session, {addition}));
}

Result<ExitCode> remove(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(const auto root, config::parse_document(text, session.config_path));
  const auto path = asked.list() + "." + asked.name;
  if (const auto found = config::find(root, path); !found.missing.empty())
    session.log().warning(fmt::format("there is no {} \"{}\"; see: hasync {} list", asked.lists.noun,
                                      printable(asked.name), asked.lists.noun));
  return change_settings(session, {asked.command("remove"), asked.mode}, rewrite_by(session, {config::Removal{path}}));
}

Result<ExitCode> list(Session& session, const Lists& lists) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(const auto root, config::parse_document(text, session.config_path));
  session.print(report::render_items(root, lists.paths, session.format));
  return ExitCode::done;
}

void add_item_options(CLI::App& command, Asked& asked) {
  const auto prefix = asked.lists.paths.front() + "[].";
  for (const auto& key : config::keys()) {
    if (!key.path.starts_with(prefix) || key.path == prefix + "name") continue;
    asked.given.push_back({&key});
    auto& given = asked.given.back();
    const auto name = short_name(key);
    if (name == "run") {
      command.add_option("PROGRAM", given.words, "behind --: what is run, and its arguments");
      continue;
    }
    const auto help = fmt::format("{} ({})", key.help, key.accepts);
    const bool list = key.type == config::KeyType::words;
    auto* option = list ? command.add_option(as_option(name), given.words, help)->type_name("TEXT ...")
                        : command.add_option(as_option(name), given.value, help)->type_name("VALUE");
    if (key.need == config::Need::required) option->required();
  }
}

void add_names(CLI::App& command, Asked& asked) {
  if (asked.lists.paths.size() > 1)
    command.add_option("WHEN", asked.which, "of which list: " + join(asked.lists.words(), " or "))
        ->required()
        ->check(CLI::IsMember(asked.lists.words()).description(""));
  command.add_option("NAME", asked.name, fmt::format("what the {} is called", asked.lists.noun))->required();
}

void add_lists(CLI::App& parent, Invocation& invocation, const Lists& lists) {
  auto& session = invocation.session;
  auto* noun = parent.add_subcommand(lists.noun, lists.summary);
  noun->require_subcommand(1);
  const auto add_change = [&](const char* verb, const std::string& summary,
                              Result<ExitCode> (*change)(Session&, const Asked&)) {
    auto asked = std::make_shared<Asked>(Asked{.lists = lists});
    auto* command =
        add_command(*noun, verb, summary, invocation, [asked, change](Session& each) { return change(each, *asked); });
    add_names(*command, *asked);
    if (change == add) add_item_options(*command, *asked);
    add_change_options(*command, asked->mode, session);
    add_json_option(*command, session);
  };
  add_change("add", fmt::format("add a {} to the settings", lists.noun), add);
  add_change("remove", fmt::format("take a {} out of the settings", lists.noun), remove);
  add_json_option(
      *add_command(*noun, "list", "what is set", invocation, [lists](Session& each) { return list(each, lists); }),
      session);
}

}  // namespace

void add_dataset(CLI::App& parent, Invocation& invocation) {
  add_lists(parent, invocation, {"dataset", "what is pulled from the primary", {"sync.datasets"}});
}

void add_hook(CLI::App& parent, Invocation& invocation) {
  add_lists(parent, invocation, {"hook", "what is run here before and after a sync", {"sync.before", "sync.after"}});
}

void add_probe(CLI::App& parent, Invocation& invocation) {
  add_lists(parent, invocation, {"probe", "how the peer is asked whether it is alive", {"heartbeat.probes"}});
}

void add_witness(CLI::App& parent, Invocation& invocation) {
  add_lists(parent, invocation,
            {"witness", "other machines, one of which must answer before a promotion", {"failover.witnesses"}});
}

void add_step(CLI::App& parent, Invocation& invocation) {
  add_lists(parent, invocation,
            {"step", "what is run in a promotion and in a demotion", {"failover.promote", "failover.demote"}});
}

}  // namespace hasync::cmd
