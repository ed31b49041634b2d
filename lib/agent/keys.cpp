#include "agent/keys.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.hpp"
#include "os/atomic_file.hpp"

namespace hasync::agent {
namespace {

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

Result<std::string> output_of(ProcessRunner& runner, const std::vector<std::string>& argv) {
  HASYNC_TRY(auto ended, runner.run({.argv = argv}));
  if (ended.succeeded()) return std::move(ended.output);
  return fail(ExitCode::failed, fmt::format("{}: {}", shell_line(argv), tell_end(ended)));
}

Result<void> make_private_folder(const std::string& path, ProcessRunner& runner) {
  if (!is_there(path)) HASYNC_CHECK(output_of(runner, {"install", "-d", "-m", "0700", "--", path}));
  return {};
}

}  // namespace

Result<std::string> make_key(const std::string& file, const std::string& comment, ProcessRunner& runner) {
  HASYNC_CHECK(make_private_folder(folder_of(file), runner));
  HASYNC_CHECK(output_of(runner, {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file}));
  HASYNC_TRY(const auto line, read_file(file + ".pub"));
  return std::string{trim(line)};
}

Result<std::string> public_half(const std::string& file, const std::string& comment, ProcessRunner& runner) {
  // With a passphrase there would be a question: hasync runs unattended, so such a key is of no use to it.
  HASYNC_TRY(const auto line, output_of(runner, {"ssh-keygen", "-y", "-P", "", "-f", file}));
  const auto words = split(trim(line), ' ');
  if (words.size() < 2)
    return fail(ExitCode::failed, fmt::format("ssh-keygen does not tell the public half of {}", file));
  return fmt::format("{} {} {}", words[0], words[1], comment);
}

Result<std::string> with_pinned(const std::string& known_hosts_file, const peer::HostKey& key) {
  std::string before;
  if (is_there(known_hosts_file)) {
    HASYNC_TRY(before, read_file(known_hosts_file));
  }
  return peer::pinned_in(before, key);
}

Result<void> pin(const std::string& known_hosts_file, const peer::HostKey& key, ProcessRunner& runner) {
  HASYNC_TRY(const auto text, with_pinned(known_hosts_file, key));
  HASYNC_CHECK(make_private_folder(folder_of(known_hosts_file), runner));
  return replace_file(known_hosts_file, text, 0600);
}

}  // namespace hasync::agent
