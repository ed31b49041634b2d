// XXH128 of what a file holds, in hexadecimal, as rsync(1) --checksum-choice=xxh128 tells it: finds what a disk or a
// slip changed, and is no protection against somebody who wants to deceive.
#pragma once
#include <string>

#include "base/result.hpp"

namespace hasync {

// Of a regular file; a symlink is not followed.
Result<std::string> xxh128_of(const std::string& path);

}  // namespace hasync
