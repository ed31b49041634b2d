#include "cmd/session.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "config/load.hpp"

namespace hasync::cmd {
namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

Session::Session()
    : config_path(from_environment("HASYNC_CONFIG", "/etc/hasync/hasync.yaml")),
      state_folder(from_environment("HASYNC_STATE_DIR", "/var/lib/hasync")) {}

Result<config::Config> Session::load_config() const {
  HASYNC_TRY(const auto text, config::read_settings(config_path));
  HASYNC_TRY(auto loaded, config::load_text(text, config_path));
  HASYNC_CHECK(config::check_all_named(loaded, text, config_path));
  return std::move(loaded.config);
}

Result<agent::Installer> Session::installer() const {
  HASYNC_TRY(const auto program, own_program());
  return agent::Installer{program, config_path, schedule::places_for_this_user()};
}

void Session::print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && print_trouble_ == 0) print_trouble_ = errno;
}

Result<void> Session::all_printed() const {
  if (print_trouble_ == 0 || print_trouble_ == EPIPE) return {};
  return fail(os_error("done, but the result could not be written to standard output", print_trouble_));
}

}  // namespace hasync::cmd
