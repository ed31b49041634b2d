#include "os/editor.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/defer.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace hasync {

std::vector<std::string> editor() {
  std::vector<std::string> argv;
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const char* value = std::getenv(name); value != nullptr && argv.empty())
      for (auto& word : split(value, ' '))
        if (!word.empty()) argv.push_back(std::move(word));
  if (argv.empty()) argv = {::access("/usr/bin/editor", X_OK) == 0 ? "editor" : "vi"};
  return argv;
}

namespace {

Result<void> run(const std::vector<std::string>& argv, int output) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  const Defer drop_attributes{[&] { ::posix_spawnattr_destroy(&attributes); }};
  sigset_t as_usual;  // what we ignore ourselves, it need not
  ::sigemptyset(&as_usual);
  ::sigaddset(&as_usual, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &as_usual);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  const Defer drop_actions{[&] { ::posix_spawn_file_actions_destroy(&actions); }};
  if (output != STDOUT_FILENO) ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, words.front(), &actions, &attributes, words.data(), environ); error != 0)
    return fail(os_error(fmt::format("cannot start {}", argv.front()), error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(os_error(fmt::format("cannot wait for {}", argv.front()), errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ExitCode::failed, WIFEXITED(status)
                                    ? fmt::format("{} ended with exit status {}", argv.front(), WEXITSTATUS(status))
                                    : fmt::format("{} was killed by signal {}", argv.front(), WTERMSIG(status)));
}

}  // namespace

Result<void> run_on_terminal(const std::vector<std::string>& argv) { return run(argv, STDOUT_FILENO); }

Result<std::string> output_on_terminal(const std::vector<std::string>& argv) {
  const Fd output{::memfd_create("output", MFD_CLOEXEC)};
  if (!output) return fail(os_error("cannot make a file for what a program says", errno));
  HASYNC_CHECK(run(argv, output.get()));
  std::string text;
  std::array<char, 4096> piece{};
  for (off_t at = 0;;) {
    const auto length = ::pread(output.get(), piece.data(), piece.size(), at);
    if (length <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(length));
    at += length;
  }
}

}  // namespace hasync
