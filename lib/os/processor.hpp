// What the processor of this machine can do.
#pragma once
#include <string_view>

namespace hasync {

// Whether it has instructions for AES, by the text of /proc/cpuinfo (proc(5): "flags" on x86, "Features" on ARM).
bool tells_of_aes(std::string_view cpuinfo);
bool has_aes();

}  // namespace hasync
