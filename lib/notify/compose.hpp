// What is said by mail. Pure: an event as plain data in, subject and text out. Each says what happened, what hasync did
// and why, how old the data is, and what to do now.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hasync::notify {

struct Message {
  std::string subject;  // with "[hasync NODE] " before it
  std::string body;
};

// Who speaks, and when.
struct Speaker {
  std::string node;
  std::string peer;
  Instant now{};
};

struct SyncCompleted {
  std::string point;
  Duration took{0};
  std::int64_t changed = 0, deleted = 0, transferred = 0, files = 0, bytes = 0;
};
struct SyncFailed {
  std::string why;
  std::optional<Duration> data_age{};
  std::optional<Instant> next_due{};
};
struct SyncHeld {
  std::string why;
  std::string point;
  std::optional<Duration> data_age{};
};
// One that comes after a run, whatever became of that.
struct HookFailed {
  std::string why;
  std::string result;  // of the run
};
struct SyncRecovered {
  std::int64_t failures = 0;
  std::string point;
};
struct PeerFailed {
  Instant since{};
  int failures = 0;
  std::string evidence;
  std::optional<Duration> data_age{};
  // None: the settings say standby. Otherwise the guards that kept this node from promoting itself, each "name:
  // evidence".
  std::vector<std::string> blocked_by{};
};
struct PeerRecovered {
  Instant since{};
  Instant until{};
  std::string acted;
};
struct StepTold {
  std::string name;
  std::string words;  // "3.2 s"
};
struct Promoted {
  std::int64_t term = 0;
  std::string why;                 // "5 failed attempts …; all 8 guards passed", "an operator asked for it"
  std::optional<Instant> point{};  // the moment the promoted data was true
  std::vector<StepTold> steps{};
  std::vector<std::string> forced{};
  std::string doubt{};  // what could not be had, although all steps are done
};
struct PromotionFailed {
  std::string step;
  std::string why;
  std::vector<StepTold> steps{};
};
// Before anything was done that others could see.
struct PromotionGivenUp {
  std::string why;
};
// A primary that must give way and could not: it tries again with every beat.
struct DemotionFailed {
  std::string step;
  std::string why;
  std::vector<StepTold> steps{};
};
struct TwoPrimaries {
  std::int64_t term = 0, peer_term = 0;
};
struct Demoted {
  std::int64_t term = 0;
  std::string why;
};
struct Test {};

Message compose(const Speaker& speaker, const SyncCompleted& event);
Message compose(const Speaker& speaker, const SyncFailed& event);
Message compose(const Speaker& speaker, const SyncHeld& event);
Message compose(const Speaker& speaker, const HookFailed& event);
Message compose(const Speaker& speaker, const SyncRecovered& event);
Message compose(const Speaker& speaker, const PeerFailed& event);
Message compose(const Speaker& speaker, const PeerRecovered& event);
Message compose(const Speaker& speaker, const Promoted& event);
Message compose(const Speaker& speaker, const PromotionFailed& event);
Message compose(const Speaker& speaker, const PromotionGivenUp& event);
Message compose(const Speaker& speaker, const DemotionFailed& event);
Message compose(const Speaker& speaker, const TwoPrimaries& event);
Message compose(const Speaker& speaker, const Demoted& event);
Message compose(const Speaker& speaker, const Test& event);

}  // namespace hasync::notify
