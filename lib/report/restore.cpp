#include "report/restore.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {

std::string render(const sync::Restoring& restoring, std::optional<Duration> took, Format format) {
  const auto& amount = restoring.amount;
  if (format == Format::json) {
    auto json = object("points-restore");
    json["id"] = restoring.point;
    json["to"] = restoring.to;
    json["changed"] = took.has_value();
    json["paths"] = restoring.names;
    json["files"] = amount.files;
    json["bytes"] = amount.bytes;
    json["bytes_needed"] = restoring.needed;
    json["bytes_free"] = restoring.free;
    json["duration_s"] = seconds_or_null(took);
    json["argv"] = sync::commands_of(restoring);
    return dump(json);
  }
  const auto what = fmt::format("{}, {}", counted(amount.files, "file"), tell_size(amount.bytes));
  if (took)
    return fmt::format("point {} is restored to {} · {} · {}\n", restoring.point, printable(restoring.to), what,
                       tell_duration(*took));
  auto text = fmt::format("point {} would be restored to {} · {} · {} needed there, {} free\n", restoring.point,
                          printable(restoring.to), what, tell_size(restoring.needed), tell_size(restoring.free));
  for (const auto& argv : sync::commands_of(restoring)) text += "  " + shell_line(argv) + "\n";
  return text;
}

}  // namespace hasync::report
