#include "report/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/keys.hpp"
#include "config/validate.hpp"
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

}  // namespace hasync::report
