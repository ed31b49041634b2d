#include "report/history.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

#include "cmd/command.hpp"
#include "cmd/commands.hpp"

namespace hasync::cmd {
namespace {

struct Asked {
  std::string kind = "all";
  std::string since;
  int limit = 20;
  bool failed_only = false;
};

Result<agent::HistoryKind> kind_from(const std::string& name) {
  const auto& names = agent::history_kind_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<agent::HistoryKind>(found - names.begin());
  const auto meant = nearest(name, names);
  return fail(ExitCode::usage, fmt::format("\"{}\" is not recorded; what is: {}{}", printable(name), join(names, ", "),
                                           meant ? "; did you mean " + *meant + "?" : ""));
}

// "2h" ago, or an instant.
Result<Instant> since(const std::string& text, Instant now) {
  if (const auto ago = parse_duration(text)) return now - *ago;
  if (const auto at = parse_rfc3339(text)) return *at;
  return fail(ExitCode::usage,
              "--since \"" + text + "\" is neither a duration, as 2h, nor a UTC time, as 2026-11-24T02:00:00Z");
}

Result<ExitCode> show(Session& session, const Asked& asked) {
  HASYNC_TRY(const auto kind, kind_from(asked.kind));
  agent::HistoryQuery query{kind, {{}, asked.limit}, asked.failed_only};
  if (!asked.since.empty()) {
    HASYNC_TRY(query.range.since, since(asked.since, session.clock.now()));
  }
  HASYNC_TRY(auto database, store::open_state(session.state()));
  HASYNC_TRY(const auto items, agent::collect_history(database, query));
  session.print(report::render(items, session.format));
  return ExitCode::done;
}

}  // namespace

void add_history(CLI::App& parent, Invocation& invocation) {
  auto asked = std::make_shared<Asked>();
  auto* command = add_command(parent, "history", "what happened, newest first", invocation,
                              [asked](Session& session) { return show(session, *asked); });
  command->add_option("KIND", asked->kind, "all, syncs, heartbeats, failovers, mails or events");
  command->add_option("--since", asked->since, "nothing older than this: 2h, or 2026-11-24T02:00:00Z")
      ->type_name("TIME");
  command->add_option("--limit", asked->limit, "at most so many")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 100000).description(""));
  command->add_flag("--failed", asked->failed_only, "only what went wrong");
  add_json_option(*command, invocation.session);
}

}  // namespace hasync::cmd
