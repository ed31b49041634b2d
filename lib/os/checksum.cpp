#include "os/checksum.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/fd.hpp"

namespace hasync {

Result<std::string> xxh128_of(const std::string& path) {
  const auto failed = [&] { return fail(os_error("cannot read " + path, errno)); };
  const Fd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!file) return failed();
  static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state{XXH3_createState(), XXH3_freeState};
  XXH3_128bits_reset(state.get());
  constexpr std::size_t block = 1 << 18;
  const auto buffer = std::make_unique<std::array<char, block>>();
  for (;;) {
    const auto length = ::read(file.get(), buffer->data(), buffer->size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return failed();
    if (length == 0) break;
    XXH3_128bits_update(state.get(), buffer->data(), static_cast<std::size_t>(length));
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
  std::string hexadecimal;
  for (const auto byte : canonical.digest) hexadecimal += fmt::format("{:02x}", byte);
  return hexadecimal;
}

}  // namespace hasync
