#include "os/processor.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "os/atomic_file.hpp"

namespace hasync {

bool tells_of_aes(std::string_view cpuinfo) {
  for (const auto& line : split(cpuinfo, '\n')) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    const auto words = split(line, ' ');
    return std::find(words.begin(), words.end(), "aes") != words.end();
  }
  return false;
}

bool has_aes() {
  const auto cpuinfo = read_file("/proc/cpuinfo");
  return cpuinfo && tells_of_aes(*cpuinfo);
}

}  // namespace hasync
