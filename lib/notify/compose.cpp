#include "notify/compose.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace hasync::notify {
namespace {

std::string at(Instant instant) { return format_rfc3339(std::chrono::floor<std::chrono::seconds>(instant)); }

// "  why        5 of 5 attempts failed"
std::string row(std::string_view label, std::string_view words) { return fmt::format("  {:<10} {}\n", label, words); }

std::string exposure(const std::string& peer, const std::optional<Duration>& age) {
  if (!age) return "there is no recovery point at all";
  return fmt::format("the newest recovery point is {}: later changes on {} are not here", tell_age(*age), peer);
}

Message message(const Speaker& speaker, const std::string& subject, const std::string& body) {
  return {fmt::format("[hasync {}] {}", speaker.node, subject),
          fmt::format("{}\nSent by hasync on {}, {}.\n", body, speaker.node, at(speaker.now))};
}

std::string rows(const std::vector<StepTold>& steps) {
  std::string text;
  for (const auto& step : steps) text += row(text.empty() ? "steps" : "", step.name + ": " + step.words);
  return text;
}

}  // namespace

Message compose(const Speaker& speaker, const SyncCompleted& event) {
  return message(
      speaker,
      fmt::format("sync completed: {} changed, {} deleted", with_thousands(event.changed),
                  with_thousands(event.deleted)),
      fmt::format("{} pulled the data of {} in {}.\n", speaker.node, speaker.peer, tell_duration(event.took)) +
          row("point", event.point) +
          row("data", fmt::format("{}, {}; {} sent", counted(event.files, "file"), tell_size(event.bytes),
                                  tell_size(event.transferred))));
}

Message compose(const Speaker& speaker, const SyncFailed& event) {
  const auto next = event.next_due
                        ? fmt::format("it is tried again at {}; you are told when it works", at(*event.next_due))
                        : "it is tried again on schedule";
  return message(
      speaker, fmt::format("SYNC FAILED: the data of {} is not coming in", speaker.peer),
      fmt::format("{} could not pull the data of {}. Nothing old was changed or lost.\n", speaker.node, speaker.peer) +
          row("why", event.why) + row("data", exposure(speaker.peer, event.data_age)) + row("next", next) +
          row("do now", "mend the cause, then: hasync sync") +
          row("look", "hasync status; hasync history syncs --failed"));
}

Message compose(const Speaker& speaker, const SyncHeld& event) {
  return message(
      speaker, fmt::format("POINT HELD: the data of {} looks damaged", speaker.peer),
      fmt::format(
          "{} pulled the data of {}, and does not publish it: it may be an accident. Nothing old was changed or "
          "lost, and a promotion would still use the point before.\n",
          speaker.node, speaker.peer) +
          row("why", event.why) + row("data", exposure(speaker.peer, event.data_age)) +
          row("next", "as long as the source stays so, no run publishes anything; one that finds it mended does") +
          row("do now", "look at the source; if it is right as it is: hasync points publish " + event.point) +
          row("look", fmt::format("hasync points diff current {}; hasync points show {}", event.point, event.point)));
}

Message compose(const Speaker& speaker, const HookFailed& event) {
  return message(
      speaker, "HOOK FAILED after a sync",
      fmt::format("What is to be run after a sync of {} failed. What it was to put in order may still be as it "
                  "was for the sync.\n",
                  speaker.node) +
          row("why", event.why) + row("sync", fmt::format("its own result stays: {}", event.result)) +
          row("next", "it is run again after the next sync; you are told at most once a day") +
          row("do now", "mend it, then run it by hand, or: hasync sync") +
          row("look", "hasync history syncs; hasync hook list after"));
}

Message compose(const Speaker& speaker, const SyncRecovered& event) {
  return message(speaker, "sync works again",
                 fmt::format("{} pulls the data of {} again, after {}.\n", speaker.node, speaker.peer,
                             counted(event.failures, "failed run")) +
                     row("point", event.point));
}

Message compose(const Speaker& speaker, const PeerFailed& event) {
  const bool refused = !event.blocked_by.empty();
  std::string reasons;
  for (const auto& guard : event.blocked_by) reasons += row(reasons.empty() ? "refused by" : "", guard);
  const auto subject =
      refused ? fmt::format("{} IS GONE, promotion REFUSED: {} stays in standby", speaker.peer, speaker.node)
              : fmt::format("{} IS GONE: {} stays in standby", speaker.peer, speaker.node);
  return message(
      speaker, subject,
      fmt::format("{} has not answered {} since {}. {}\n", speaker.peer, speaker.node, at(event.since),
                  refused ? "Its settings say promote, but that was refused as unsafe."
                          : "Its settings say: keep in standby.") +
          row("why", fmt::format("{} in a row ({})", counted(event.failures, "failed attempt"), event.evidence)) +
          reasons + row("data", exposure(speaker.peer, event.data_age)) +
          row("do now", fmt::format("see whether {} is really down", speaker.peer)) +
          row("", fmt::format("then, to let {} take over: hasync promote", speaker.node)) +
          row("look", "hasync why; hasync status"));
}

Message compose(const Speaker& speaker, const PeerRecovered& event) {
  return message(speaker, fmt::format("{} answers again", speaker.peer),
                 fmt::format("{} answers {} again.\n", speaker.peer, speaker.node) +
                     row("gone", fmt::format("from {} to {} ({})", at(event.since), at(event.until),
                                             tell_duration(event.until - event.since))) +
                     row("done then", event.acted) + row("look", "hasync status"));
}

Message compose(const Speaker& speaker, const Promoted& event) {
  auto body =
      fmt::format("{} took over from {} at {} (term {}).\n", speaker.node, speaker.peer, at(speaker.now), event.term) +
      row("why", event.why);
  if (!event.forced.empty()) body += row("forced", "these guards were overridden: " + join(event.forced, ", "));
  if (event.point)
    body += row("data", fmt::format("from {}: changes made on {} in the last {} are not here", at(*event.point),
                                    speaker.peer, tell_duration(speaker.now - *event.point)));
  if (!event.doubt.empty()) body += row("missing", event.doubt);
  body += rows(event.steps) + row("do now", fmt::format("keep {} from serving", speaker.peer)) +
          row("", fmt::format("then, to make {} the standby: on {}, hasync demote", speaker.peer, speaker.peer)) +
          row("look", "hasync status; hasync history failovers");
  return message(speaker, fmt::format("PROMOTED: {} is now primary (term {})", speaker.node, event.term), body);
}

Message compose(const Speaker& speaker, const PromotionFailed& event) {
  return message(speaker, fmt::format("PROMOTION FAILED at \"{}\": nobody may be serving", event.step),
                 fmt::format("{} began to take over from {} and could not finish. It is still secondary, and will not "
                             "try again by itself.\n",
                             speaker.node, speaker.peer) +
                     row("failed at", event.step) + row("why", event.why) + rows(event.steps) +
                     row("do now", "mend the cause, then: hasync promote") +
                     row("", fmt::format("or, when {} serves again: hasync resume", speaker.peer)) +
                     row("look", "hasync history failovers"));
}

Message compose(const Speaker& speaker, const PromotionGivenUp& event) {
  return message(speaker, fmt::format("promotion given up: {} stays in standby", speaker.node),
                 fmt::format("{} had begun to take over from {} and was interrupted before anything was in place. It "
                             "no longer may.\n",
                             speaker.node, speaker.peer) +
                     row("why", event.why) + row("do now", fmt::format("see whether {} serves", speaker.peer)) +
                     row("", fmt::format("if not, to let {} take over: hasync promote", speaker.node)) +
                     row("look", "hasync why; hasync history failovers"));
}

Message compose(const Speaker& speaker, const DemotionFailed& event) {
  return message(speaker, fmt::format("DEMOTION FAILED at \"{}\": {} may still be serving", event.step, speaker.node),
                 fmt::format("{} was to become the standby of {} and could not finish. It is still primary.\n",
                             speaker.node, speaker.peer) +
                     row("failed at", event.step) + row("why", event.why) + rows(event.steps) +
                     row("do now", fmt::format("stop the application on {}, mend the cause", speaker.node)) +
                     row("", fmt::format("then, on {}: hasync demote", speaker.node)) +
                     row("look", "hasync history failovers"));
}

Message compose(const Speaker& speaker, const TwoPrimaries& event) {
  return message(speaker, fmt::format("TWO PRIMARIES: {} and {}", speaker.node, speaker.peer),
                 fmt::format("{} is primary of term {}, and {} says that it is primary of term {}.\n", speaker.node,
                             event.term, speaker.peer, event.peer_term) +
                     row("why", event.peer_term == event.term
                                    ? "the terms are the same, so neither gives way by itself"
                                    : fmt::format("{} gives way once it hears of the higher term", speaker.peer)) +
                     row("data", "what both have served since then has to be brought together by hand") +
                     row("do now", fmt::format("decide which of the two serves; on the other: hasync demote")) +
                     row("look", "hasync status and hasync history failovers, on both"));
}

Message compose(const Speaker& speaker, const Demoted& event) {
  return message(speaker, fmt::format("{} is now secondary (term {})", speaker.node, event.term),
                 fmt::format("{} gave up the role of primary at {}.\n", speaker.node, at(speaker.now)) +
                     row("why", event.why) +
                     row("data", "what it served is untouched; the next sync pulls from " + speaker.peer) +
                     row("look", "hasync status"));
}

Message compose(const Speaker& speaker, const Test&) {
  return message(
      speaker, "test mail",
      fmt::format("This is what hasync on {} will reach you with when something happens to {} or its data.\n",
                  speaker.node, speaker.peer));
}

}  // namespace hasync::notify
