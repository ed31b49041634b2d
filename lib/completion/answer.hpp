// A proposal as the scripts of the shells read it. The first line says what the shell is to do: "words", or "files N"
// or "folders N", where the first N bytes of the word are no part of the file's name. Then a line a candidate.
#pragma once
#include "completion/propose.hpp"
#include "completion/typed_line.hpp"

namespace hasync::completion {

// "CANDIDATE<tab>HELP": zsh and fish choose and quote by themselves.
std::string answer(const Proposal& proposal);
// Those that the word at the cursor begins, quoted, and without what bash keeps of it.
std::string answer_bash(const Proposal& proposal, const TypedLine& typed);

}  // namespace hasync::completion
