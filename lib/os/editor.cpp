#include "os/editor.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/defer.hpp"
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

Result<void> run_on_terminal(const std::vector<std::string>& argv) {
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
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, words.front(), nullptr, &attributes, words.data(), environ); error != 0)
    return fail(os_error(fmt::format("cannot start {}", argv.front()), error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(os_error(fmt::format("cannot wait for {}", argv.front()), errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ExitCode::failed, WIFEXITED(status)
                                    ? fmt::format("{} ended with exit status {}", argv.front(), WEXITSTATUS(status))
                                    : fmt::format("{} was killed by signal {}", argv.front(), WTERMSIG(status)));
}

}  // namespace hasync
