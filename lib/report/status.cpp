#include "report/status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/validate.hpp"
#include "peer/describe.hpp"
#include "report/failover.hpp"
#include "report/json.hpp"

namespace hasync::report {
namespace {

using agent::BeatState;

std::string_view state_name(BeatState state) {
  static constexpr std::array names{"alive", "failing", "failed", "unknown"};
  return names.at(static_cast<std::size_t>(state));
}

std::string as_json(const agent::Status& status) {
  auto json = object("status");
  json["node"] = status.settings.node.name;
  json["peer"] = status.settings.peer.name;
  json["role"] = std::string{store::role_name(status.node.role)};
  json["term"] = status.node.term;
  json["paused"] = status.paused;
  json["data_age_s"] = seconds_or_null(status.data_age);
  json["recovery_point"] = status.point ? Json{{"id", status.point->id},
                                               {"at", format_rfc3339(status.point->at)},
                                               {"files", status.point->files},
                                               {"bytes", status.point->bytes}}
                                        : Json(nullptr);
  json["points_share_by"] = store::sharing_name(status.sharing);
  json["sync"] = {
      {"last_result",
       status.sync.last ? Json(std::string{store::sync_result_name(status.sync.last->result)}) : Json(nullptr)},
      {"last_success", time(status.sync.last_good ? std::optional{status.sync.last_good->started} : std::nullopt)},
      {"failures", status.sync.failures_since_good},
      {"next_due", time(status.sync.next_due)}};
  const auto& beat = status.heartbeat;
  json["heartbeat"] = {{"state", std::string{state_name(beat.state)}},
                       {"consecutive_failures", beat.last ? beat.last->failures : 0},
                       {"last_success", time(beat.last_success)},
                       {"detection_bound_s", seconds(beat.detection_bound)}};
  json["failover"] = {{"action", std::string{action_name(status.settings.failover.action)}},
                      {"would_promote", status.blocking.empty()},
                      {"blocking", status.blocking}};
  json["peer_clock_offset_s"] = status.node.peer ? Json(seconds(status.node.peer->clock_offset)) : Json(nullptr);
  json["refused_last_day"] = status.refused_last_day;
  json["apply_needed"] = status.apply_needed;
  json["mail"] = {{"queued", status.mail.queued}, {"failed", status.mail.failed}};
  return dump(json);
}

std::string row(std::string_view label, const std::string& words) { return fmt::format("  {:<10} {}\n", label, words); }

std::string tell_point(const agent::Status& status) {
  if (!status.point) return "NO RECOVERY POINT · to make one: hasync sync";
  const auto limit = status.settings.failover.max_data_age;
  const bool old = limit > Duration{0} && *status.data_age > limit;
  return fmt::format("{}{} · point {} · {}, {} · {} kept by {}", tell_age(*status.data_age),
                     old ? fmt::format(" — limit is {} ✗", tell_duration(limit)) : "", status.point->id,
                     counted(status.point->files, "file"), tell_size(status.point->bytes), status.points_kept,
                     store::sharing_name(status.sharing));
}

// "03:00", with the day where it is another one than `now`'s.
std::string tell_moment(Instant at, Instant now) {
  return format_day(at) == format_day(now) ? format_clock(at) : format_day(at) + " " + format_clock(at);
}

std::string tell_schedule(const agent::Status& status, LocalTime local) {
  if (!status.node.applied) return "not scheduled · to schedule it: hasync apply";
  const auto& applied = *status.node.applied;
  auto words = fmt::format("every {} from {} UTC", tell_duration(applied.every), format_clock(applied.anchor));
  if (status.node.role == Role::secondary && status.sync.next_due)
    words += fmt::format(" · next {} UTC ({} local)", tell_moment(*status.sync.next_due, status.now),
                         local(*status.sync.next_due));
  return words;
}

std::string tell_last_run(const agent::Status& status) {
  const auto& sync = status.sync;
  const bool waits = sync.last && sync.last->result == store::SyncResult::running && !sync.last->note.empty();
  if (waits)
    return fmt::format("AT IT since {} · {}",
                       format_rfc3339(std::chrono::floor<std::chrono::seconds>(sync.last->started)),
                       printable(sync.last->note));
  if (sync.last && sync.last->result == store::SyncResult::held)
    return fmt::format("point {0} is HELD: {1} · hasync points publish {0}, or: hasync points discard {0}",
                       sync.last->point.value_or(""), printable(sync.last->note));
  if (sync.failures_since_good > 0 && sync.last)
    return fmt::format("FAILED {} in a row{} · see: hasync history syncs --failed",
                       counted(sync.failures_since_good, "time"),
                       sync.last->note.empty() ? "" : ": " + printable(sync.last->note));  // one that is under way
  if (!sync.last_good) return "never ran";
  const auto took = sync.last_good->finished
                        ? fmt::format(", took {}", tell_duration(*sync.last_good->finished - sync.last_good->started))
                        : "";
  return fmt::format("last ok {}{}", format_rfc3339(std::chrono::floor<std::chrono::seconds>(sync.last_good->started)),
                     took);
}

std::string tell_beat(const agent::Status& status) {
  const auto& beat = status.heartbeat;
  const auto bound = fmt::format("an outage is detected within {}", tell_duration(beat.detection_bound));
  if (!beat.last) return "no beat yet · " + bound;
  switch (beat.state) {
    case BeatState::alive:
      return fmt::format("alive · {} · every {} · {}", printable(beat.last->evidence),
                         tell_duration(status.settings.heartbeat.interval), bound);
    case BeatState::unknown:
      return fmt::format("UNKNOWN: no beat since {} · is the scheduler running? hasync check",
                         format_rfc3339(std::chrono::floor<std::chrono::seconds>(beat.last->at)));
    case BeatState::failing:
    case BeatState::failed:
      break;
  }
  auto words = fmt::format("{}: {} in a row · {}", beat.state == BeatState::failed ? "FAILED" : "failing",
                           counted(beat.last->failures, "failed attempt"), printable(beat.last->evidence));
  if (beat.episode)
    words += " · since " + format_rfc3339(std::chrono::floor<std::chrono::seconds>(beat.episode->began));
  if (beat.episode && beat.episode->acted) words += " · " + *beat.episode->acted;
  return words;
}

std::string tell_failover(const agent::Status& status) {
  const auto passed = status.guards.size() - static_cast<std::size_t>(std::count_if(
                                                 status.guards.begin(), status.guards.end(), [](const auto& guard) {
                                                   return guard.verdict != failover::Verdict::pass;
                                                 }));
  auto words =
      fmt::format("{} · {} of {} guards pass now",
                  status.settings.failover.action == config::FailoverAction::promote ? "promote to primary"
                                                                                     : "keep in standby, tell people",
                  passed, status.guards.size());
  for (const auto& guard : status.guards)
    if (guard.verdict != failover::Verdict::pass)
      words += fmt::format("\n             {}: {}", guard.name, printable(guard.evidence));
  return words;
}

std::string tell_mail(const agent::Status& status) {
  const auto& to = status.settings.notify.email.to;
  if (to.empty()) return "nobody is told: notify.email.to is empty";
  auto words = join(to, ", ");
  words += status.mail.queued == 0 ? " · nothing queued"
                                   : fmt::format(" · {} WAITING · see: hasync notify queue", status.mail.queued);
  if (status.mail.failed > 0) words += fmt::format(" · {} refused", status.mail.failed);
  return words;
}

// What the peer told before this node became primary is the past.
bool two_primaries(const agent::Status& status) {
  const auto& node = status.node;
  return node.role == Role::primary && node.peer && node.peer->role == Role::primary &&
         node.peer->told_at >= node.role_since;
}

std::string headline(const agent::Status& status) {
  const auto& peer = status.settings.peer.name;
  if (status.unfinished) {
    const bool promotion = status.unfinished->kind == store::FailoverKind::promotion;
    return fmt::format("A {} {}", promotion ? "PROMOTION" : "DEMOTION",
                       status.role_holder ? "IS UNDER WAY" : "WAS INTERRUPTED");
  }
  if (status.node.role == Role::primary)
    return two_primaries(status) ? fmt::format("TWO PRIMARIES: {} says so too (term {})", peer, status.node.peer->term)
                                 : std::string{"serving"};
  const auto gone = status.heartbeat.state == BeatState::failed ? fmt::format("{} IS GONE · ", peer) : std::string{};
  return gone + (status.blocking.empty() ? "ready to fail over" : "NOT READY to fail over");
}

std::string tell_unfinished(const agent::Status& status) {
  if (status.role_holder) return *status.role_holder + " is at it";
  return status.unfinished->kind == store::FailoverKind::promotion
             ? "to carry it on: hasync promote · to give it up: hasync demote"
             : "to carry it on: hasync demote";
}

std::string refused_row(const agent::Status& status) {
  if (status.refused_last_day == 0) return {};
  return row("refused", fmt::format("{} of the key of {} in the last day · see: hasync history events",
                                    counted(status.refused_last_day, "command"), status.settings.peer.name));
}

// Nothing that is scheduled at all is told elsewhere.
std::string schedule_row(const agent::Status& status) {
  if (!status.apply_needed || !status.node.applied) return {};
  return row(
      "schedule",
      fmt::format("what {} has is NOT WHAT THE SETTINGS SAY: they were changed, or an apply was not finished · to see "
                  "the difference: hasync apply --check --diff · then: hasync apply",
                  status.node.applied->scheduler));
}

}  // namespace

std::string render(const agent::Status& status, Format format, LocalTime local) {
  if (format == Format::json) return as_json(status);
  auto text = fmt::format("{} · {} {} · term {} · {}\n", status.settings.node.name,
                          status.node.role == Role::primary ? "primary, peer" : "secondary of",
                          status.settings.peer.name, status.node.term, headline(status));
  if (status.unfinished) text += row(fmt::format("failover {}", status.unfinished->id), tell_unfinished(status));
  if (status.paused) {
    const auto& pause = *status.node.pause;
    text +=
        fmt::format("  PAUSED: nothing happens by itself {}{} · to end it: hasync resume\n",
                    pause.until ? "until " + format_rfc3339(*pause.until) : std::string{"until somebody resumes it"},
                    pause.reason.empty() ? "" : " (" + printable(pause.reason) + ")");
  }
  if (status.node.role == Role::primary) {
    text += row("since", format_rfc3339(std::chrono::floor<std::chrono::seconds>(status.node.role_since)));
    return text + schedule_row(status) + refused_row(status) + row("mail", tell_mail(status)) +
           row("look", "hasync history failovers");
  }
  text += row("data", tell_point(status)) + row("sync", tell_schedule(status, local)) + row("", tell_last_run(status));
  text += schedule_row(status) + refused_row(status);
  if (status.node.peer && peer::clocks_differ(status.node.peer->clock_offset))
    text += row("clock", peer::tell_clock_offset(status.settings.peer.name, status.node.peer->clock_offset));
  return text + row("heartbeat", tell_beat(status)) + row("on failure", tell_failover(status)) +
         row("mail", tell_mail(status));
}

Nagios nagios(const Error& error) {
  const auto told = describe(error);
  return {3, "HASYNC UNKNOWN - " + told.substr(0, told.find('\n'))};
}

Nagios nagios(const agent::Status& status) {
  const auto name = status.settings.node.name;
  if (status.unfinished)
    return {status.role_holder ? 1 : 2,
            fmt::format("HASYNC {} - {}: {}", status.role_holder ? "WARNING" : "CRITICAL", name, headline(status))};
  if (two_primaries(status)) return {2, fmt::format("HASYNC CRITICAL - {}: {}", name, headline(status))};
  if (status.node.role == Role::primary)
    return {0, fmt::format("HASYNC OK - {} is primary, term {}", name, status.node.term)};
  const auto age = status.data_age ? tell_age(*status.data_age) : "none";
  const auto perf = status.data_age ? fmt::format(" | data_age={}s", status.data_age->count() / 1000) : "";
  if (status.heartbeat.state == BeatState::failed)
    return {2, fmt::format("HASYNC CRITICAL - {} is gone{}", status.settings.peer.name, perf)};
  if (!status.blocking.empty())
    return {2, fmt::format("HASYNC CRITICAL - {} cannot fail over: {}{}", name, join(status.blocking, ", "), perf)};
  if (status.heartbeat.state == BeatState::unknown)
    return {3, fmt::format("HASYNC UNKNOWN - {} has no recent heartbeat{}", name, perf)};
  if (status.sync.failures_since_good > 0 || status.heartbeat.state == BeatState::failing)
    return {1, fmt::format("HASYNC WARNING - {}: sync failed {}, heartbeat {}{}", name,
                           counted(status.sync.failures_since_good, "time"), state_name(status.heartbeat.state), perf)};
  return {0, fmt::format("HASYNC OK - {} is secondary, data {}{}", name, age, perf)};
}

}  // namespace hasync::report
