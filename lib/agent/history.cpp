#include "agent/history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "store/failovers.hpp"
#include "store/heartbeats.hpp"
#include "store/outbox.hpp"
#include "store/refusals.hpp"
#include "store/sync_runs.hpp"

namespace hasync::agent {
namespace {

using Items = std::vector<HistoryItem>;

std::optional<Duration> between(Instant from, const std::optional<Instant>& to) {
  return to ? std::optional{*to - from} : std::nullopt;
}

// Over the whole run, planning included; of one that took no time, none.
std::string tell_rate(const store::SyncRun& run) {
  const auto took = run.finished ? *run.finished - run.started : Duration{0};
  if (took < std::chrono::seconds{1} || run.transferred == 0) return {};
  return fmt::format(" at {}/s", tell_size(run.transferred * 1000 / took.count()));
}

HistoryItem item_of(const store::SyncRun& run) {
  HistoryItem item{
      run.started, "sync", std::string{store::sync_result_name(run.result)}, between(run.started, run.finished),
      {},          {}};
  if (run.result == store::SyncResult::success)
    item.summary = fmt::format("{} changed, {} deleted, {} sent{}; {}, {}", with_thousands(run.changed),
                               with_thousands(run.deleted), tell_size(run.transferred), tell_rate(run),
                               counted(run.files, "file"), tell_size(run.bytes));
  if (!run.note.empty()) item.summary += (item.summary.empty() ? "" : "; ") + run.note;
  item.details = {{"id", fmt::format("{}", run.id)}, {"trigger", run.trigger}, {"point", run.point.value_or("")}};
  return item;
}

HistoryItem item_of(const store::Attempt& attempt) {
  return {attempt.at,
          "heartbeat",
          attempt.alive ? "alive" : "failed",
          attempt.duration,
          attempt.alive ? attempt.evidence : fmt::format("{} in a row: {}", attempt.failures, attempt.evidence),
          {}};
}

HistoryItem item_of(const store::Episode& episode) {
  auto summary = fmt::format("{}: {}", counted(episode.failures, "failed attempt"), episode.evidence);
  if (episode.acted) summary += "; " + *episode.acted;
  return {episode.began,
          "heartbeat",
          episode.ended      ? "outage over"
          : episode.detected ? "outage"
                             : "failing",
          between(episode.began, episode.ended),
          std::move(summary),
          {{"id", fmt::format("{}", episode.id)}}};
}

HistoryItem item_of(const store::Mail& mail) {
  std::vector<std::string> told;
  auto worst = store::Delivery::sent;
  for (const auto& recipient : mail.recipients) {
    told.push_back(fmt::format("{} {}", recipient.address, store::delivery_name(recipient.delivery)));
    if (recipient.delivery != store::Delivery::sent && worst != store::Delivery::failed) worst = recipient.delivery;
  }
  auto summary = fmt::format("{} ({})", mail.subject, join(told, ", "));
  if (!mail.note.empty()) summary += "; " + mail.note;
  return {mail.queued,
          "mail",
          std::string{store::delivery_name(worst)},
          {},
          std::move(summary),
          {{"id", fmt::format("{}", mail.id)}, {"tries", fmt::format("{}", mail.tries)}}};
}

HistoryItem item_of(const store::Refusal& refusal) {
  auto summary = fmt::format("{}{}: {}", refusal.command.empty() ? "a shell" : refusal.command,
                             refusal.from.empty() ? "" : " from " + refusal.from, refusal.reason);
  if (refusal.count > 1) summary += fmt::format("; {} more within a minute", with_thousands(refusal.count - 1));
  return {refusal.at, "event", "refused", {}, std::move(summary), {{"count", fmt::format("{}", refusal.count)}}};
}

HistoryItem item_of(const store::Event& event) { return {event.at, "event", event.kind, {}, event.summary, {}}; }

Result<HistoryItem> item_of(store::Database& database, const store::FailoverRecord& failover) {
  HistoryItem item{failover.at,
                   std::string{store::failover_kind_name(failover.kind)},
                   std::string{store::failover_result_name(failover.result)},
                   between(failover.at, failover.finished),
                   failover.note,
                   {}};
  item.details = {{"id", fmt::format("{}", failover.id)},
                  {"trigger", failover.trigger},
                  {"term", fmt::format("{}", failover.term)}};
  if (failover.point) item.details.emplace_back("point", *failover.point);
  if (!failover.forced.empty()) item.details.emplace_back("forced", failover.forced);
  HASYNC_TRY(const auto steps, store::steps_of(database, failover.id));
  for (const auto& step : steps) {
    auto words = std::string{store::step_state_name(step.state)};
    if (step.started && step.finished) words += " in " + tell_duration(*step.finished - *step.started);
    if (!step.evidence.empty()) words += ": " + step.evidence;
    item.details.emplace_back(fmt::format("step {}", step.name), std::move(words));
  }
  return item;
}

bool wants(const HistoryQuery& query, HistoryKind kind) { return query.kind == kind || query.kind == HistoryKind::all; }

template <typename Row>
void append(Items& items, const std::vector<Row>& rows) {
  for (const auto& row : rows) items.push_back(item_of(row));
}

bool is_failure(const HistoryItem& item) {
  return item.result == "failed" || item.result == "interrupted" || item.result == "refused" || item.result == "outage";
}

}  // namespace

const std::vector<std::string>& history_kind_names() {
  static const std::vector<std::string> names{"all", "syncs", "heartbeats", "failovers", "mails", "events"};
  return names;
}

Result<Items> collect_history(store::Database& database, const HistoryQuery& query) {
  Items items;
  if (wants(query, HistoryKind::syncs)) {
    HASYNC_TRY(const auto runs, store::list_runs(database, query.range));
    append(items, runs);
  }
  if (query.kind == HistoryKind::heartbeats) {
    HASYNC_TRY(const auto attempts, store::list_attempts(database, query.range));
    append(items, attempts);
  }
  if (query.kind == HistoryKind::all) {  // every single beat would drown the rest
    HASYNC_TRY(const auto episodes, store::list_episodes(database, query.range));
    append(items, episodes);
  }
  if (wants(query, HistoryKind::failovers)) {
    HASYNC_TRY(const auto failovers, store::list_failovers(database, query.range));
    for (const auto& failover : failovers) {
      HASYNC_TRY(auto item, item_of(database, failover));
      items.push_back(std::move(item));
    }
  }
  if (wants(query, HistoryKind::mails)) {
    HASYNC_TRY(const auto mails, store::list_mails(database, query.range));
    append(items, mails);
  }
  if (wants(query, HistoryKind::events)) {
    HASYNC_TRY(const auto events, store::list_events(database, query.range));
    append(items, events);
    HASYNC_TRY(const auto refusals, store::list_refusals(database, query.range));
    append(items, refusals);
  }
  if (query.failed_only) std::erase_if(items, [](const HistoryItem& item) { return !is_failure(item); });
  std::stable_sort(items.begin(), items.end(), [](const auto& left, const auto& right) { return left.at > right.at; });
  if (items.size() > static_cast<std::size_t>(query.range.limit))
    items.resize(static_cast<std::size_t>(query.range.limit));
  return items;
}

}  // namespace hasync::agent
