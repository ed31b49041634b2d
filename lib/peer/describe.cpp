#include "peer/describe.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "os/file_system.hpp"
#include "os/tree.hpp"

namespace hasync::peer {

namespace {

// A term grows by one at a time: a higher one is damage, and would leave no room to grow.
constexpr std::int64_t highest_term = 1'000'000'000;

// A node whose hasync knows no sources yet tells none.
std::vector<Source> sources_in(const nlohmann::json& json) {
  std::vector<Source> sources;
  const auto told = json.find("sources");
  if (told == json.end() || !told->is_array()) return sources;
  for (const auto& each : *told) {
    if (!each.is_object()) continue;
    const auto path = each.find("path"), there = each.find("there"), file_system = each.find("file_system");
    if (path == each.end() || !path->is_string() || there == each.end() || !there->is_boolean()) continue;
    const bool on_one = file_system != each.end() && file_system->is_string();
    sources.push_back(
        {path->get<std::string>(), there->get<bool>(), on_one ? file_system->get<std::string>() : std::string{}});
  }
  return sources;
}

std::vector<Dump> dumps_in(const nlohmann::json& json) {
  std::vector<Dump> dumps;
  const auto told = json.find("dumps");
  if (told == json.end() || !told->is_array()) return dumps;
  for (const auto& each : *told)
    if (each.is_object() && each.contains("command") && each["command"].is_string())
      dumps.push_back({each["command"].get<std::string>(), each.value("offered", nlohmann::json{}) == true,
                       each.value("there", nlohmann::json{}) == true});
  return dumps;
}

}  // namespace

std::string render(const Description& description) {
  nlohmann::ordered_json json{{"schema", "hasync.describe/1"},
                              {"node", description.node},
                              {"role", description.role == Role::primary ? "primary" : "secondary"},
                              {"term", description.term},
                              {"version", description.version},
                              {"at", format_rfc3339(description.at)},
                              {"has_aes", description.has_aes}};
  json["sources"] = nlohmann::ordered_json::array();
  for (const auto& source : description.sources)
    json["sources"].push_back({{"path", source.path}, {"there", source.there}, {"file_system", source.file_system}});
  json["dumps"] = nlohmann::ordered_json::array();
  for (const auto& dump : description.dumps)
    json["dumps"].push_back({{"command", dump.command}, {"offered", dump.offered}, {"there", dump.there}});
  // A path may be no text.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Source look_at_source(const std::string& path) {
  const auto file_system = file_system_identity(path);
  return {path, can_read_folder(path), file_system};
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
  return Description{word("node"),
                     role == "primary" ? Role::primary : Role::secondary,
                     json["term"].get<std::int64_t>(),
                     word("version"),
                     *at,
                     json.value("has_aes", nlohmann::json{}) == true,
                     sources_in(json),
                     dumps_in(json)};
}

Result<Description> ask_peer(const config::Peer& peer, ProcessRunner& runner, Duration timeout, const About& about) {
  if (peer.transport == config::Transport::local)
    return fail(ExitCode::failed, fmt::format("{} is reached as a local folder, which describes nothing", peer.name));
  std::vector<std::string> argv{"hasync", "agent", "describe"};
  for (const auto& source : about.sources) argv.insert(argv.end(), {"--source", source});
  for (const auto& dump : about.dumps) argv.insert(argv.end(), {"--dump", dump});
  HASYNC_TRY(const auto ended, runner.run({.argv = command_on_peer(peer, argv, timeout),
                                           .timeout = timeout + std::chrono::seconds{5},
                                           .grace = std::chrono::seconds{1}}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (ended.end != ProcessResult::End::exited || ended.code == 255)
    return fail(ended.end == ProcessResult::End::timed_out ? explain_ssh(peer, "timed out")
                                                           : explain_ssh(peer, ended.errors));
  if (ended.code == static_cast<int>(ExitCode::no_program))
    return fail(ExitCode::no_program, fmt::format("{} has no hasync in its PATH; install it there too", peer.name));
  if (auto refusal = told_refusal(peer, ended.errors)) return fail(std::move(*refusal));
  if (ended.code == static_cast<int>(ExitCode::usage) && argv.size() > 3)
    return fail(ExitCode::failed, fmt::format("hasync on {} does not know agent describe {}, so it is older than "
                                              "this one; install the same version on both",
                                              peer.name, about.dumps.empty() ? "--source" : "--dump"));
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
  return store::set_peer(database, {told.role, told.term, told.version, now,
                                    std::chrono::round<std::chrono::seconds>(told.at - now), told.has_aes});
}

}  // namespace hasync::peer
