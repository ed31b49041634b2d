// A text that a program we start can read as a file, and that is gone when we are, however we end (memfd_create(2)).
#pragma once
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace hasync {

class UnnamedFile {
 public:
  static Result<UnnamedFile> holding(std::string_view text);
  // Good for as long as this object is there, for programs of the same user.
  std::string path() const;

 private:
  explicit UnnamedFile(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace hasync
