// The questions of `hasync init` about the way to the peer: its account, its host key, our key, and whether ssh works.
#pragma once
#include "agent/questions.hpp"

namespace hasync::agent {

std::vector<Entry> questions_about_the_way();

// Whether ssh was tried, as the draft says, and worked.
bool reaches(const View& view);

// The command, to be run here, by which the peer lets our key in.
std::string way_in(const Draft& draft);

}  // namespace hasync::agent
