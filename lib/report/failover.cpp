#include "report/failover.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string took(const store::StepRecord& step) {
  return step.started && step.finished ? tell_duration(*step.finished - *step.started) : std::string{};
}

Json guards_json(const std::vector<failover::Guard>& guards) {
  auto json = Json::array();
  for (const auto& guard : guards)
    json.push_back({{"name", guard.name},
                    {"verdict", std::string{failover::verdict_name(guard.verdict)}},
                    {"evidence", guard.evidence}});
  return json;
}

std::string_view mark(failover::Verdict verdict) {
  return verdict == failover::Verdict::pass ? "✓" : verdict == failover::Verdict::fail ? "✗" : "?";
}

std::string tell_steps(const std::vector<failover::PlannedStep>& plan) {
  const auto lines = failover::tell(plan);
  return lines.empty() ? "no steps; only the role changes\n" : join(lines, "\n") + "\n";
}

// The first line of an answer to "would it be promoted?".
std::string verdict_line(const agent::Decision& decision, const config::Config& settings) {
  const auto &node = settings.node.name, &peer = settings.peer.name;
  const auto& guards = decision.guards;
  if (std::any_of(guards.begin(), guards.end(),
                  [](const auto& guard) { return guard.name == "role" && guard.verdict == failover::Verdict::fail; }))
    return fmt::format("{} is the primary: there is nothing to take over.\n", node);
  if (!decision.would_promote())
    return fmt::format("If {} failed now, {} would stay in standby: {}.\n", peer, node, join(decision.blocking, ", "));
  return fmt::format("If {} failed now, {} could be promoted{}.\n", peer, node,
                     settings.failover.action == config::FailoverAction::promote
                         ? ", and would be"
                         : "; the settings say: keep in standby");
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
  if (failover.kind == store::FailoverKind::promotion && !failover.note.empty())
    text += fmt::format("! {}\n", printable(failover.note));
  return text + fmt::format("{} is now {} (term {})\n", settings.node.name, role, failover.term);
}

std::string render(const agent::Decision& decision, const config::Config& settings, Format format) {
  if (format == Format::json) {
    auto json = object("why");
    json["would_promote"] = decision.would_promote();
    json["action"] = std::string{action_name(settings.failover.action)};
    json["guards"] = guards_json(decision.guards);
    json["plan"] = failover::tell(decision.plan);
    return dump(json);
  }
  auto text = verdict_line(decision, settings);
  for (const auto& guard : decision.guards)
    text += fmt::format("  {} {:<20} {}\n", mark(guard.verdict), guard.name, printable(guard.evidence));
  return text;
}

std::string render(const agent::PromotionOrder& order, const config::Config& settings, Format format) {
  const auto& decision = order.decision;
  if (format == Format::json) {
    auto json = object("plan");
    json["would_change"] = !order.already && decision.would_promote();
    json["resumes"] = order.unfinished ? Json(order.unfinished->id) : Json(nullptr);
    json["blocking"] = decision.blocking;
    json["guards"] = guards_json(decision.guards);
    json["steps"] = failover::tell(order.already ? std::vector<failover::PlannedStep>{} : decision.plan);
    return dump(json);
  }
  if (order.already) return fmt::format("{} is primary already\n", settings.node.name);
  auto text = render(decision, settings, format);
  if (order.unfinished)
    text = fmt::format("promotion {} was interrupted; what is still to be done:\n", order.unfinished->id) +
           (decision.would_promote() ? "" : text);
  if (!decision.point && !order.unfinished) return text;
  return text + tell_steps(decision.plan);
}

std::string render_demotion(const std::optional<std::vector<failover::PlannedStep>>& plan,
                            const config::Config& settings, Format format) {
  if (format == Format::json) {
    auto json = object("plan");
    json["would_change"] = plan.has_value();
    json["steps"] = failover::tell(plan.value_or(std::vector<failover::PlannedStep>{}));
    return dump(json);
  }
  return plan ? tell_steps(*plan) : fmt::format("{} is secondary already\n", settings.node.name);
}

std::string_view action_name(config::FailoverAction action) {
  return action == config::FailoverAction::promote ? "promote" : "standby";
}

}  // namespace hasync::report
