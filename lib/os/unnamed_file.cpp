#include "os/unnamed_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace hasync {

Result<UnnamedFile> UnnamedFile::holding(std::string_view text) {
  Fd file{::memfd_create("hasync", MFD_CLOEXEC)};
  if (file.get() < 0) return fail(os_error("cannot keep a text in memory", errno));
  for (std::size_t done = 0; done < text.size();) {
    const auto written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return fail(os_error("cannot keep a text in memory", errno));
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return UnnamedFile{std::move(file)};
}

std::string UnnamedFile::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), file_.get()); }

}  // namespace hasync
