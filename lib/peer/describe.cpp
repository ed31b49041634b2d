#include "peer/describe.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace hasync::peer {

namespace {

// A term grows by one at a time: a higher one is damage, and would leave no room to grow.
constexpr std::int64_t highest_term = 1'000'000'000;

}  // namespace

std::string render(const Description& description) {
  const nlohmann::ordered_json json{{"schema", "hasync.describe/1"},
                                    {"node", description.node},
                                    {"role", description.role == Role::primary ? "primary" : "secondary"},
                                    {"term", description.term},
                                    {"version", description.version},
                                    {"at", format_rfc3339(description.at)}};
  return json.dump(2) + "\n";
}

Result<Description> parse_description(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto word = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                                           : std::string{};
  };
  const auto role = word("role");
  const auto at = parse_rfc3339(word("at"));
  const bool whole = word("schema") == "hasync.describe/1" && (role == "primary" || role == "secondary") && at &&
                     json.contains("term") && json["term"].is_number_integer() && json["term"] >= 0 &&
                     json["term"] <= highest_term;
  if (!whole)
    return fail(ExitCode::failed, fmt::format("the peer's description of itself is not understood: {}",
                                              printable(last_line(text.substr(0, 200)))));
  return Description{word("node"), role == "primary" ? Role::primary : Role::secondary,
                     json["term"].get<std::int64_t>(), word("version"), *at};
}

Result<Description> ask_peer(const config::Peer& peer, ProcessRunner& runner, Duration timeout) {
  if (peer.transport == config::Transport::local)
    return fail(ExitCode::failed, fmt::format("{} is reached as a local folder, which describes nothing", peer.name));
  HASYNC_TRY(const auto ended, runner.run({.argv = command_on_peer(peer, {"hasync", "agent", "describe"}, timeout),
                                           .timeout = timeout + std::chrono::seconds{5},
                                           .grace = std::chrono::seconds{1}}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (ended.end != ProcessResult::End::exited || ended.code == 255)
    return fail(ended.end == ProcessResult::End::timed_out ? explain_ssh(peer, "timed out")
                                                           : explain_ssh(peer, ended.errors));
  if (ended.code == 127)
    return fail(ExitCode::failed, fmt::format("{} has no hasync in its PATH; install it there too", peer.name));
  if (ended.code != 0) return fail(ExitCode::failed, fmt::format("hasync on {}: {}", peer.name, tell_end(ended)));
  HASYNC_TRY(auto told, parse_description(ended.output));
  if (told.node != peer.name)
    return fail(ExitCode::unsafe,
                fmt::format("the node at {} calls itself {}, not {}; set peer.host or peer.name right", peer.host,
                            printable(told.node), peer.name));
  return told;
}

bool clocks_differ(Duration offset) {
  constexpr auto limit = std::chrono::seconds{5};
  return offset > limit || offset < -limit;
}

std::string tell_clock_offset(const std::string& peer, Duration offset) {
  return fmt::format("the clock of {} is {} {} ours; set up NTP on both", peer, tell_duration(std::chrono::abs(offset)),
                     offset > Duration{0} ? "ahead of" : "behind");
}

Result<void> record_told(store::Database& database, const Description& told, Instant now) {
  return store::set_peer(
      database, {told.role, told.term, told.version, now, std::chrono::round<std::chrono::seconds>(told.at - now)});
}

}  // namespace hasync::peer
