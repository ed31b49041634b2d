// Carrying out a plan step by step, each journalled before and after, so that a crash resumes at the step that was
// running.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "failover/plan.hpp"
#include "os/clock.hpp"
#include "os/process.hpp"
#include "store/node_state.hpp"

namespace hasync::failover {

// Where steps are journalled. Each call is one durable write.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual Result<void> write(std::int64_t failover, const store::StepRecord& step) = 0;
  // The end, one transaction: the record, for a done one the new role and term, and what `on_recorded` adds.
  virtual Result<void> finish(const store::FailoverRecord& failover, const std::vector<store::StepRecord>& steps) = 0;
};

using OnRecorded = std::function<Result<void>(const store::FailoverRecord&, const std::vector<store::StepRecord>&)>;

class StoreJournal final : public Journal {
 public:
  StoreJournal(store::Database& database, OnRecorded on_recorded)
      : database_(database), on_recorded_(std::move(on_recorded)) {}
  Result<void> write(std::int64_t failover, const store::StepRecord& step) override;
  Result<void> finish(const store::FailoverRecord& failover, const std::vector<store::StepRecord>& steps) override;

 private:
  store::Database& database_;
  OnRecorded on_recorded_;
};

struct StepContext {
  std::string node, peer;
  int role_lock = -1;  // a copy keeps this descriptor, so that one that outlives us keeps others from carrying on
};

// Runs what is not done yet of `failover`. The result is the record as it ended: done or failed. ExitCode::interrupted
// leaves the step recorded as running, to be resumed. Steps see HASYNC_NODE, HASYNC_PEER, HASYNC_TERM, HASYNC_POINT and
// HASYNC_FAILOVER.
Result<store::FailoverRecord> carry_out(store::FailoverRecord failover, std::vector<store::StepRecord> steps,
                                        const StepContext& context, Journal& journal, Clock& clock,
                                        ProcessRunner& runner);

}  // namespace hasync::failover
