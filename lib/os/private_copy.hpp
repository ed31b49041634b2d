// A copy that is nobody else's: what is written to it changes nothing at the place it comes from. Exact in everything a
// file has; it shares blocks where the file system can (cp(1), --reflink).
#pragma once
#include <string>
#include <vector>

#include "os/process.hpp"

namespace hasync {

// What `from` names becomes `to`, which is not there yet.
std::vector<std::string> copy_argv(const std::string& from, const std::string& to);
// What `names` name below `from` gets the same names below the folder `into`; hard links between them stay.
std::vector<std::string> copy_some_argv(const std::string& from, const std::vector<std::string>& names,
                                        const std::string& into);

struct CopyBounds {
  Duration timeout{0};
  std::vector<int> inherit{};  // descriptors that the program keeps
};
// Runs one of these; `copying` names it in an error, as "cannot copy A to B". ExitCode::interrupted when somebody asks
// to stop.
Result<void> run_copy(std::vector<std::string> argv, const std::string& copying, const CopyBounds& bounds,
                      ProcessRunner& runner);

}  // namespace hasync
