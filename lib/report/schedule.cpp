#include "report/schedule.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

std::string block(std::string_view title, const Upcoming& upcoming, ZoneAt zone) {
  auto text = fmt::format("{}: {}\n", title, schedule::tell(upcoming.grid));
  if (!upcoming.why.empty())
    text += fmt::format("  {}{}\n", upcoming.settings_differ ? "the settings say otherwise: " : "",
                        join(upcoming.why, "; "));
  if (upcoming.next.empty()) text += "  no run that a date can be written for\n";
  std::optional<Zone> zone_before;
  for (const auto at : upcoming.next) {
    const auto here = zone(at);
    const auto shift = tell_shift(zone_before.value_or(here), here);
    if (!shift.empty()) text += fmt::format("  ({})\n", shift);
    text += fmt::format("  {} {} UTC{}\n", format_day(at), format_clock(at), tell_local(at, here));
    zone_before = here;
  }
  return text;
}

Json json_of(const Upcoming& upcoming) {
  Json json{{"anchor", format_rfc3339(upcoming.grid.anchor)},
            {"every_s", seconds(upcoming.grid.every)},
            {"next", Json::array()}};
  for (const auto at : upcoming.next) json["next"].push_back(format_rfc3339(at));
  return json;
}

std::string told(const std::optional<std::string>& text) { return text ? "there" : "absent"; }

Changes changes_of(const agent::ApplyPlan& plan) {
  Changes changes;
  const auto& old = plan.before;
  for (const auto& change : plan.settings.changes)
    if (change.path != "sync.run_every") changes.add(change.path, change.before, change.after);
  if (!old || old->every != plan.applied.every)
    changes.add("run every", old ? format_duration(old->every) : "", format_duration(plan.applied.every));
  if (!old || old->anchor != plan.applied.anchor)
    changes.add("anchor", old ? format_rfc3339(old->anchor) : "", format_rfc3339(plan.applied.anchor));
  if (!old || old->scheduler != plan.applied.scheduler)
    changes.add("scheduler", old ? old->scheduler : "", plan.applied.scheduler);
  for (const auto& folder : plan.install.install.folders) changes.add(folder, "absent", "made");
  for (const auto& file : plan.install.files())
    changes.add(file.path, told(file.before), !file.after ? "removed" : file.before ? "changed" : "installed");
  if (plan.install.crontab_after) changes.add("crontab", "without these entries", "with them");
  if (plan.install.files().empty() && !plan.install.install.after_files.empty())
    changes.add("timers", "not in force", "enabled and started");
  return changes;
}

}  // namespace

std::string render(const std::optional<Upcoming>& in_force, const std::optional<Upcoming>& after_apply, Format format,
                   ZoneAt zone) {
  if (format == Format::json) {
    auto json = object("schedule");
    const auto& first = in_force ? in_force : after_apply;
    json["applied"] = in_force.has_value();
    if (first) json.update(json_of(*first));
    json["after_apply"] = after_apply ? json_of(*after_apply) : Json(nullptr);
    if (after_apply) json["after_apply"]["why"] = after_apply->why;
    return dump(json);
  }
  std::string text =
      in_force ? block("in force", *in_force, zone) : "nothing is scheduled yet; to schedule it: hasync apply\n";
  if (after_apply) text += block("after hasync apply", *after_apply, zone);
  return text;
}

std::string render(const agent::ApplyPlan& plan, const config::Config& settings, Instant now, Format format,
                   LocalTime local) {
  const auto changes = changes_of(plan);
  if (format == Format::json) return render(changes, format);
  auto text = render(changes, format);
  const schedule::Grid grid{plan.applied.anchor, plan.applied.every};
  std::vector<std::string> next;
  std::string day;
  for (const auto at : schedule::upcoming(grid, now, 5)) {
    const bool same_day = std::exchange(day, format_day(at)) == format_day(at);
    next.push_back(fmt::format("{}{} ({})", same_day ? "" : day + " ", format_clock(at), local(at)));
  }
  text += fmt::format("next runs  {} UTC (local)\n", join(next, ", "));
  text += fmt::format("detection  {}\n", config::tell_detection(settings.heartbeat));
  for (const auto& warning : plan.install.warnings) text += fmt::format("warning    {}\n", warning);
  for (const auto& warning : plan.warnings) text += fmt::format("warning    {}\n", warning);
  return text;
}

std::string render_diff(const schedule::InstallPlan& plan) {
  std::string text;
  for (const auto& file : plan.files()) text += line_diff(file.path, file.before, file.after);
  if (plan.crontab_after) text += line_diff("crontab", plan.crontab_before, plan.crontab_after);
  return text;
}

std::string render_diff(const agent::ApplyPlan& plan) {
  const auto settings =
      plan.settings.changes.empty() ? "" : line_diff("settings", plan.settings.before, plan.settings.text);
  return settings + render_diff(plan.install);
}

std::string render(const agent::UninstallPlan& plan, const std::vector<std::string>& kept, Format format) {
  Changes changes;
  if (plan.before) changes.add("scheduler", plan.before->scheduler, "");
  for (const auto& file : plan.remove.files()) changes.add(file.path, "there", "removed");
  if (plan.remove.crontab_after) changes.add("crontab", "with these entries", "without them");
  auto text = render(changes, format);
  if (format == Format::json) return text;
  for (const auto& each : kept) text += fmt::format("kept       {}\n", each);
  return text;
}

}  // namespace hasync::report
