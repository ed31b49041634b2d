#include "agent/interview.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/answering.hpp"
#include "agent/questions.hpp"
#include "base/text.hpp"
#include "config/compose.hpp"
#include "config/validate.hpp"

namespace hasync::agent {
namespace {

// The draft as it is before entry `end` of the script.
Draft draft_before(const Interview& interview, std::size_t end) {
  Draft draft;
  for (std::size_t at = 0; at < end; ++at) {
    const auto& entry = script()[at];
    const View view{interview.here, interview.found, draft};
    if (!entry.when(view)) continue;
    const auto given = interview.answers.find(entry.id);
    if (given != interview.answers.end()) (void)take(entry, view, draft, given->second);
    if (entry.look) (void)take(entry, view, draft, "");
  }
  return draft;
}

// Whether what this entry looks at has been seen, for this very draft.
bool is_seen(const Interview& interview, Look look, const Draft& draft) {
  const auto of = subject(look, draft);
  const auto& found = interview.found;
  switch (look) {
    case Look::host_key:
      return found.host_key && found.host_key->of == of;
    case Look::make_key:
      return found.made_key && found.made_key->of == of;
    case Look::ssh:
      return found.ssh && found.ssh->of == of;
    case Look::folders:
      return found.folders && found.folders->of == of;
  }
  return true;
}

bool stops_at(const Interview& interview, std::size_t at) {
  const auto& entry = script()[at];
  const auto draft = draft_before(interview, at);
  if (!entry.when({interview.here, interview.found, draft})) return false;
  return !entry.look || !is_seen(interview, *entry.look, draft);
}

Interview gone_on(Interview interview) {
  while (interview.at < script().size() && !stops_at(interview, interview.at)) ++interview.at;
  if (interview.at == script().size()) interview.stage = Stage::agreed;
  return interview;
}

std::size_t place_of(std::string_view id) {
  const auto found = std::find_if(script().begin(), script().end(), [&](const Entry& each) { return each.id == id; });
  return static_cast<std::size_t>(found - script().begin());
}

Interview back(Interview interview) {
  for (auto at = interview.at; at-- > 0;) {
    if (script()[at].look || !stops_at(interview, at)) continue;
    interview.at = at;
    return interview;
  }
  interview.said = "this is the first question";
  return interview;
}

// What of the settings so far can never become right; what is merely missing may still come.
std::optional<std::string> contradiction(const config::Config& settings) {
  for (const auto& fault : config::contradictions(settings, {})) {
    const bool is_missing = fault.message.ends_with(": is missing");
    if (!is_missing) return fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")");
  }
  return std::nullopt;
}

template <typename T>
void keep(std::optional<Seen<T>>& place, Interview& interview, Look look, Result<T> what) {
  interview.said = told(look, interview.here, draft(interview), what ? std::nullopt : std::optional{what.error()});
  place = Seen<T>{subject(look, draft(interview)), std::move(what)};
}

}  // namespace

std::string own_key(const std::string& config_path) {
  return config_path.substr(0, config_path.rfind('/')) + "/ssh/id_ed25519";
}

std::string own_known_hosts(const std::string& config_path) {
  return config_path.substr(0, config_path.rfind('/')) + "/ssh/known_hosts";
}

Interview begin_interview(Surroundings here) { return gone_on({.here = std::move(here)}); }

Draft draft(const Interview& interview) { return draft_before(interview, interview.at); }

std::optional<Look> next_look(const Interview& interview) {
  return interview.stage == Stage::asking ? script()[interview.at].look : std::nullopt;
}

Question next_question(const Interview& interview) {
  const auto so_far = draft(interview);
  const auto& entry = script()[interview.at];
  auto question = entry.ask({interview.here, interview.found, so_far});
  question.id = entry.id;
  if (const auto before = interview.answers.find(entry.id); before != interview.answers.end())
    question.otherwise = before->second;
  return question;
}

Interview answered(Interview interview, std::string_view line) {
  interview.said.clear();
  std::string text{trim(line)};
  const auto question = next_question(interview);
  if (printable(text) != text) {
    interview.said = "that holds a control character, as an arrow key leaves, or is not UTF-8; type it again";
    return interview;
  }
  if (text == "?") {
    interview.said =
        question.more + "\nEnter takes what stands in brackets; back: the question before; quit: write nothing";
    return interview;
  }
  if (text == "back" || text == "<") return back(std::move(interview));
  if (text == "quit") {
    interview.stage = Stage::left;
    return interview;
  }
  const auto& entry = script()[interview.at];
  if (text.empty()) text = question.otherwise;
  if (text.empty()) {
    interview.said = "there is no default for this; ? tells more";
    return interview;
  }
  auto next = draft(interview);
  const auto before = next;
  const View view{interview.here, interview.found, before};
  if (entry.id == "write" && text == "show") {
    interview.said = std::string{trim(config::compose(next.settings))};
    return interview;
  }
  auto taken = take(entry, view, next, text);
  if (!taken) {
    interview.said = taken.error().message;
    return interview;
  }
  if (auto wrong = contradiction(next.settings)) {
    interview.said = std::move(*wrong);
    return interview;
  }
  if (entry.id == "retry" && is_yes(text)) {
    interview.found.ssh.reset();
    interview.at = place_of("ssh");
    return gone_on(std::move(interview));
  }
  if (entry.id == "write" && !is_yes(text)) {
    interview.stage = Stage::left;
    return interview;
  }
  interview.answers[entry.id] = std::move(*taken);
  ++interview.at;
  return gone_on(std::move(interview));
}

Interview learned(Interview interview, Result<peer::HostKey> host_key) {
  // A yes was said to one key, and is no default for another.
  const auto& before = interview.found.host_key;
  if (before && before->what && host_key && before->what->line != host_key->line) interview.answers.erase("host key");
  keep(interview.found.host_key, interview, Look::host_key, std::move(host_key));
  return gone_on(std::move(interview));
}

Interview learned_of_made_key(Interview interview, Result<std::string> public_key) {
  const bool made = public_key.has_value();
  keep(interview.found.made_key, interview, Look::make_key, std::move(public_key));
  if (made) return gone_on(std::move(interview));
  interview.found.made_key.reset();
  interview.at = place_of("identity");
  return interview;
}

Interview learned_of_ssh(Interview interview, Result<std::string> rsync) {
  keep(interview.found.ssh, interview, Look::ssh, std::move(rsync));
  return gone_on(std::move(interview));
}

Interview learned(Interview interview, Result<std::vector<peer::Folder>> folders) {
  keep(interview.found.folders, interview, Look::folders, std::move(folders));
  return gone_on(std::move(interview));
}

}  // namespace hasync::agent
