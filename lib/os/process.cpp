#include "os/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/defer.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"
#include "os/atomic_file.hpp"
#include "os/clock.hpp"
#include "os/throttle.hpp"

namespace hasync {
namespace {

using End = ProcessResult::End;

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(os_error("cannot make a pipe", errno));
  return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& ours) {
  std::vector<std::string> all;
  const auto is_replaced = [&](std::string_view entry) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    return std::any_of(ours.begin(), ours.end(), [&](const std::string& own) { return own.starts_with(name); });
  };
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!is_replaced(*entry)) all.emplace_back(*entry);
  all.insert(all.end(), ours.begin(), ours.end());
  return all;
}

struct Child {
  pid_t pid = -1;
  Fd pidfd, input, output, errors;
};

Result<Child> start(const ProcessSpec& spec) {
  if (spec.argv.empty()) return fail(ExitCode::failed, "cannot start a program: no name given");
  HASYNC_TRY(auto input, make_pipe());
  HASYNC_TRY(auto output, make_pipe());
  HASYNC_TRY(auto errors, make_pipe());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const Defer drop_actions{[&] { posix_spawn_file_actions_destroy(&actions); }};
  posix_spawn_file_actions_adddup2(&actions, spec.input_file >= 0 ? spec.input_file : input.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write.get(), STDERR_FILENO);
  // posix_spawn(3): a dup2 onto itself clears close-on-exec.
  for (const int fd : spec.inherit) posix_spawn_file_actions_adddup2(&actions, fd, fd);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const Defer drop_attributes{[&] { posix_spawnattr_destroy(&attributes); }};
  sigset_t none, defaults;
  sigemptyset(&none);
  sigfillset(&defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  const auto environment = environment_with(spec.environment);
  const auto argv = pointers(spec.argv), envp = pointers(environment);
  Child child;
  if (const int number = posix_spawnp(&child.pid, argv[0], &actions, &attributes, argv.data(), envp.data());
      number != 0)
    return fail(os_error(fmt::format("cannot start {}", spec.argv[0]), number));
  child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd) {
    const int number = errno;
    ::kill(-child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return fail(os_error(fmt::format("cannot watch {}", spec.argv[0]), number));
  }
  child.input = std::move(input.write);
  child.output = std::move(output.read);
  child.errors = std::move(errors.read);
  for (const int fd : {child.input.get(), child.output.get(), child.errors.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return child;
}

// A program that prints without end must not keep us from its deadline.
constexpr std::size_t most_at_once = 1 << 20;

// Reads what is there, up to `most` bytes: how many it were. Closes the descriptor at its end.
std::size_t drain(Fd& from, const std::function<void(std::string_view)>& take, std::size_t most) {
  std::array<char, 65536> chunk{};
  std::size_t taken = 0;
  while (from && taken < most) {
    const auto wanted = std::min(chunk.size(), most - taken);
    const auto length = ::read(from.get(), chunk.data(), wanted);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) break;
    if (length <= 0) {
      from.reset();
      break;
    }
    const auto got = static_cast<std::size_t>(length);
    take({chunk.data(), got});
    taken += got;
    if (got < wanted) break;
  }
  return taken;
}

void feed(Fd& to, std::string_view& rest) {
  while (to && !rest.empty()) {
    const auto length = ::write(to.get(), rest.data(), rest.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(length));
  }
  to.reset();
}

constexpr auto tick = std::chrono::seconds{1};

// What ends the program before it ends itself, and how far we are with it.
class Stop {
 public:
  Stop(pid_t group, BootTime deadline, Duration grace) : group_(group), next_(deadline), grace_(grace) {}

  void at_deadline() { ask(End::timed_out); }
  void at_interrupt() {
    if (!asked_) ask(End::interrupted);
  }
  void at_refusal() { at_interrupt(); }
  BootTime next() const { return next_; }
  bool asked() const { return asked_.has_value(); }
  End end(End otherwise) const { return asked_.value_or(otherwise); }

 private:
  void ask(End why) {
    ::kill(-group_, asked_ ? SIGKILL : SIGTERM);
    if (!asked_) asked_ = why;
    next_ = boot_uptime() + grace_;
  }

  pid_t group_;
  BootTime next_;
  Duration grace_;
  std::optional<End> asked_;
};

// strsignal(3) is not for threads.
std::string_view name_of_signal(int number) {
  const char* name = sigdescr_np(number);
  return name == nullptr ? "unknown" : name;
}

}  // namespace

std::string name_of_process(int pid) {
  const auto boot = read_file("/proc/sys/kernel/random/boot_id");
  return fmt::format("process {} started at {} since boot {}", pid, start_of_process(pid).value_or("?"),
                     boot ? trim(*boot) : "?");
}

std::optional<std::string> start_of_process(int pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  const auto fields = split(stat->substr(stat->rfind(')') + 1), ' ');
  const bool runs = fields.size() > 20 && fields[1] != "Z";
  return runs ? std::optional{fields[20]} : std::nullopt;
}

std::optional<bool> runs_process_named(const std::vector<std::string>& names) {
  if (!read_file("/proc/1/status")) return std::nullopt;  // proc(5), hidepid
  const auto is_one = [&](const std::string& status) {
    const auto lines = split(status, '\n');
    const bool named = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& name) { return lines.front() == "Name:\t" + name; });
    // What runs in a container has a number there, too.
    return named && std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
             return line.starts_with("NSpid:\t") && std::count(line.begin(), line.end(), '\t') == 1;
           });
  };
  std::error_code error;
  for (std::filesystem::directory_iterator entry{"/proc", error}, end; !error && entry != end; entry.increment(error))
    if (const auto status = read_file(entry->path().string() + "/status"); status && is_one(*status)) return true;
  return false;
}

std::string tell_end(const ProcessResult& result) {
  const auto said = printable(last_line(result.errors.empty() ? result.output : result.errors));
  const auto words = said.empty() ? "" : ": " + said;
  switch (result.end) {
    case End::exited:
      return fmt::format("exit status {}{}", result.code, words);
    case End::signalled:
      return fmt::format("killed by signal {} ({}){}", result.code, name_of_signal(result.code), words);
    case End::timed_out:
      return fmt::format("no end after {}{}", tell_duration(result.elapsed), words);
    case End::interrupted:
      return "interrupted";
  }
  return {};
}

Result<std::string> own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(os_error("cannot tell where this program is, from /proc/self/exe", error.value()));
  return path.string();
}

Result<ProcessResult> SystemProcessRunner::run(const ProcessSpec& spec) {
  const auto began = boot_uptime();
  HASYNC_TRY(auto child, start(spec));
  if (spec.on_started) spec.on_started(name_of_process(child.pid));
  Stop stop{child.pid, began + spec.timeout, spec.grace};
  ProcessResult result;
  const auto keep = [&](std::string& kept) {
    return [&](std::string_view chunk) {
      kept += chunk.substr(0, spec.output_limit - std::min(spec.output_limit, kept.size()));
    };
  };
  Result<void> sunk;
  const auto sink = [&](std::string_view chunk) {
    if (sunk) sunk = spec.sink(chunk);
    if (!sunk) stop.at_refusal();
  };
  std::function<void(std::string_view)> take_output = spec.on_output ? spec.on_output : keep(result.output);
  if (spec.sink) take_output = sink;
  const auto take_errors = [&](std::string_view chunk) {
    const auto limit = spec.output_limit, length = result.errors.append(chunk).size();
    if (length > limit) result.errors.erase(limit / 2, length - limit);
  };
  std::string_view input = spec.input_file >= 0 ? std::string_view{} : spec.input;
  feed(child.input, input);
  auto next_tick = began + tick;
  Throttle throttle{spec.bytes_per_second, began};

  for (bool ended = false;;) {
    const auto may_read = throttle.may_read(boot_uptime(), most_at_once);
    const bool heeds = !stop.asked() && spec.on_interrupt == OnInterrupt::end;
    std::array wake{pollfd{ended ? -1 : child.pidfd.get(), POLLIN, 0},
                    pollfd{may_read > 0 ? child.output.get() : -1, POLLIN, 0},
                    pollfd{child.errors.get(), POLLIN, 0},
                    pollfd{child.input.get(), POLLOUT, 0},
                    pollfd{heeds ? interrupt_.fd() : -1, POLLIN, 0},
                    pollfd{heeds && spec.also_ended_by != nullptr ? spec.also_ended_by->fd() : -1, POLLIN, 0}};
    auto next = spec.on_tick ? std::min(stop.next(), next_tick) : stop.next();
    if (may_read == 0) next = std::min(next, throttle.due());
    const auto rest = std::max<Duration::rep>(0, (next - boot_uptime()).count());
    poll(wake.data(), wake.size(), static_cast<int>(std::min<Duration::rep>(rest, 60'000)));
    ended = ended || wake[0].revents != 0;
    // What is in the pipe when it has ended has come already.
    throttle.has_read(drain(child.output, take_output, ended ? most_at_once : may_read));
    drain(child.errors, take_errors, most_at_once);
    feed(child.input, input);
    if (ended && (spec.over_when == OverWhen::program_ends || !child.output || stop.asked())) break;
    if (spec.on_tick && boot_uptime() >= next_tick) {
      spec.on_tick();
      next_tick = boot_uptime() + tick;
    }
    if (wake[4].revents != 0 || wake[5].revents != 0) stop.at_interrupt();
    if (boot_uptime() >= stop.next()) stop.at_deadline();
  }

  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED) != 0 && errno == EINTR) {
  }
  // Only after a stop of ours: a step may rightly leave a service of its own running.
  if (stop.asked()) ::kill(-child.pid, SIGKILL);
  result.end = stop.end(info.si_code == CLD_EXITED ? End::exited : End::signalled);
  result.code = info.si_status;
  result.elapsed = boot_uptime() - began;
  if (!sunk) return fail(std::move(sunk.error()));
  return result;
}

bool SystemProcessRunner::end_left_over(const std::string& process) {
  constexpr auto grace = std::chrono::seconds{5};
  const auto words = split(process, ' ');
  if (words.size() < 2 || words[0] != "process") return false;
  pid_t pid = 0;
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), pid);
  // The pidfd holds on to this very process, whatever comes after it.
  const Fd left_over{pid > 1 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1};
  if (!left_over || name_of_process(pid) != process || ::getpgid(pid) != pid) return false;
  pollfd gone{left_over.get(), POLLIN, 0};
  ::kill(-pid, SIGTERM);
  ::poll(&gone, 1, static_cast<int>(std::chrono::milliseconds{grace}.count()));
  ::kill(-pid, SIGKILL);
  ::poll(&gone, 1, static_cast<int>(std::chrono::milliseconds{grace}.count()));
  return true;
}

}  // namespace hasync
