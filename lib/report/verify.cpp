#include "report/verify.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace hasync::report {
namespace {

std::string_view advice(sync::Damaged damaged) {
  switch (damaged) {
    case sync::Damaged::source:
      return "the point holds what was pulled: look at the source; no sync run sees this";
    case sync::Damaged::point:
      return "the point does not hold what was pulled: it is the damaged one";
    case sync::Damaged::unknown:
      return "which of the two is right is not known: no checksum is on record";
  }
  return "";
}

std::string tell(const sync::DatasetCompared& each) {
  if (!each.why_not.empty()) return fmt::format("{}: not compared with the source: {}\n", each.dataset, each.why_not);
  auto text = fmt::format("{}: {} alike at the source", each.dataset, counted(each.alike, "file"));
  if (each.content > 0)
    text += fmt::format(", {} DIFFERING IN CONTENT, though not in size and time", with_thousands(each.content));
  const auto& counts = each.counts;
  if (!counts.any_change()) return text + "\n";
  return text + fmt::format("; since the point there: {} created, {} changed, {} with other attributes, {} deleted\n",
                            with_thousands(counts.created), with_thousands(counts.changed),
                            with_thousands(counts.attributes), with_thousands(counts.deleted));
}

Json json_of(const sync::DatasetCompared& each) {
  const bool compared = each.why_not.empty();
  Json json{{"name", each.dataset}, {"compared", compared}};
  if (!compared) {
    json["why_not"] = each.why_not;
    return json;
  }
  json["files_alike"] = each.alike;
  json["files_content"] = each.content;
  json["files_created"] = each.counts.created;
  json["files_changed"] = each.counts.changed;
  json["files_attributes"] = each.counts.attributes;
  json["files_deleted"] = each.counts.deleted;
  return json;
}

}  // namespace

PointVerification::PointVerification(std::string point, Format format)
    : point_(std::move(point)), format_(format), json_(object("points-verify")) {
  json_["id"] = point_;
}

std::string PointVerification::verified(const sync::Verified& verified) {
  if (format_ == Format::json) {
    json_["intact"] = verified.intact;
    json_["unrecorded"] = verified.unrecorded;
    json_["damaged"] = Json::array();
    for (const auto& each : verified.damages)
      json_["damaged"].push_back({{"dataset", each.dataset}, {"path", each.path}, {"what", each.what}});
    return {};
  }
  std::string text;
  for (const auto& each : verified.damages)
    text += fmt::format("damaged: {}{}{} {}\n", each.dataset, each.path.empty() ? "" : "/", printable(each.path),
                        each.what);
  text += fmt::format("point {}: {} intact", point_, counted(verified.intact, "file"));
  if (!verified.damages.empty())
    text += fmt::format(", {} damaged", with_thousands(static_cast<std::int64_t>(verified.damages.size())));
  if (verified.unrecorded > 0)
    text += fmt::format(", {} without a checksum on record", with_thousands(verified.unrecorded));
  return text + "\n";
}

std::string PointVerification::line(const std::string& dataset, const sync::SourceDifference& difference) {
  const auto& change = difference.change;
  const bool content = difference.what == sync::AtSource::content;
  if (format_ == Format::json) {
    differences_.push_back({{"dataset", dataset},
                            {"what", std::string{sync::at_source_name(difference.what)}},
                            {"path", change.path},
                            {"bytes", change.bytes},
                            {"damaged", content ? Json(std::string{sync::damaged_name(difference.damaged)}) : Json()}});
    return {};
  }
  const auto path = fmt::format("{}/{}{}", dataset, printable(change.path), change.folder ? "/" : "");
  if (content)
    return fmt::format("DIFFERS     {}: other content of the same size and time; {}\n", path,
                       advice(difference.damaged));
  return fmt::format("{:<10}  {}\n", sync::at_source_name(difference.what), path);
}

std::string PointVerification::compared(const std::vector<sync::DatasetCompared>& datasets) {
  if (format_ == Format::json) {
    auto& source = json_["source"];
    source["datasets"] = Json::array();
    for (const auto& each : datasets) source["datasets"].push_back(json_of(each));
    source["differences"] = differences_;
    return {};
  }
  std::string text;
  for (const auto& each : datasets) text += tell(each);
  return text;
}

std::string PointVerification::end() const { return format_ == Format::json ? dump(json_) : ""; }

}  // namespace hasync::report
