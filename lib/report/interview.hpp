// The conversation of `hasync init` as it stands on the terminal.
#pragma once
#include <string>

#include "agent/interview.hpp"

namespace hasync::report {

// How to answer, before the first question.
std::string render_opening(const agent::Interview& interview);
// What stands above a question, what it is about and why; its prompt comes after it.
std::string render(const agent::Question& question);
std::string render_prompt(const agent::Question& question);
// What is being looked at, while it lasts.
std::string render_look(agent::Look look, const agent::Draft& draft);
// The settings in a few lines: what somebody who agrees to them wants to have seen.
std::string render_summary(const config::Config& settings);

}  // namespace hasync::report
