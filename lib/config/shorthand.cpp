#include "config/shorthand.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/keys.hpp"

namespace hasync::config {
namespace {

tl::unexpected<Error> wrong(const std::string& text, std::string_view what) {
  return fail(ExitCode::usage, fmt::format("\"{}\" {}", printable(text), what));
}

Value scalar(std::string text) { return {.kind = Value::Kind::scalar, .text = std::move(text)}; }

Value list_of(const std::vector<std::string>& words) {
  Value list{.kind = Value::Kind::list};
  for (const auto& word : words) list.items.push_back(scalar(word));
  return list;
}

// One part of `text`, as the key table reads `path`.
Result<void> read_part(const std::string& text, const std::string& path, const Value& value, Target target) {
  const auto* key = find_key(path);
  const auto read = key->read(value, target);
  if (read) return {};
  return wrong(
      text, fmt::format("{}: {} (accepted: {})", path.substr(path.rfind('.') + 1), read.error().message, key->accepts));
}

// An IPv6 address may stand in brackets before its port.
std::string without_brackets(std::string host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

Result<Dataset> dataset_from(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return wrong(text, "is not NAME=SOURCE or NAME=SOURCE:LIVE, as app=/var/lib/app");
  const bool is_uri = is_database_uri(text.substr(equals + 1));  // it has colons of its own
  const auto colon = is_uri ? std::string::npos : text.find(':', equals);
  Config nowhere;
  Dataset dataset;
  if (is_uri) dataset.type = is_mysql_uri(text.substr(equals + 1)) ? DatasetType::mysql : DatasetType::postgresql;
  const Target target{.config = nowhere, .dataset = &dataset};
  HASYNC_CHECK(read_part(text, "sync.datasets[].name", scalar(text.substr(0, equals)), target));
  const auto length = colon == std::string::npos ? colon : colon - equals - 1;
  HASYNC_CHECK(read_part(text, "sync.datasets[].source", scalar(text.substr(equals + 1, length)), target));
  if (colon != std::string::npos)
    HASYNC_CHECK(read_part(text, "sync.datasets[].live", scalar(text.substr(colon + 1)), target));
  return dataset;
}

Result<Probe> probe_from(const std::string& text) {
  const auto equals = text.find('=');
  const auto what = equals == std::string::npos ? std::string{} : text.substr(equals + 1);
  Config nowhere;
  Probe probe;
  const Target target{.config = nowhere, .probe = &probe};
  const bool asks_http = what.starts_with("http://") || what.starts_with("https://");
  const auto colon = what.rfind(':');
  if (equals == 0 || (!asks_http && (colon == std::string::npos || colon + 1 == what.size())))
    return wrong(text, "is neither NAME=URL nor NAME=HOST:PORT, as web=http://east.example.net/status");
  HASYNC_CHECK(read_part(text, "heartbeat.probes[].name", scalar(text.substr(0, equals)), target));
  if (asks_http) {
    probe.type = ProbeType::http;
    HASYNC_CHECK(read_part(text, "heartbeat.probes[].url", scalar(what), target));
    return probe;
  }
  HASYNC_CHECK(read_part(text, "heartbeat.probes[].port", scalar(what.substr(colon + 1)), target));
  if (colon != 0)
    HASYNC_CHECK(read_part(text, "heartbeat.probes[].host", scalar(without_brackets(what.substr(0, colon))), target));
  return probe;
}

Result<std::vector<std::string>> command_from(const std::string& text) {
  if (text.find_first_of("'\"\\") != std::string::npos)
    return wrong(text, "has quotes, which are not understood here; name a script, or write the step with an editor");
  std::vector<std::string> words;
  for (const auto& word : split(text, ' '))
    if (!word.empty()) words.push_back(word);
  if (words.empty()) return wrong(text, "is no command, as systemctl start app");
  return words;
}

Result<Step> step_from(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || trim(text.substr(equals + 1)).empty())
    return wrong(text, "is not NAME=COMMAND, as \"start app=systemctl start app\"");
  HASYNC_TRY(const auto words, command_from(text.substr(equals + 1)));
  Config nowhere;
  Step step;
  const Target target{.config = nowhere, .step = &step};
  HASYNC_CHECK(read_part(text, "failover.promote[].name", scalar(text.substr(0, equals)), target));
  HASYNC_CHECK(read_part(text, "failover.promote[].run", list_of(words), target));
  return step;
}

}  // namespace hasync::config
