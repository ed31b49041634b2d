// The editor of whoever sits at the terminal, and other programs that talk to them there.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"

namespace hasync {

// $VISUAL, $EDITOR, or the one Debian knows, split at blanks.
std::vector<std::string> editor();
// Runs `argv` on our own terminal, and waits as long as it takes. An error when it could not be started or did not
// exit with 0.
Result<void> run_on_terminal(const std::vector<std::string>& argv);
// The same for a program that may ask there (a password) and whose standard output is not for people: gives that.
Result<std::string> output_on_terminal(const std::vector<std::string>& argv);

}  // namespace hasync
