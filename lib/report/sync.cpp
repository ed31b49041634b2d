#include "report/sync.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/json.hpp"
#include "sync/hooks.hpp"

namespace hasync::report {

std::string render(const sync::Outcome& outcome, Format format) {
  const auto& run = outcome.run;
  const bool good = run.result == store::SyncResult::success || run.result == store::SyncResult::unchanged;
  if (format == Format::json) {
    auto json = object("sync");
    json["result"] = outcome.error && run.result == store::SyncResult::running
                         ? "refused"
                         : std::string{store::sync_result_name(run.result)};
    json["changed"] = run.result == store::SyncResult::success;
    json["started"] = format_rfc3339(run.started);
    json["duration_s"] = seconds_or_null(run.finished ? std::optional{*run.finished - run.started} : std::nullopt);
    json["point"] = run.point ? Json(*run.point) : Json(nullptr);
    json["files"] = run.files;
    json["bytes"] = run.bytes;
    json["files_changed"] = run.changed;
    json["files_deleted"] = run.deleted;
    json["bytes_transferred"] = run.transferred;
    json["note"] = run.note;
    return dump(json);
  }
  if (!good) return {};  // the error says it, on stderr
  const auto took = tell_duration(*run.finished - run.started);
  const auto note = run.note.empty() ? "" : " · note: " + printable(run.note);
  if (run.result == store::SyncResult::unchanged)
    return fmt::format("nothing changed since point {} · {}{}\n", run.point.value_or(""), took, note);
  return fmt::format("point {} · {} changed, {} deleted, {} sent · {}, {} in all · {}{}\n", run.point.value_or(""),
                     with_thousands(run.changed), with_thousands(run.deleted), tell_size(run.transferred),
                     counted(run.files, "file"), tell_size(run.bytes), took, note);
}

namespace {

Json as_json(const config::Hook& hook, sync::When when) {
  return {{"when", sync::when_name(when)},
          {"name", hook.name},
          {"dataset", hook.dataset.empty() ? Json(nullptr) : Json(hook.dataset)},
          {"argv", hook.run}};
}

std::string tell(const std::vector<config::Hook>& hooks, sync::When when) {
  std::string lines;
  for (const auto& hook : hooks)
    lines += fmt::format("hook {} {}: {}\n  {}\n", sync::when_name(when),
                         hook.dataset.empty() ? std::string{"the run"} : hook.dataset, printable(hook.name),
                         shell_line(hook.run));
  return lines;
}

}  // namespace

std::string render(const sync::Plan& plan, Format format) {
  if (format == Format::json) {
    auto json = object("sync-plan");
    json["would_change"] = plan.changes_anything && plan.holds.empty();
    json["refusal"] = plan.holds.empty() ? Json(nullptr) : Json(plan.holds.front().why);
    json["held_for"] = Json::array();
    for (const auto& hold : plan.holds) json["held_for"].push_back({{"guard", hold.guard}, {"why", hold.why}});
    json["newest_point"] = plan.newest ? Json(*plan.newest) : Json(nullptr);
    json["datasets"] = Json::array();
    for (const auto& dataset : plan.datasets) {
      const auto known = [&](std::int64_t count) {
        return dataset.foreseen == sync::Foreseen::all ? Json(count) : Json(nullptr);
      };
      json["datasets"].push_back({{"name", dataset.dataset},
                                  {"files_changed", known(dataset.counts.renewed())},
                                  {"files_created", known(dataset.counts.created)},
                                  {"files_content_changed", known(dataset.counts.changed)},
                                  {"files_attributes_changed", known(dataset.counts.attributes)},
                                  {"files_deleted", known(dataset.counts.deleted)},
                                  {"bytes_transferred", known(dataset.counts.transferred)},
                                  {"argv", dataset.argv}});
    }
    json["hooks"] = Json::array();
    for (const auto& hook : plan.before) json["hooks"].push_back(as_json(hook, sync::When::before));
    for (const auto& hook : plan.after) json["hooks"].push_back(as_json(hook, sync::When::after));
    return dump(json);
  }
  std::string text = plan.newest ? fmt::format("compared with point {}\n", *plan.newest)
                                 : "there is no point yet: everything is pulled\n";
  text += tell(plan.before, sync::When::before);
  for (const auto& dataset : plan.datasets) {
    if (dataset.foreseen == sync::Foreseen::nothing)
      text += fmt::format("{}: dumped anew; whether it changed is known only then\n  {}\n", dataset.dataset,
                          shell_line(dataset.argv));
    else if (dataset.argv.empty())
      text += fmt::format("{}: nothing changes\n", dataset.dataset);
    else
      text +=
          fmt::format("{}: {} created, {} changed, {} with other attributes, {} deleted, {} to send\n  {}\n",
                      dataset.dataset, with_thousands(dataset.counts.created), with_thousands(dataset.counts.changed),
                      with_thousands(dataset.counts.attributes), with_thousands(dataset.counts.deleted),
                      tell_size(dataset.counts.transferred), shell_line(dataset.argv));
  }
  text += tell(plan.after, sync::When::after);
  return text +
         (plan.changes_anything ? "" : "a run would publish no new point, only note that the data is still true\n");
}

}  // namespace hasync::report
