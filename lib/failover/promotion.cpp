#include "failover/promotion.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "failover/activation.hpp"
#include "failover/databases.hpp"

namespace hasync::failover {
namespace {

using store::StepState;

class Performer {
 public:
  Performer(store::FailoverRecord failover, std::vector<store::StepRecord> steps, const StepContext& context,
            Journal& journal, Clock& clock, ProcessRunner& runner)
      : failover_(std::move(failover)), steps_(std::move(steps)), journal_(journal), clock_(clock), runner_(runner) {
    environment_ = {"HASYNC_NODE=" + context.node, "HASYNC_PEER=" + context.peer,
                    fmt::format("HASYNC_TERM={}", failover_.term), "HASYNC_POINT=" + failover_.point.value_or(""),
                    fmt::format("HASYNC_FAILOVER={}", failover_.id)};
    if (context.role_lock >= 0) inherit_ = {context.role_lock};
  }

  Result<store::FailoverRecord> run() {
    for (auto& step : steps_) {
      if (step.state == StepState::done || step.state == StepState::passed_over) continue;
      HASYNC_TRY(const auto planned, from_record(step));
      HASYNC_CHECK(perform(step, planned));
      if (step.state == StepState::failed && planned.on_error == config::OnError::abort) {
        failover_.note = fmt::format("step \"{}\" failed: {}", step.name, step.evidence);
        return finish(store::FailoverResult::failed);
      }
    }
    return finish(store::FailoverResult::done);
  }

 private:
  Result<void> perform(store::StepRecord& step, const PlannedStep& planned) {
    if (!step.started) step.started = clock_.now();
    // Killed in the middle of it, we may have left it running: it is harmless to run again, but not beside itself.
    if (step.state == StepState::running) static_cast<void>(runner_.end_left_over(step.evidence));
    for (int left = planned.retries;; --left) {
      step.state = StepState::running;
      ++step.tries;
      HASYNC_CHECK(journal_.write(failover_.id, step));
      auto done = effect(step, planned);
      if (!done && done.error().code == ExitCode::interrupted)
        return fail(with_context(std::move(done.error()), fmt::format("step \"{}\"", step.name)));
      step.finished = clock_.now();
      step.state = done ? StepState::done : StepState::failed;
      step.evidence = done ? *done : describe(done.error());
      if (done || left <= 0) break;
    }
    if (step.state == StepState::failed && planned.on_error == config::OnError::go_on)
      step.state = StepState::passed_over;
    return journal_.write(failover_.id, step);
  }

  // A line for the record.
  Result<std::string> effect(store::StepRecord& record, const PlannedStep& step) {
    switch (step.kind) {
      case StepKind::copy:
        return copy_point(step.point, step.live, step.timeout, inherit_, runner_);
      case StepKind::activate:
        return activate(step.live, identity_of_copy(step, StepKind::copy), stamp());
      case StepKind::restore:
        return restore(step);
      case StepKind::swap:
        return put_in_place(step.live, identity_of_copy(step, StepKind::restore), stamp(), runner_);
      case StepKind::fence:
      case StepKind::run:
      case StepKind::feed:
        break;
    }
    HASYNC_TRY(const auto fed, what_is_fed(step));
    Result<void> journalled;
    HASYNC_TRY(const auto ended, runner_.run({.argv = step.argv,
                                              .environment = environment_,
                                              .input_file = fed.get(),
                                              .timeout = step.timeout,
                                              .output_limit = 4096,
                                              .on_started = [&](const std::string& process) {
                                                record.evidence = process;
                                                journalled = journal_.write(failover_.id, record);
                                              }}));
    HASYNC_CHECK(journalled);
    if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
    if (!ended.succeeded())
      return fail(ExitCode::failed, fmt::format("{}: {}", shell_line(step.argv), tell_end(ended)));
    return printable(last_line(ended.output));
  }

  Result<std::string> restore(const PlannedStep& step) {
    HASYNC_TRY(auto restored, restore_database(step.point, step.live, step.timeout, inherit_, runner_));
    if (!restored.doubt.empty())
      failover_.note += fmt::format("{}{}: {}", failover_.note.empty() ? "" : "; ", step.name, restored.doubt);
    return std::move(restored.evidence);
  }

  static Result<Fd> what_is_fed(const PlannedStep& step) {
    if (step.kind != StepKind::feed) return Fd{};
    Fd dump{::open(step.point.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!dump) return fail(os_error(fmt::format("cannot read {}", step.point), errno));
    return dump;
  }

  // What the step that made the copy for the same place recorded as its evidence.
  std::string identity_of_copy(const PlannedStep& step, StepKind made_by) const {
    for (const auto& other : steps_) {
      const auto planned = from_record(other);
      if (planned && planned->kind == made_by && planned->live == step.live) return other.evidence;
    }
    return {};
  }

  std::string stamp() const { return format_rfc3339(failover_.at); }

  Result<store::FailoverRecord> finish(store::FailoverResult result) {
    failover_.result = result;
    failover_.finished = clock_.now();
    HASYNC_CHECK(journal_.finish(failover_, steps_));
    return failover_;
  }

  store::FailoverRecord failover_;
  std::vector<store::StepRecord> steps_;
  Journal& journal_;
  Clock& clock_;
  ProcessRunner& runner_;
  std::vector<std::string> environment_;
  std::vector<int> inherit_;
};

}  // namespace

Result<void> StoreJournal::write(std::int64_t failover, const store::StepRecord& step) {
  HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
  HASYNC_CHECK(store::update_step(database_, failover, step));
  return transaction.commit();
}

Result<void> StoreJournal::finish(const store::FailoverRecord& failover, const std::vector<store::StepRecord>& steps) {
  HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
  HASYNC_CHECK(store::update_failover(database_, failover));
  if (failover.result == store::FailoverResult::done) {
    const auto role = failover.kind == store::FailoverKind::promotion ? Role::primary : Role::secondary;
    HASYNC_CHECK(store::set_role(database_, role, failover.term, *failover.finished));
  }
  if (on_recorded_) HASYNC_CHECK(on_recorded_(failover, steps));
  return transaction.commit();
}

Result<store::FailoverRecord> carry_out(store::FailoverRecord failover, std::vector<store::StepRecord> steps,
                                        const StepContext& context, Journal& journal, Clock& clock,
                                        ProcessRunner& runner) {
  return Performer{std::move(failover), std::move(steps), context, journal, clock, runner}.run();
}

}  // namespace hasync::failover
