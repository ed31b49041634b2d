#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/settings_change.hpp"
#include "config/load.hpp"
#include "config/rewrite.hpp"
#include "config/written.hpp"
#include "report/settings.hpp"

namespace hasync::cmd {
namespace {

config::Value addresses_in(const config::Value& root) {
  const auto found = config::find(root, "notify.email.to");
  config::Value list{.kind = config::Value::Kind::list, .flow = true};
  if (!found.missing.empty()) return list;
  if (found.value->kind == config::Value::Kind::scalar) list.items = {*found.value};
  for (const auto& item : found.value->items) list.items.push_back(item);
  for (auto& item : list.items) item.quoted = true;
  return list;
}

// The list with these changes, as it stands in the file at that moment.
config::Rewrite rewrite(const Session& session, std::function<void(std::vector<config::Value>& addresses)> change) {
  return [file = session.config_path, change = std::move(change)](std::string_view text) -> Result<config::Edited> {
    HASYNC_TRY(const auto root, config::parse_document(text, file));
    auto list = addresses_in(root);
    const auto before = list.items;
    change(list.items);
    if (list.items == before) return config::Edited{std::string{text}, std::string{text}, {}};
    if (list.items.empty()) return config::carry_out(text, file, {config::Removal{"notify.email.to"}});
    return config::carry_out(text, file,
                             {config::Assignment{"notify.email.to", config::in_one_line(list, config::Around::flow)}});
  };
}

config::Value address(const std::string& text) {
  return {.kind = config::Value::Kind::scalar, .text = text, .quoted = true};
}

Result<ExitCode> add(Session& session, const Words& asked) {
  return change_settings(session, {"email add " + shell_line(asked.words), asked.mode},
                         rewrite(session, [words = asked.words](std::vector<config::Value>& addresses) {
                           for (const auto& word : words)
                             if (std::find(addresses.begin(), addresses.end(), address(word)) == addresses.end())
                               addresses.push_back(address(word));
                         }));
}

Result<ExitCode> remove(Session& session, const Words& asked) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(const auto root, config::parse_document(text, session.config_path));
  const auto known = addresses_in(root).items;
  for (const auto& word : asked.words)
    if (std::find(known.begin(), known.end(), address(word)) == known.end())
      session.log().warning(fmt::format("{} is told of nothing; see: hasync email list", printable(word)));
  return change_settings(session, {"email remove " + shell_line(asked.words), asked.mode},
                         rewrite(session, [words = asked.words](std::vector<config::Value>& addresses) {
                           for (const auto& word : words) std::erase(addresses, address(word));
                         }));
}

Result<ExitCode> list(Session& session) {
  HASYNC_TRY(const auto text, config::read_settings(session.config_path));
  HASYNC_TRY(const auto root, config::parse_document(text, session.config_path));
  session.print(report::render_addresses(addresses_in(root), session.format));
  return ExitCode::done;
}

}  // namespace

void add_email(CLI::App& parent, Invocation& invocation) {
  auto& session = invocation.session;
  auto* email = parent.add_subcommand("email", "who is told by mail");
  email->require_subcommand(1);
  add_words_command(*email, invocation, {"add", "tell these too", "ADDRESS", "one or several", add});
  add_words_command(*email, invocation, {"remove", "tell these no more", "ADDRESS", "one or several", remove});
  add_json_option(*add_command(*email, "list", "who is told", invocation, list), session);
}

}  // namespace hasync::cmd
