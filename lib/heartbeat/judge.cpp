#include "heartbeat/judge.hpp"

namespace hasync::heartbeat {

int carried_failures(const std::optional<store::Attempt>& newest, const config::Heartbeat& settings, BootTime now,
                     const std::string& boot) {
  if (!newest || newest->alive || newest->boot != boot) return 0;
  const auto age = now - newest->uptime;
  const auto limit = 2 * settings.interval + settings.timeout + settings.recheck_interval;
  return age >= Duration{0} && age <= limit ? newest->failures : 0;
}

Verdict judge(bool alive, int failures, bool acted, const config::Heartbeat& settings) {
  if (alive) return Verdict::alive;
  if (failures < settings.failures) return Verdict::failing;
  return acted ? Verdict::down : Verdict::detected;
}

std::vector<Instant> beats_to_cover(Instant start, Duration cover, Duration interval) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(start);
  const Instant first{(minute.time_since_epoch() + interval - Duration{1}) / interval * interval};
  std::vector<Instant> beats;
  for (auto at = first; at < minute + cover; at += interval)
    if (at + interval > start) beats.push_back(at);  // the newest that is past is made up for
  return beats;
}

}  // namespace hasync::heartbeat
