// Our block in a user's crontab: two marker lines and what is between them. Every other line is the user's.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace hasync::schedule {

inline constexpr std::string_view block_begin =
    "# BEGIN hasync (written by hasync apply; changes between these lines are overwritten)";
inline constexpr std::string_view block_end = "# END hasync";

// The crontab with `lines` as our block: put in place of the old one, or at the end; empty lines remove it. A begin
// without an end, or a second block, is an error.
Result<std::string> with_block(std::string_view crontab, std::string_view lines);

}  // namespace hasync::schedule
