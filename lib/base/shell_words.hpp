// A command line taken apart as a POSIX shell would, and nothing of it carried out: the way back from shell_line().
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hasync {

// Blanks, quotes and backslashes mean what they mean to sh(1). Whatever a shell would expand, or would take for more
// than one command (a variable, a pattern, a pipe, a comment, the end of a line), is an error that names it.
Result<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace hasync
