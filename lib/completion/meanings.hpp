// What the values of options and arguments are: the one table of it.
#pragma once
#include "completion/propose.hpp"

namespace hasync::completion {

struct Question {
  const Command& root;
  const Situation& situation;
  const Known& known;
  std::string of;  // what the table says besides, as a key
};

// Candidates are values here, without the part of the word that is kept.
using Meaning = Proposal (*)(const Question& question);

Proposal propose_value(const Command& root, const Situation& situation, const Known& known);

}  // namespace hasync::completion
