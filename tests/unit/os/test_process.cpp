#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "os/file_lock.hpp"
#include "os/process.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace std::chrono_literals;
using End = ProcessResult::End;

namespace {

ProcessResult run(ProcessSpec spec) {
  const Interrupt interrupt;
  SystemProcessRunner runner{interrupt};
  return runner.run(spec).value();
}

ProcessSpec shell(const std::string& script, Duration timeout = 20s) {
  return {.argv = {"sh", "-c", script}, .timeout = timeout, .grace = 200ms};
}

}  // namespace

TEST_CASE("the exit status, output and errors of a program are kept apart") {
  const auto ended = run(shell("echo out; echo err >&2; exit 3"));
  CHECK((ended.end == End::exited && ended.code == 3));
  CHECK(ended.output == "out\n");
  CHECK(tell_end(ended) == "exit status 3: err");
}

TEST_CASE("a signal is not an exit") {
  CHECK(tell_end(run(shell("kill -9 $$"))) == "killed by signal 9 (Killed)");
  CHECK(tell_end(run(shell("kill -40 $$"))) == "killed by signal 40 (unknown)");
}

TEST_CASE("a program that takes too long is ended, even if it ignores TERM") {
  CHECK(run(shell("sleep 60", 100ms)).end == End::timed_out);
  CHECK(run(shell("trap '' TERM; while :; do sleep 0.05; done", 100ms)).end == End::timed_out);
}

TEST_CASE("a flood is read and dropped, and does not keep us from the deadline") {
  auto spec = shell("yes", 300ms);
  spec.output_limit = 1000;
  const auto ended = run(spec);
  CHECK(ended.end == End::timed_out);
  CHECK(ended.output.size() == 1000);
  CHECK(run(shell("head -c 3000000 /dev/zero; exit 4")).code == 4);
}

TEST_CASE("a program that is to go on does, when it is requested to stop, up to its deadline") {
  const Interrupt interrupt;
  interrupt.request();
  SystemProcessRunner runner{interrupt};
  auto spec = shell("sleep 0.3; echo done");
  CHECK(runner.run(spec).value().end == End::interrupted);
  spec.on_interrupt = OnInterrupt::go_on;
  CHECK(runner.run(spec).value().output == "done\n");
  spec.argv.back() = "trap '' TERM; while :; do sleep 0.05; done";
  spec.timeout = 100ms;
  CHECK(runner.run(spec).value().end == End::timed_out);
}

TEST_CASE("while a program says nothing, time goes on") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  int ticks = 0;
  ProcessSpec spec{.argv = {"head", "-c", "1"}, .input_file = pipe[0], .timeout = 20s};
  spec.on_tick = [&] {
    ++ticks;
    CHECK(::write(pipe[1], "x", 1) == 1);  // which is what it waits for
  };
  CHECK(run(spec).output == "x");
  CHECK(ticks == 1);
}

TEST_CASE("a child left behind that holds the pipes is not waited for") {
  const auto ended = run(shell("sleep 30 & echo started"));
  CHECK(ended.succeeded());
  CHECK(ended.elapsed < 20s);
  CHECK(ended.output == "started\n");
}

TEST_CASE("input, environment and arguments arrive as they are") {
  CHECK(run({.argv = {"cat"}, .input = "through\0the pipe"}).output == "through");
  CHECK(run({.argv = {"sh", "-c", "echo $WORD-$PATH"}, .environment = {"WORD=a b", "PATH=/bin"}}).output ==
        "a b-/bin\n");
  CHECK(run({.argv = {"printf", "%s|", "a b", "*", "$HOME", ""}}).output == "a b|*|$HOME||");
}

TEST_CASE("a program that cannot be started is an error") {
  const Interrupt interrupt;
  SystemProcessRunner runner{interrupt};
  CHECK(runner.run({.argv = {"/no/such/program"}}).error().message ==
        "cannot start /no/such/program: No such file or directory");
}

TEST_CASE("an interrupt ends the program") {
  const Interrupt interrupt;
  SystemProcessRunner runner{interrupt};
  interrupt.request();
  CHECK(runner.run({.argv = {"sleep", "60"}}).value().end == End::interrupted);
}

TEST_CASE("a request that is for one program ends no other") {
  const Interrupt interrupt, one, other;
  SystemProcessRunner runner{interrupt};
  other.request();
  CHECK(runner.run({.argv = {"sleep", "60"}, .also_ended_by = &other}).value().end == End::interrupted);
  CHECK(runner.run({.argv = {"true"}, .also_ended_by = &one}).value().succeeded());
  interrupt.request();
  CHECK(runner.run({.argv = {"sleep", "60"}, .also_ended_by = &one}).value().end == End::interrupted);
}

TEST_CASE("a lock is held on by the child that inherited it, and by no other") {
  char folder[] = "/tmp/hasync-test.XXXXXX";
  const std::string path = std::string{mkdtemp(folder)} + "/lock";
  std::optional<FileLock> lock = FileLock::take(path, "the first").value();
  CHECK(FileLock::take(path, "the second").error().message == path + " is held by the first");
  CHECK(FileLock::take(path, "the second").error().code == ExitCode::busy);
  auto spec = shell("sleep 30 >/dev/null 2>&1 & echo $!");
  run(spec);  // does not inherit
  lock.reset();
  lock = FileLock::take(path, "again").value();
  spec.inherit = {lock->fd()};
  const auto child = std::stoi(run(spec).output);
  lock.reset();
  CHECK(FileLock::take(path, "the third").error().code == ExitCode::busy);
  CHECK(lock_holder(path) == "again");
  kill(child, SIGKILL);
  while (lock_holder(path)) {
  }
  CHECK(FileLock::take(path, "the third"));
}

TEST_CASE("what a killed run left behind is ended with all of its group, and a later process is not") {
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t killed = fork();
  if (killed == 0) {
    auto spec = shell("sleep 1000 & echo $! >&9; wait");
    REQUIRE(dup2(told[1], 9) == 9);
    spec.inherit = {9};
    spec.on_started = [&](const std::string& process) { dprintf(told[1], "%s\n", process.c_str()); };
    run(spec);
    _exit(0);
  }
  close(told[1]);
  std::string words;
  for (char byte = 0; std::count(words.begin(), words.end(), '\n') < 2 && read(told[0], &byte, 1) == 1;) words += byte;
  const auto lines = split(words, '\n');
  REQUIRE(lines.size() >= 2);
  const bool name_first = lines[0].starts_with("process ");
  const auto process = lines[name_first ? 0 : 1];
  const auto inner = static_cast<pid_t>(std::stoi(lines[name_first ? 1 : 0]));
  kill(killed, SIGKILL);
  waitpid(killed, nullptr, 0);

  const Interrupt interrupt;
  SystemProcessRunner runner{interrupt};
  CHECK_FALSE(runner.end_left_over(""));
  CHECK_FALSE(runner.end_left_over("done in 3 s"));
  CHECK_FALSE(runner.end_left_over(process + "0"));
  CHECK(kill(inner, 0) == 0);
  CHECK(runner.end_left_over(process));
  CHECK_FALSE(runner.end_left_over(process));
  // The last of the group that held the pipe is gone: it comes to its end.
  char none = 0;
  CHECK(read(told[0], &none, 1) == 0);
}

TEST_CASE("a program whose output is not wanted any more is ended, and the reason is what is told") {
  const Interrupt interrupt;
  SystemProcessRunner runner{interrupt};
  auto spec = shell("trap '' TERM; yes", 60s);
  std::size_t taken = 0;
  spec.sink = [&](std::string_view chunk) -> Result<void> {
    taken += chunk.size();
    return taken > 100'000 ? Result<void>{fail(ExitCode::failed, "too much")} : Result<void>{};
  };
  const auto ended = runner.run(spec);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message == "too much");
  CHECK(taken < 1'000'000);
}

TEST_CASE("a program's output comes no faster than it may, and all of it comes") {
  constexpr std::size_t in_the_pipe = 65'536;
  auto spec = shell("head -c 300000 /dev/zero; printf end");
  spec.bytes_per_second = 500'000;
  std::string all;
  spec.sink = [&](std::string_view chunk) -> Result<void> {
    all += chunk;
    return {};
  };
  const auto ended = run(spec);
  CHECK(ended.succeeded());
  CHECK((all.size() == 300'003 && all.ends_with("end")));
  CHECK(ended.elapsed >= Duration{(all.size() - in_the_pipe) * 1000 / 500'000});
}

TEST_CASE("while a program's output may not be read, all else is heeded") {
  auto spec = shell("echo why >&2; exec yes", 300ms);
  spec.bytes_per_second = 1;
  spec.output_limit = 10'000'000;
  const auto late = run(spec);
  CHECK(late.end == End::timed_out);
  CHECK(late.output.size() <= 1 + 65'536);
  CHECK(late.errors == "why\n");
  const Interrupt interrupt;
  spec.timeout = 60s;
  spec.on_tick = [&] { interrupt.request(); };
  SystemProcessRunner runner{interrupt};
  CHECK(runner.run(spec).value().end == End::interrupted);
}

TEST_CASE("all that a program printed before its end is taken, in order") {
  std::string all;
  auto spec = shell("head -c 3000000 /dev/zero; printf end");
  spec.sink = [&](std::string_view chunk) -> Result<void> {
    all += chunk;
    return {};
  };
  CHECK(run(spec).succeeded());
  CHECK(all.size() == 3'000'003);
  CHECK(all.ends_with("end"));
}

TEST_CASE("a file can be a program's standard input") {
  const Fd file{::open("/proc/self/comm", O_RDONLY | O_CLOEXEC)};
  auto spec = shell("cat");
  spec.input = "not this";
  spec.input_file = file.get();
  CHECK(trim(run(spec).output) == "test_os");
}
