#include "cmd/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

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
  HASYNC_TRY(auto loaded, config::load(config_path));
  return std::move(loaded.config);
}

void Session::print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool Session::stdout_is_terminal() const { return ::isatty(STDOUT_FILENO) == 1; }

bool Session::may_colour() const { return stdout_is_terminal() && std::getenv("NO_COLOR") == nullptr; }

std::string Session::program() const {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/usr/bin/hasync" : path.string();
}

}  // namespace hasync::cmd
