// Reading a statement's rows into plain values.
#pragma once
#include <optional>
#include <vector>

#include "store/sqlite.hpp"

namespace hasync::store {

// Every row of `statement`, each made into a value by `read(const Statement&)`.
template <typename Read>
auto all_rows(Statement& statement, Read read) -> Result<std::vector<decltype(read(statement))>> {
  std::vector<decltype(read(statement))> rows;
  for (;;) {
    HASYNC_TRY(const bool there_is_one, statement.step());
    if (!there_is_one) return rows;
    rows.push_back(read(statement));
  }
}

template <typename Read>
auto first_row(Statement& statement, Read read) -> Result<std::optional<decltype(read(statement))>> {
  HASYNC_TRY(const bool there_is_one, statement.step());
  if (!there_is_one) return std::nullopt;
  return std::optional{read(statement)};
}

// What a listing is limited to; newest first.
struct Range {
  std::optional<Instant> since{};
  int limit = 20;
};

}  // namespace hasync::store
