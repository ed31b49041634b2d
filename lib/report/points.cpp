#include "report/points.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {

std::string render(const std::vector<store::Point>& points, const std::optional<std::string>& current, Instant now,
                   Format format) {
  if (format == Format::json) {
    auto json = object("points");
    json["points"] = Json::array();
    for (const auto& point : points)
      json["points"].push_back({{"id", point.id},
                                {"at", format_rfc3339(point.at)},
                                {"state", std::string{store::point_state_name(point.state)}},
                                {"current", point.id == current},
                                {"bytes", point.bytes},
                                {"files", point.files}});
    return dump(json);
  }
  if (points.empty()) return "there is no recovery point; to make one: hasync sync\n";
  std::string text;
  for (const auto& point : points)
    text += fmt::format("{} {}  {} · true {} ago · {}, {}\n", point.id == current ? "*" : " ", point.id,
                        store::point_state_name(point.state), tell_duration(now - point.at),
                        counted(point.files, "file"), tell_size(point.bytes));
  return text;
}

std::string render(const PointShown& shown, Instant now, Format format) {
  const auto& point = shown.point;
  const auto state = shown.current ? "current" : std::string{store::point_state_name(point.state)};
  if (format == Format::json) {
    auto json = object("point");
    json["id"] = point.id;
    json["at"] = format_rfc3339(point.at);
    json["state"] = std::string{store::point_state_name(point.state)};
    json["current"] = shown.current;
    json["folder"] = shown.folder;
    json["bytes"] = point.bytes;
    json["files"] = point.files;
    json["datasets"] = Json::array();
    for (const auto& each : shown.datasets)
      json["datasets"].push_back({{"name", each.dataset},
                                  {"files", each.files},
                                  {"bytes", each.bytes},
                                  {"files_created", each.created},
                                  {"files_content_changed", each.changed},
                                  {"files_attributes_changed", each.attributes},
                                  {"files_deleted", each.deleted}});
    return dump(json);
  }
  auto text = fmt::format("{}  {} · true {} ago · {}, {}\n{}\n", point.id, state, tell_duration(now - point.at),
                          counted(point.files, "file"), tell_size(point.bytes), shown.folder);
  for (const auto& each : shown.datasets)
    text += fmt::format("{}: {}, {} · new in it: {} created, {} changed, {} with other attributes, {} deleted\n",
                        each.dataset, counted(each.files, "file"), tell_size(each.bytes), with_thousands(each.created),
                        with_thousands(each.changed), with_thousands(each.attributes), with_thousands(each.deleted));
  return text;
}

PointDifferences::PointDifferences(std::string one, std::string other, Format format)
    : format_(format), json_(object("points-diff")) {
  json_["one"] = std::move(one);
  json_["other"] = std::move(other);
  json_["differences"] = Json::array();
}

std::string PointDifferences::line(const std::string& dataset, const store::Change& change) {
  ++count_;
  const auto what = std::string{store::what_name(change.what)};
  if (format_ == Format::json) {
    json_["differences"].push_back(
        {{"dataset", dataset}, {"what", what}, {"path", change.path}, {"bytes", change.bytes}});
    return {};
  }
  return fmt::format("{:<10}  {}/{}{}\n", what, dataset, printable(change.path), change.folder ? "/" : "");
}

std::string PointDifferences::end() {
  if (format_ == Format::json) return dump(json_);
  return count_ == 0 ? "nothing differs\n" : "";
}

}  // namespace hasync::report
