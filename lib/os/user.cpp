#include "os/user.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>

#include "os/atomic_file.hpp"

namespace hasync {
namespace {

std::string name_of(uid_t uid) {
  const auto* user = ::getpwuid(uid);
  return user != nullptr ? user->pw_name : fmt::format("uid {}", uid);
}

std::optional<std::string> login() {
  constexpr auto not_set = static_cast<uid_t>(-1);
  if (const auto text = read_file("/proc/self/loginuid")) {
    uid_t uid = not_set;
    std::from_chars(text->data(), text->data() + text->size(), uid);
    if (uid != not_set) return name_of(uid);
  }
  const char* sudo = std::getenv("SUDO_USER");
  if (sudo != nullptr && ::getpwnam(sudo) != nullptr) return sudo;
  return std::nullopt;
}

}  // namespace

std::string acting_user() {
  const auto self = name_of(::geteuid());
  const auto from = login();
  return from && *from != self ? fmt::format("{} as {}", *from, self) : self;
}

}  // namespace hasync
