#include "heartbeat/beat.hpp"

#include <fmt/format.h>

namespace hasync::heartbeat {
namespace {

class Beater {
 public:
  Beater(const config::Config& settings, store::Database& database, Clock& clock, Prober& prober,
         const BeatHooks& hooks)
      : settings_(settings),
        database_(database),
        clock_(clock),
        prober_(prober),
        hooks_(hooks),
        boot_(clock.boot_id()) {}

  Result<Beat> run() {
    HASYNC_TRY(const auto newest, store::newest_attempt(database_));
    int failures = carried_failures(newest, settings_.heartbeat, clock_.uptime(), boot_);
    prepare_after(failures);
    for (;;) {
      HASYNC_TRY(auto beat, attempt(failures));
      if (beat.verdict != Verdict::failing) return beat;
      failures = beat.last.failures;
      const auto next = clock_.uptime() + settings_.heartbeat.recheck_interval;
      prepare_after(failures);
      if (!clock_.wait_until(next))
        return fail(ExitCode::interrupted,
                    fmt::format("interrupted after {} of {} failed attempts", failures, settings_.heartbeat.failures));
    }
  }

 private:
  void prepare_after(int failures) const {
    if (failures + 1 >= settings_.heartbeat.failures && hooks_.before_last_attempt) hooks_.before_last_attempt();
  }

  Result<Beat> attempt(int failures_before) {
    store::Attempt attempt{.at = clock_.now()};
    const auto began = clock_.uptime();
    const auto answers = prober_.ask(probes_of(settings_), settings_.heartbeat.timeout);
    attempt.uptime = clock_.uptime();
    attempt.duration = attempt.uptime - began;
    attempt.boot = boot_;
    HASYNC_TRY(attempt.alive, judge_alive(answers));
    attempt.failures = attempt.alive ? 0 : failures_before + 1;
    attempt.evidence = tell(answers);
    return record(std::move(attempt));
  }

  Result<Beat> record(store::Attempt attempt) {
    HASYNC_TRY(auto transaction, store::Transaction::begin(database_));
    HASYNC_TRY(auto episode, store::open_episode(database_));
    const bool acted = episode && episode->acted;
    const auto verdict = judge(attempt.alive, attempt.failures, acted, settings_.heartbeat);
    if (attempt.alive && episode) {
      episode->ended = attempt.at;
      HASYNC_CHECK(store::update_episode(database_, *episode));
      if (episode->detected && hooks_.on_recovered) HASYNC_CHECK(hooks_.on_recovered(*episode));
    } else if (!attempt.alive) {
      HASYNC_TRY(episode, failed_again(std::move(episode), attempt, verdict));
      attempt.episode = episode->id;
    }
    HASYNC_TRY(attempt.id, store::add_attempt(database_, attempt));
    HASYNC_CHECK(transaction.commit());
    return Beat{verdict, std::move(attempt), std::move(episode)};
  }

  Result<std::optional<store::Episode>> failed_again(std::optional<store::Episode> episode,
                                                     const store::Attempt& attempt, Verdict verdict) {
    if (!episode) {
      episode = store::Episode{.began = attempt.at, .evidence = attempt.evidence};
      HASYNC_TRY(episode->id, store::add_episode(database_, *episode));
    }
    ++episode->failures;
    episode->evidence = attempt.evidence;
    if (verdict == Verdict::detected && !episode->detected) episode->detected = attempt.at;
    HASYNC_CHECK(store::update_episode(database_, *episode));
    return episode;
  }

  const config::Config& settings_;
  store::Database& database_;
  Clock& clock_;
  Prober& prober_;
  const BeatHooks& hooks_;
  std::string boot_;
};

}  // namespace

Result<Beat> run_beat(const config::Config& settings, store::Database& database, Clock& clock, Prober& prober,
                      const BeatHooks& hooks) {
  return Beater{settings, database, clock, prober, hooks}.run();
}

}  // namespace hasync::heartbeat
