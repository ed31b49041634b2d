// What must hold for every text: a breach ends the program, which libFuzzer takes for a finding.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

namespace hasync::fuzz {

inline void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n%s\n", what, text.c_str());
  std::abort();
}

}  // namespace hasync::fuzz
