// What went wrong, in a form that can be passed up, added to, and told to an operator in one line.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hasync {

// The process exit codes of hasync(1), and the kind of every error: an error exits with its own code.
enum class ExitCode {
  done = 0,
  failed = 1,
  usage = 2,
  config = 3,
  unreachable = 4,
  busy = 5,
  unsafe = 6,
  no_program = 127,  // in the place of a shell, as one tells it
  interrupted = 130,
};

// Whether the same may work in a while although nobody does anything about it.
enum class Outlook { lasting, passing };

// A place in a file an operator can open; line and column count from 1, column in characters.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Error {
  ExitCode code = ExitCode::failed;
  std::string message;                 // what happened, to what, why, and what to do next
  std::vector<std::string> context{};  // outermost last; told before the message
  std::optional<SourcePosition> where{};
  Outlook outlook = Outlook::lasting;
};

// "FILE:LINE:COLUMN: outer: inner: message", one line without a newline at its end.
std::string describe(const Error& error);

Error with_context(Error error, std::string context);

// "cannot VERB PATH: No such file or directory" for the errno value `number`.
Error os_error(std::string_view what, int number, ExitCode code = ExitCode::failed);

}  // namespace hasync
