#include "report/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {

std::string render(const std::vector<agent::Checked>& checked, Format format) {
  static constexpr std::array names{"good", "warning", "bad"};
  static constexpr std::array marks{"✓", "!", "✗"};
  if (format == Format::json) {
    auto json = object("check");
    json["ok"] = all_good(checked);
    json["checks"] = Json::array();
    for (const auto& each : checked)
      json["checks"].push_back({{"name", each.what},
                                {"verdict", names.at(static_cast<std::size_t>(each.finding))},
                                {"evidence", each.words}});
    return dump(json);
  }
  std::string text;
  for (const auto& each : checked)
    text += fmt::format("{} {:<20} {}\n", marks.at(static_cast<std::size_t>(each.finding)), each.what,
                        printable(each.words));
  return text;
}

bool all_good(const std::vector<agent::Checked>& checked) {
  return std::none_of(checked.begin(), checked.end(),
                      [](const auto& each) { return each.finding == agent::Finding::bad; });
}

}  // namespace hasync::report
