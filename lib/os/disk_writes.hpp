// What is written to a file system from a moment on, until it is on disk.
#pragma once
#include <functional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace hasync {

// Begun before the first write: what the disk could not take is told to us then, also when somebody else's sync heard
// of it first (syncfs(2): errors since the descriptor was opened).
class DiskWrites {
 public:
  static Result<DiskWrites> begin(const std::string& path);
  // All is on disk. `on_tick` is called about once a second while that takes. What was lost once stays an error.
  Result<void> finish(const std::function<void()>& on_tick = {});

 private:
  DiskWrites(Fd file_system, std::string path) : file_system_(std::move(file_system)), path_(std::move(path)) {}

  Fd file_system_;
  std::string path_;
  int error_ = 0;
};

}  // namespace hasync
