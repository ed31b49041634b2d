// What happened, newest first, whatever it was recorded as.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "store/rows.hpp"

namespace hasync::agent {

enum class HistoryKind { all, syncs, heartbeats, failovers, mails, events };
// What an operator calls them, in that order.
const std::vector<std::string>& history_kind_names();

struct HistoryItem {
  Instant at{};
  std::string kind{};    // sync, heartbeat, failover, mail, event
  std::string result{};  // in the kind's own words
  std::optional<Duration> duration{};
  std::string summary{};
  std::vector<std::pair<std::string, std::string>> details{};  // what else is recorded of it, name and value
};

struct HistoryQuery {
  HistoryKind kind = HistoryKind::all;
  store::Range range{};
  bool failed_only = false;
};

// At most `range.limit` items, newest first.
Result<std::vector<HistoryItem>> collect_history(store::Database& database, const HistoryQuery& query);

}  // namespace hasync::agent
