#pragma once
#include <string>

namespace hasync::failover {

// A dump that is restored, and not yet in place.
struct Restored {
  std::string evidence;  // what names it to the step that puts it in place; for the journal
  std::string doubt{};   // what of it could not be had, although the database is all there
};

}  // namespace hasync::failover
