// What the peer's key asked for and was refused (`hasync agent serve`): at most one record a minute, which counts.
#pragma once
#include <string>
#include <vector>

#include "store/rows.hpp"

namespace hasync::store {

struct Refusal {
  Instant at{};  // of the first
  std::int64_t count = 0;
  std::string command{};  // the first, printable and cut short
  std::string reason{};   // of the first
  std::string from{};     // whose address asked; empty: not known
};

// One more. Whoever asks without end fills no disk: within a minute of a record it is only counted there.
Result<void> count_refusal(Database& database, const Refusal& refusal);
Result<std::vector<Refusal>> list_refusals(Database& database, const Range& range);
Result<std::int64_t> refused_since(Database& database, Instant since);

}  // namespace hasync::store
