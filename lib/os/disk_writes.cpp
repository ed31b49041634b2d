#include "os/disk_writes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>

namespace hasync {

Result<DiskWrites> DiskWrites::begin(const std::string& path) {
  Fd file_system{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file_system) return fail(os_error(fmt::format("cannot open {}", path), errno));
  return DiskWrites{std::move(file_system), path};
}

Result<void> DiskWrites::finish(const std::function<void()>& on_tick) {
  const auto write = [file_system = file_system_.get()] { return ::syncfs(file_system) == 0 ? 0 : errno; };
  auto written = std::async(std::launch::async, write);
  while (written.wait_for(std::chrono::seconds{1}) != std::future_status::ready)
    if (on_tick) on_tick();
  const int error = written.get();
  if (error_ == 0) error_ = error;
  return error_ == 0 ? Result<void>{} : fail(os_error(fmt::format("cannot write {} to disk", path_), error_));
}

}  // namespace hasync
