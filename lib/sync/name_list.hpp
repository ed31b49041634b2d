// Names for rsync(1) to read from its standard input, as --from0 has them; on disk, for there may be a million.
#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace hasync::sync {

class NameList {
 public:
  static Result<NameList> open();
  Result<void> add(const std::string& name);
  // All of them, from the first; as long as this object is there.
  Result<int> file();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  explicit NameList(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace hasync::sync
