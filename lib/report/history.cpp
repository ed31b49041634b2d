#include "report/history.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string as_json(const std::vector<agent::HistoryItem>& items) {
  auto json = object("history");
  json["items"] = Json::array();
  for (const auto& item : items) {
    Json each{{"at", format_rfc3339(item.at)}, {"kind", item.kind}, {"result", item.result}};
    each["duration_s"] = seconds_or_null(item.duration);
    each["summary"] = item.summary;
    each["details"] = Json::object();
    for (const auto& [name, value] : item.details) each["details"][name] = value;
    json["items"].push_back(std::move(each));
  }
  return dump(json);
}

std::string as_text(const agent::HistoryItem& item) {
  const auto at = std::chrono::floor<std::chrono::seconds>(item.at);
  auto line = fmt::format("{}  {:<10} {:<14}", format_rfc3339(at), item.kind, item.result);
  if (item.duration) line += " " + tell_duration(*item.duration);
  if (!item.summary.empty()) line += (item.duration ? " · " : " ") + printable(item.summary);
  line += "\n";
  if (item.kind != "promotion" && item.kind != "demotion") return line;
  for (const auto& [name, value] : item.details) line += fmt::format("    {}: {}\n", name, printable(value));
  return line;
}

}  // namespace

std::string render(const std::vector<agent::HistoryItem>& items, Format format) {
  if (format == Format::json) return as_json(items);
  if (items.empty()) return "nothing of the kind is recorded\n";
  std::string text;
  for (const auto& item : items) text += as_text(item);
  return text;
}

}  // namespace hasync::report
