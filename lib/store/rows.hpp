// Reading a statement's rows into plain values.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "store/sqlite.hpp"

namespace hasync::store {

// Tells every row of `statement` to `visit(const Statement&)`, until that gives an error.
template <typename Visit>
Result<void> each_row(Statement& statement, Visit visit) {
  for (;;) {
    HASYNC_TRY(const bool there_is_one, statement.step());
    if (!there_is_one) return {};
    HASYNC_CHECK(visit(std::as_const(statement)));
  }
}

// Every row of `statement`, each made into a value by `read(const Statement&)`.
template <typename Read>
auto all_rows(Statement& statement, Read read) -> Result<std::vector<decltype(read(statement))>> {
  std::vector<decltype(read(statement))> rows;
  HASYNC_CHECK(each_row(statement, [&](const Statement& row) -> Result<void> {
    rows.push_back(read(row));
    return {};
  }));
  return rows;
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
