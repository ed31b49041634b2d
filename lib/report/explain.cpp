#include "report/explain.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

using schedule::Fate;

std::string ordinal(std::int64_t number) {
  const auto tens = number / 10 % 10, ones = number % 10;
  return fmt::format("{}{}", with_thousands(number),
                     tens == 1 || ones == 0 || ones > 3 ? "th"
                     : ones == 1                        ? "st"
                     : ones == 2                        ? "nd"
                                                        : "rd");
}

// "a run: the 3rd after the anchor …", after "is" or "would be".
std::string tell_spot(const schedule::Spot& spot, const schedule::Grid& grid, ZoneAt zone) {
  const auto moment = [zone](Instant at) { return format_rfc3339(at) + (zone ? tell_local(at, zone(at)) : ""); };
  const auto every = tell_exactly(grid.every);
  if (spot.number == 0) return fmt::format("a run: the anchor itself, from which every {} is counted", every);
  if (spot.is_run())
    return fmt::format("a run: the {} after the anchor {}, every {} (anchor + {} × {})", ordinal(*spot.number),
                       moment(grid.anchor), every, with_thousands(*spot.number), every);
  if (!spot.before)
    return fmt::format("no run: it is {} before the first run, the anchor {}", tell_exactly(grid.anchor - spot.at),
                       moment(grid.anchor));
  auto text = fmt::format("no run: {} after the run at {}", tell_exactly(spot.at - *spot.before), moment(*spot.before));
  if (spot.after)
    text += fmt::format(", {} before the one at {}", tell_exactly(*spot.after - spot.at), moment(*spot.after));
  return text;
}

std::string to_the_second(Instant at) { return format_rfc3339(std::chrono::floor<std::chrono::seconds>(at)); }

// "sync run 7 (schedule) started at …, 1 s later: success, took 14 s"
std::string tell_run(const store::SyncRun& run, std::string_view did, Instant due) {
  auto text =
      fmt::format("sync run {} ({}) {} at {}, {} later: {}", run.id, run.trigger, did, to_the_second(run.started),
                  tell_duration(run.started - due), store::sync_result_name(run.result));
  if (run.finished) text += ", took " + tell_duration(*run.finished - run.started);
  return run.note.empty() ? text : text + "; " + printable(run.note);
}

std::string tell_outcome(const agent::Explanation& told) {
  const auto& outcome = *told.outcome;
  const auto run = [&](std::string_view did) { return tell_run(*outcome.run, did, told.spot.at); };
  switch (outcome.fate) {
    case Fate::coming:
      return outcome.why.empty() ? "" : "as things stand no run will start: " + outcome.why;
    case Fate::due:
      return outcome.why.empty() ? "it is due now, and no run has started yet; to see whether the scheduler works: "
                                   "hasync check"
                                 : "it is due now, but no run starts: " + outcome.why;
    case Fate::ran:
      return run("started");
    case Fate::skipped:
      return "skipped: " + printable(outcome.why);
    case Fate::missed:
      return fmt::format("no run started: {}; {}", outcome.why,
                         outcome.run ? run("made good for it") : "none has made good for it yet");
    case Fate::not_applied:
      return fmt::format("this schedule was put into force later, at {}{}", to_the_second(told.applied_at),
                         outcome.run ? "; before that, " + run("started") : "");
    case Fate::forgotten:
      return fmt::format("what became of it is forgotten: history is kept for {}", tell_exactly(told.history_kept));
  }
  return "";
}

// What apply would make of it. That a start of HH:MM would be taken anew is of interest only for what is coming.
std::string tell_instead(const agent::Explanation& told, ZoneAt zone) {
  const auto& instead = *told.instead;
  const bool by_settings = instead.cause == schedule::Instead::Cause::settings;
  const bool coming = told.spot.at > told.now;
  std::string text;
  if (by_settings || coming)
    text = fmt::format("{}{}\n", by_settings ? "the settings say otherwise: " : "", join(instead.why, "; "));
  if (coming)
    text += fmt::format("  after hasync apply it would be {}\n",
                        tell_spot(schedule::spot_of(instead.grid, told.spot.at), instead.grid, zone));
  return text;
}

Json json_of(const schedule::Spot& spot, const schedule::Grid& grid) {
  return {{"is_run", spot.is_run()},
          {"number", spot.number ? Json(*spot.number) : Json(nullptr)},
          {"before", time(spot.before)},
          {"after", time(spot.after)},
          {"anchor", format_rfc3339(grid.anchor)},
          {"every_s", seconds(grid.every)}};
}

Json json_of(const store::SyncRun& run) {
  return {{"id", run.id},
          {"trigger", run.trigger},
          {"started", format_rfc3339(run.started)},
          {"duration_s", seconds_or_null(run.finished ? std::optional{*run.finished - run.started} : std::nullopt)},
          {"result", std::string{store::sync_result_name(run.result)}},
          {"note", run.note}};
}

std::string as_json(const agent::Explanation& told, const schedule::Grid& grid) {
  auto json = object("schedule-explain");
  json["at"] = format_rfc3339(told.spot.at);
  json["applied"] = told.in_force.has_value();
  json.update(json_of(told.spot, grid));
  json["why"] = tell_spot(told.spot, grid, nullptr);
  const auto& outcome = told.outcome;
  json["fate"] = outcome ? Json(std::string{schedule::fate_name(outcome->fate)}) : Json(nullptr);
  json["record"] = outcome ? tell_outcome(told) : "";
  json["run"] = outcome && outcome->run ? json_of(*outcome->run) : Json(nullptr);
  json["after_apply"] = nullptr;
  if (told.in_force && told.instead) {
    auto instead = json_of(schedule::spot_of(told.instead->grid, told.spot.at), told.instead->grid);
    instead["why"] = told.instead->why;
    json["after_apply"] = instead;
  }
  return dump(json);
}

}  // namespace

std::string render(const agent::Explanation& told, Format format, ZoneAt zone) {
  const auto& grid = told.in_force ? *told.in_force : told.instead->grid;
  if (format == Format::json) return as_json(told, grid);
  const auto at = told.spot.at;
  auto text = fmt::format("{}{}{} {} {}\n", told.in_force ? "" : "nothing is scheduled yet; after hasync apply, ",
                          format_rfc3339(at), tell_local(at, zone(at)), told.in_force ? "is" : "would be",
                          tell_spot(told.spot, grid, zone));
  if (const auto record = told.outcome ? tell_outcome(told) : ""; !record.empty()) text += "  " + record + "\n";
  if (told.spot.is_run() && told.spot.after)
    text += fmt::format("  the next run after it is {}{}\n", format_rfc3339(*told.spot.after),
                        tell_local(*told.spot.after, zone(*told.spot.after)));
  return told.in_force && told.instead ? text + tell_instead(told, zone) : text;
}

}  // namespace hasync::report
