#include "report/failover.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string took(const store::StepRecord& step) {
  return step.started && step.finished ? tell_duration(*step.finished - *step.started) : std::string{};
}

}  // namespace

std::string render(const agent::Ended& ended, const config::Config& settings, Format format) {
  const auto& failover = ended.failover;
  const bool done = failover.result == store::FailoverResult::done;
  const auto role = failover.kind == store::FailoverKind::promotion ? "primary" : "secondary";
  if (format == Format::json) {
    auto json = object("failover");
    json["changed"] = done && failover.id != 0;
    json["kind"] = std::string{store::failover_kind_name(failover.kind)};
    json["result"] = std::string{store::failover_result_name(failover.result)};
    json["term"] = failover.term;
    json["point"] = failover.point ? Json(*failover.point) : Json(nullptr);
    json["note"] = failover.note;
    json["steps"] = Json::array();
    for (const auto& step : ended.steps)
      json["steps"].push_back({{"name", step.name},
                               {"state", std::string{store::step_state_name(step.state)}},
                               {"tries", step.tries},
                               {"evidence", step.evidence}});
    return dump(json);
  }
  std::string text;
  for (const auto& step : ended.steps)
    text += fmt::format("  {:<12} {:<24} {}\n", store::step_state_name(step.state), step.name, took(step));
  if (!done) return text;
  if (failover.id == 0) return fmt::format("{} is {} already\n", settings.node.name, role);
  return text + fmt::format("{} is now {} (term {})\n", settings.node.name, role, failover.term);
}

std::string render_plan(const std::vector<failover::PlannedStep>& plan, Format format) {
  const auto lines = failover::tell(plan);
  if (format == Format::json) {
    auto json = object("plan");
    json["steps"] = lines;
    return dump(json);
  }
  if (lines.empty()) return "no steps; only the role changes\n";
  return join(lines, "\n") + "\n";
}

}  // namespace hasync::report
