// A program that may read some folders and nothing else, whatever it is talked into: Landlock (landlock(7),
// Linux 5.13).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hasync {

// Whether the kernel has Landlock, and it is on.
bool can_confine();

struct ConfinedProgram {
  std::vector<std::string> argv;   // argv[0] without a slash is looked for where the system keeps its programs
  std::vector<std::string> reads;  // folders, with all that is below
};

// Becomes that program, with no more in its environment than a PATH: so it returns only to say why it could not. It
// opens nothing but `reads` and what a program needs to start (itself, the system's libraries, time zones and names of
// users), writes nowhere, and reaches no network where the kernel can see to that. Looking at a path without opening
// it (stat(2), readlink(2)) is not kept from it. Where there is no Landlock it runs all the same.
Error become_confined(const ConfinedProgram& program);

// Where the system keeps its programs, for an environment.
inline constexpr std::string_view path_variable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// The file of a program there, or the one that a slash in `program` names; empty: there is none that can be run.
std::string file_of(const std::string& program);

}  // namespace hasync
