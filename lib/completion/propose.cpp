#include "completion/propose.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "completion/meanings.hpp"

namespace hasync::completion {
namespace {

Proposal commands(const Command& command) {
  Proposal proposal;
  for (const auto& each : command.commands) proposal.candidates.push_back({each.name, each.help});
  return proposal;
}

Proposal options(const Situation& situation) {
  Proposal proposal;
  const auto& given = situation.given;
  for (auto command = situation.path.rbegin(); command != situation.path.rend(); ++command)
    for (const auto& option : (*command)->options) {
      const bool again = option.takes == Takes::many;
      const bool is_given = std::find(given.begin(), given.end(), &option) != given.end();
      const auto& name = option.names.back();
      const bool is_there = std::any_of(proposal.candidates.begin(), proposal.candidates.end(),
                                        [&](const Candidate& each) { return each.text == name; });
      if (name.starts_with("--") && (again || !is_given) && !is_there)
        proposal.candidates.push_back({name, option.help});
    }
  return proposal;
}

Proposal whole_words(Proposal proposal, const Situation& situation) {
  // A line an answer: what does not fit on one cannot be proposed.
  std::erase_if(proposal.candidates, [](const Candidate& each) { return printable(each.text) != each.text; });
  const auto kept = situation.word.substr(0, situation.kept);
  for (auto& each : proposal.candidates) each.text = kept + each.text;
  proposal.kept += situation.kept;
  return proposal;
}

}  // namespace

Proposal propose(const Command& root, const Situation& situation, const Known& known) {
  switch (situation.place) {
    case Place::command:
      return commands(situation.command());
    case Place::option:
      return options(situation);
    case Place::value:
      return whole_words(propose_value(root, situation, known), situation);
    case Place::nothing:
      break;
  }
  return {};
}

}  // namespace hasync::completion
