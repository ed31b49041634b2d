// What may stand next on a command line. Pure: where the words have led and what is known in, candidates out.
#pragma once
#include <string>
#include <vector>

#include "completion/situation.hpp"
#include "config/show.hpp"

namespace hasync::completion {

// Of this server; nothing where it cannot be read.
struct Known {
  std::vector<config::Shown> settings{};
  std::vector<std::string> points{};  // ids, newest first
};

struct Candidate {
  std::string text{};
  std::string help{};
};

// What the shell is to add, which knows best how.
enum class Files { none, files, folders };

struct Proposal {
  std::vector<Candidate> candidates{};  // each the whole word
  Files files = Files::none;
  std::size_t kept = 0;  // the first bytes of the word that are no part of a file's name
};

// Holds more than what the word begins with: a shell may have its own idea of what matches.
Proposal propose(const Command& root, const Situation& situation, const Known& known);

}  // namespace hasync::completion
