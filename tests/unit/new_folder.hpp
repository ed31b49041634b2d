// An empty folder of the test's own.
#pragma once
#include <cstdlib>
#include <string>

inline std::string new_folder() {
  char name[] = "/tmp/hasync-test.XXXXXX";
  return ::mkdtemp(name);
}
