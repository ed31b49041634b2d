// The journal of promotions and demotions: the whole plan is recorded before its first step, each step before and after
// it runs.
#pragma once
#include <vector>

#include "store/rows.hpp"

namespace hasync::store {

enum class FailoverKind { promotion, demotion, standby };
enum class FailoverResult { running, done, failed, refused, standby, given_up };
enum class StepState { pending, running, done, failed, passed_over };
std::string_view failover_kind_name(FailoverKind kind);
std::string_view failover_result_name(FailoverResult result);
std::string_view step_state_name(StepState state);

struct StepRecord {
  int seq = 0;
  std::string kind{};  // fence, copy, activate, run
  std::string name{};
  std::string spec{};  // what its kind needs to carry it out again after a crash
  StepState state = StepState::pending;
  int tries = 0;
  std::optional<Instant> started{}, finished{};
  std::string evidence{};
};

struct FailoverRecord {
  std::int64_t id = 0;
  Instant at{};
  std::optional<Instant> finished{};
  FailoverKind kind = FailoverKind::promotion;
  std::string trigger{};  // "heartbeat" or "operator"
  FailoverResult result = FailoverResult::running;
  std::optional<std::int64_t> episode{};
  std::optional<std::string> point{};
  std::int64_t term = 0;  // the term it leads to
  std::string guards{};   // a line a guard: "NAME VERDICT EVIDENCE", tab separated
  std::string forced{};   // guards overridden, separated by commas
  std::string note{};
  std::optional<Instant> acknowledged{};
};

// Adds the record and its steps; `id` and the steps' state are not read. Call inside a Transaction.
Result<std::int64_t> add_failover(Database& database, const FailoverRecord& failover,
                                  const std::vector<StepRecord>& steps);
Result<void> update_failover(Database& database, const FailoverRecord& failover);
Result<void> update_step(Database& database, std::int64_t failover, const StepRecord& step);
Result<std::vector<StepRecord>> steps_of(Database& database, std::int64_t failover);

// The one still running (there is at most one), to be resumed.
Result<std::optional<FailoverRecord>> unfinished_failover(Database& database);
// The newest promotion that failed and that no operator has acknowledged.
Result<std::optional<FailoverRecord>> unacknowledged_failover(Database& database);
// How many of a kind failed since then.
Result<std::int64_t> failed_since(Database& database, FailoverKind kind, Instant since);
Result<void> acknowledge_failovers(Database& database, Instant at);
Result<std::vector<FailoverRecord>> list_failovers(Database& database, const Range& range);

}  // namespace hasync::store
