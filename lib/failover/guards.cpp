#include "failover/guards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace hasync::failover {
namespace {

Guard not_paused(const Facts& facts) {
  if (!store::paused(facts.node, facts.now)) return {"not-paused", Verdict::pass, "not paused"};
  const auto& pause = *facts.node.pause;
  const auto until = pause.until ? "until " + format_rfc3339(*pause.until) : std::string{"without an end"};
  return {"not-paused", Verdict::fail,
          fmt::format("paused {}{}; to end it: hasync resume", until,
                      pause.reason.empty() ? "" : " (" + pause.reason + ")")};
}

Guard no_earlier_failover(const Facts& facts) {
  if (!facts.earlier) return {"no-earlier-failover", Verdict::pass, "no failed one is waiting for an operator"};
  return {"no-earlier-failover", Verdict::fail,
          fmt::format("failover {} failed at {} ({}); look: hasync history failovers, then: hasync resume",
                      facts.earlier->id, format_rfc3339(std::chrono::floor<std::chrono::seconds>(facts.earlier->at)),
                      facts.earlier->note)};
}

Guard role(const Facts& facts) {
  if (facts.node.role == Role::secondary)
    return {"role", Verdict::pass, fmt::format("secondary, term {}", facts.node.term)};
  return {"role", Verdict::fail, fmt::format("this node is primary already (term {})", facts.node.term)};
}

Guard recovery_point(const Facts& facts) {
  if (facts.point) return {"recovery-point", Verdict::pass, facts.point->id + " is complete"};
  return {"recovery-point", Verdict::fail, facts.point_trouble + "; to make one: hasync sync"};
}

Guard data_age(const Facts& facts) {
  if (!facts.point) return {"data-age", Verdict::unknown, "there is no recovery point"};
  const auto age = facts.now - facts.point->at;
  if (facts.max_data_age == Duration{0}) return {"data-age", Verdict::pass, tell_age(age) + ", any age is accepted"};
  const auto evidence = fmt::format("{}, limit {}", tell_age(age), tell_duration(facts.max_data_age));
  if (age < Duration{0}) return {"data-age", Verdict::unknown, evidence};
  return {"data-age", age <= facts.max_data_age ? Verdict::pass : Verdict::fail, evidence};
}

Guard live_path(const Facts& facts) {
  if (!facts.point) return {"live-path", Verdict::unknown, "there is no recovery point"};
  return facts.live.trouble.empty() ? Guard{"live-path", Verdict::pass, facts.live.evidence}
                                    : Guard{"live-path", Verdict::fail, facts.live.trouble};
}

Guard witness(const Facts& facts) {
  if (!facts.witness) return {"witness", Verdict::pass, "none configured"};
  if (facts.witness->any_alive) return {"witness", Verdict::pass, facts.witness->evidence};
  return {"witness", Verdict::fail,
          fmt::format("none answers ({}): this node may be the one that is cut off", facts.witness->evidence)};
}

Guard peer_term(const Facts& facts) {
  if (facts.transport == config::Transport::local)
    return {"peer-term", Verdict::pass, fmt::format("{} is reached as a local folder and keeps no term", facts.peer)};
  if (!facts.node.peer)
    return {"peer-term", Verdict::unknown,
            fmt::format("{} never told its term; install hasync there, then: hasync check", facts.peer)};
  const auto& peer = *facts.node.peer;
  const auto evidence =
      fmt::format("{} told term {} at {}, ours is {}", facts.peer, peer.term,
                  format_rfc3339(std::chrono::floor<std::chrono::seconds>(peer.told_at)), facts.node.term);
  return {"peer-term", peer.term > facts.node.term ? Verdict::fail : Verdict::pass, evidence};
}

constexpr std::array never_forced{"role", "recovery-point"};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  static constexpr std::array names{"pass", "fail", "unknown"};
  return names.at(static_cast<std::size_t>(verdict));
}

std::vector<Guard> judge_guards(const Facts& facts) {
  return {not_paused(facts), no_earlier_failover(facts), role(facts),    recovery_point(facts),
          data_age(facts),   live_path(facts),           witness(facts), peer_term(facts)};
}

std::vector<std::string> blocking(const std::vector<Guard>& guards, const std::vector<std::string>& forced) {
  std::vector<std::string> names;
  for (const auto& guard : guards)
    if (guard.verdict != Verdict::pass && std::find(forced.begin(), forced.end(), guard.name) == forced.end())
      names.push_back(guard.name);
  return names;
}

Result<void> check_forced(const std::vector<std::string>& forced) {
  std::vector<std::string> names;
  for (const auto& guard : judge_guards({})) names.push_back(guard.name);
  for (const auto& name : forced) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const auto meant = nearest(name, names);
      return fail(ExitCode::usage, fmt::format("\"{}\" is not a guard{}; the guards are {}", printable(name),
                                               meant ? "; did you mean " + *meant + "?" : "", join(names, ", ")));
    }
    if (std::find(never_forced.begin(), never_forced.end(), name) != never_forced.end())
      return fail(ExitCode::usage, fmt::format("the guard {} cannot be overridden", name));
  }
  return {};
}

std::string record_of(const std::vector<Guard>& guards) {
  std::string text;
  for (const auto& guard : guards)
    text += fmt::format("{}\t{}\t{}\n", guard.name, verdict_name(guard.verdict), printable(guard.evidence));
  return text;
}

}  // namespace hasync::failover
