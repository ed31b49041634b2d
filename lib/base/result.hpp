// A value or the error that kept us from having it. No exception crosses a room's door.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.hpp"

namespace hasync {

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(ExitCode code, std::string message) { return fail(Error{code, std::move(message)}); }

}  // namespace hasync

#define HASYNC_JOIN_(a, b) a##b
#define HASYNC_JOIN(a, b) HASYNC_JOIN_(a, b)

// HASYNC_TRY(auto value, call()): the value, or return its error from this function.
#define HASYNC_TRY(declaration, ...)                                                                           \
  auto HASYNC_JOIN(tried_, __LINE__) = (__VA_ARGS__);                                                          \
  if (!HASYNC_JOIN(tried_, __LINE__)) return ::hasync::fail(std::move(HASYNC_JOIN(tried_, __LINE__).error())); \
  declaration = std::move(*HASYNC_JOIN(tried_, __LINE__))

// HASYNC_CHECK(call()): go on, or return the error of a Result<void> (or of one whose value is not needed).
#define HASYNC_CHECK(...)                                                                             \
  do {                                                                                                \
    if (auto checked_ = (__VA_ARGS__); !checked_) return ::hasync::fail(std::move(checked_.error())); \
  } while (false)
