// Small work on text that knows no domain.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hasync {

std::string_view trim(std::string_view text);
// The pieces between separators; "a,,b" has three, "" has one.
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
// The last line that has anything in it, trimmed: what a failed program most likely said.
std::string last_line(std::string_view text);
// Printable as one line: control bytes and invalid UTF-8 become \xNN, a newline \n.
std::string printable(std::string_view bytes);
// One word of a POSIX shell command line, quoted only where it must be. For showing commands to people, and for the one
// string that ssh(1) hands to the peer's shell.
std::string shell_word(std::string_view word);
std::string shell_line(const std::vector<std::string>& argv);
// "1 file", "12,408 files"
std::string counted(std::int64_t count, std::string_view noun);
std::string with_thousands(std::int64_t count);
// "3.1 GiB", "512 B"
std::string tell_size(std::int64_t bytes);
// "20MiB", "512KiB", "3GiB" or bare bytes; powers of 1024.
Result<std::int64_t> parse_size(std::string_view text);
// The one of `candidates` the operator most likely meant, if any is near.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace hasync
