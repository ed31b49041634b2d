#include "base/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace hasync {

std::string describe(const Error& error) {
  std::string line;
  if (error.where) line = fmt::format("{}:{}:{}: ", error.where->file, error.where->line, error.where->column);
  for (auto outer = error.context.rbegin(); outer != error.context.rend(); ++outer) line += *outer + ": ";
  return line + error.message;
}

Error with_context(Error error, std::string context) {
  error.context.push_back(std::move(context));
  return error;
}

Error os_error(std::string_view what, int number, ExitCode code) {
  return {code, fmt::format("{}: {}", what, std::generic_category().message(number))};
}

}  // namespace hasync
