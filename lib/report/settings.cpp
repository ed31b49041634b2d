#include "report/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/rewrite.hpp"
#include "config/validate.hpp"
#include "config/written.hpp"
#include "report/json.hpp"

namespace hasync::report {

std::string render(const std::vector<config::Shown>& shown, const std::string& file, Format format) {
  if (format == Format::json) {
    auto json = object("settings");
    json["file"] = file;
    json["settings"] = Json::array();
    for (const auto& each : shown)
      json["settings"].push_back(
          {{"key", each.path}, {"value", each.value}, {"line", each.line == 0 ? Json(nullptr) : Json(each.line)}});
    return dump(json);
  }
  std::size_t width = 0;
  for (const auto& each : shown) width = std::max(width, each.path.size());
  std::string text;
  for (const auto& each : shown)
    text += fmt::format("{:<{}}  {}  ({})\n", each.path, width, each.value,
                        each.line == 0 ? "default" : fmt::format("line {}", each.line));
  return text;
}

std::string render_check(const config::Config& settings, const std::string& file, Format format) {
  const auto warnings = config::warnings(settings);
  if (format == Format::json) {
    auto json = object("config-check");
    json["ok"] = true;
    json["detection_bound_s"] = seconds(config::detection_bound(settings.heartbeat));
    json["warnings"] = warnings;
    return dump(json);
  }
  auto text = fmt::format("{}: ok\ndetection  {}\n", file, config::tell_detection(settings.heartbeat));
  for (const auto& warning : warnings) text += fmt::format("warning    {}\n", warning);
  return text;
}

std::string render_keys(Format format) {
  if (format == Format::json) {
    auto json = object("keys");
    json["keys"] = Json::array();
    for (const auto& key : config::keys())
      json["keys"].push_back({{"key", key.path},
                              {"type", std::string{config::type_name(key.type)}},
                              {"default", key.default_text.empty() ? Json(nullptr) : Json(key.default_text)},
                              {"required", key.need == config::Need::required},
                              {"accepts", key.accepts},
                              {"help", key.help}});
    return dump(json);
  }
  std::string text;
  for (const auto& key : config::keys()) {
    const auto fallback = key.need == config::Need::required ? "required"
                          : key.default_text.empty()         ? "no default"
                                                             : "default " + key.default_text;
    text += fmt::format("{}  ({}; {})\n    {}\n", key.path, fallback, key.accepts, key.help);
  }
  return text;
}

namespace {

Json json_of(const config::Value& value) {
  if (value.kind == config::Value::Kind::scalar) return value.text;
  if (value.kind == config::Value::Kind::null) return nullptr;
  auto json = value.kind == config::Value::Kind::list ? Json::array() : Json::object();
  for (const auto& item : value.items) json.push_back(json_of(item));
  for (const auto& [key, each] : value.entries) json[key.text] = json_of(each);
  return json;
}

// "source /var/lib/app, live /srv/app": all but the name.
std::string tell(const config::Value& item) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : item.entries)
    if (key.text != "name") parts.push_back(key.text + " " + config::as_text(value));
  return join(parts, ", ");
}

}  // namespace

std::string render_items(const config::Value& settings, const std::vector<std::string>& lists, Format format) {
  auto json = object("items");
  json["items"] = Json::array();
  struct Line {
    std::string list, name, words;
  };
  std::vector<Line> lines;
  std::size_t width = 0;
  for (const auto& path : lists) {
    const auto found = config::find(settings, path);
    if (!found.missing.empty()) continue;
    const auto list = lists.size() == 1 ? std::string{} : fmt::format("{:<7}  ", path.substr(path.rfind('.') + 1));
    for (std::size_t at = 0; at < found.value->items.size(); ++at) {
      const auto& item = found.value->items[at];
      auto each = Json{{"list", path}};
      each.update(json_of(item));
      json["items"].push_back(std::move(each));
      lines.push_back({list, config::name_of(item, at), tell(item)});
      width = std::max(width, lines.back().name.size());
    }
  }
  if (format == Format::json) return dump(json);
  std::string text;
  for (const auto& line : lines)
    text += fmt::format("{}{:<{}}  {}\n", line.list, printable(line.name), width, printable(line.words));
  return text.empty() ? "none\n" : text;
}

std::string render_addresses(const config::Value& addresses, Format format) {
  if (format == Format::json) {
    auto json = object("addresses");
    json["addresses"] = json_of(addresses);
    return dump(json);
  }
  std::string text;
  for (const auto& item : addresses.items) text += printable(item.text) + "\n";
  return text.empty() ? "none: nobody is told of a failure\n" : text;
}

std::string render(const std::vector<store::SettingsVersion>& versions, const std::string& text,
                   const std::string& file, Format format) {
  const bool known = !versions.empty() && versions.front().text == text;
  if (format == Format::json) {
    auto json = object("settings-versions");
    json["file"] = file;
    json["versions"] = Json::array();
    for (const auto& version : versions)
      json["versions"].push_back({{"id", version.id},
                                  {"at", format_rfc3339(version.at)},
                                  {"who", version.who},
                                  {"what", version.what},
                                  {"current", known && &version == &versions.front()}});
    return dump(json);
  }
  if (versions.empty()) return "no edit by hasync is known\n";
  std::string out = known ? "" : fmt::format("{} was changed by other means since:\n", file);
  for (const auto& version : versions)
    out +=
        fmt::format("{}{:>5}  {}  {}{}\n", known && &version == &versions.front() ? "*" : " ", version.id,
                    format_rfc3339(version.at), printable(version.what), version.who.empty() ? "" : ", " + version.who);
  return out;
}

}  // namespace hasync::report
