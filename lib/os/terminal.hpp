// A person at a terminal: whether there is one, and what is typed there. The terminal itself lets a line be edited.
#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "os/interrupt.hpp"

namespace hasync {

bool is_terminal(int descriptor);
// In columns; 80 where it cannot be told (ioctl_tty(2), TIOCGWINSZ).
int terminal_width(int descriptor);
// Somebody sits at both ends: what is asked on standard output is read, and can be answered on standard input.
bool can_ask();

class TypedLines {
 public:
  explicit TypedLines(const Interrupt& interrupt) : interrupt_(interrupt) {}
  // Waits for the next line, without its end. None: there will be no more (Ctrl-D). ExitCode::interrupted on Ctrl-C.
  Result<std::optional<std::string>> next();

 private:
  const Interrupt& interrupt_;
  std::string read_;
};

}  // namespace hasync
