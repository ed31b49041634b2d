#include "report/changes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string told(const std::string& value) { return value.empty() ? "(none)" : printable(value); }

void append_lines(std::string& out, std::string_view mark, const std::optional<std::string>& text,
                  const std::optional<std::string>& other) {
  if (!text) return;
  const auto others = other ? split(*other, '\n') : std::vector<std::string>{};
  for (const auto& line : split(*text, '\n'))
    if (!line.empty() && std::find(others.begin(), others.end(), line) == others.end())
      out += fmt::format("{}{}\n", mark, line);
}

}  // namespace

std::string line_diff(const std::string& name, const std::optional<std::string>& before,
                      const std::optional<std::string>& after) {
  auto text = fmt::format("--- {0}\n+++ {0}\n", name);
  append_lines(text, "-", before, after);
  append_lines(text, "+", after, before);
  return text;
}

Changes changes_of(const config::Edited& edited) {
  Changes changes;
  for (const auto& change : edited.changes) changes.add(change.path, change.before, change.after);
  if (!changes.any() && edited.before != edited.text) changes.add("comments and layout", "as before", "changed");
  return changes;
}

void Changes::add(std::string what, std::string before, std::string after) {
  all_.push_back({std::move(what), std::move(before), std::move(after)});
}

std::string Changes::one_line() const {
  std::vector<std::string> lines;
  for (const auto& change : all_)
    lines.push_back(fmt::format("{} {} → {}", change.what, told(change.before), told(change.after)));
  return join(lines, "; ");
}

std::string render(const Changes& changes, Format format) {
  if (format == Format::json) {
    auto json = object("changes");
    json["changed"] = changes.any();
    json["diff"] = Json::array();
    for (const auto& change : changes.all())
      json["diff"].push_back({{"what", change.what}, {"before", change.before}, {"after", change.after}});
    return dump(json);
  }
  if (!changes.any()) return "nothing to change\n";
  std::size_t width = 0;
  for (const auto& change : changes.all()) width = std::max(width, change.what.size());
  std::string text;
  for (const auto& change : changes.all())
    text += fmt::format("{:<{}}  {} → {}\n", change.what, width, told(change.before), told(change.after));
  return text;
}

}  // namespace hasync::report
