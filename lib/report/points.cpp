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

}  // namespace hasync::report
