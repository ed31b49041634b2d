#include "peer/connection.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "peer/transport.hpp"

namespace hasync::peer {
namespace {

constexpr auto local_timeout = std::chrono::seconds{5};
constexpr auto handshake_timeout = std::chrono::seconds{5};

// `options` before the host, which comes last.
std::vector<std::string> with_options(std::vector<std::string> argv, const std::vector<std::string>& options) {
  argv.insert(argv.end() - 1, options.begin(), options.end());
  return argv;
}

std::optional<std::string> hardware_ciphers(const config::Peer& peer, Duration timeout, ProcessRunner& runner) {
  const auto told = runner.run({.argv = with_options(ssh_argv(peer, timeout), {"-G"}), .timeout = local_timeout});
  return told && told->succeeded() ? hardware_ciphers_first(told->output) : std::nullopt;
}

}  // namespace

std::optional<std::string> hardware_ciphers_first(std::string_view ssh_configuration) {
  constexpr std::string_view key = "ciphers ";
  for (const auto& line : split(ssh_configuration, '\n')) {
    if (!line.starts_with(key)) continue;
    const auto before = split(line.substr(key.size()), ',');
    auto ciphers = before;
    std::stable_partition(ciphers.begin(), ciphers.end(),
                          [](const auto& name) { return name.find("-gcm") != std::string::npos; });
    return ciphers == before ? std::nullopt : std::optional{join(ciphers, ",")};
  }
  return std::nullopt;
}

std::optional<int> pid_of_master(std::string_view said) {
  constexpr std::string_view before = "Master running (pid=";
  const auto at = said.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  int pid = 0;
  const auto [end, error] = std::from_chars(said.data() + at + before.size(), said.data() + said.size(), pid);
  return error == std::errc{} ? std::optional{pid} : std::nullopt;
}

bool can_hold_socket(std::string_view path) {
  constexpr std::size_t longest = 90;
  return path.size() <= longest && path.find_first_of("%$") == std::string_view::npos;
}

Result<Connection> Connection::open(const config::Peer& peer, std::string socket, Ciphers ciphers, Duration timeout,
                                    ProcessRunner& runner) {
  if (::unlink(socket.c_str()) != 0 && errno != ENOENT)
    return fail(os_error(fmt::format("cannot remove {}", socket), errno));
  // -f: once the key is accepted, ssh leaves our process group and goes on in the background.
  std::vector<std::string> options{"-M", "-S", socket, "-N", "-f", "-o", "ControlPersist=60"};
  if (ciphers == Ciphers::hardware)
    if (const auto order = hardware_ciphers(peer, timeout, runner)) options.insert(options.end(), {"-c", *order});
  HASYNC_TRY(const auto ended, runner.run({.argv = with_options(ssh_argv(peer, timeout), options),
                                           .timeout = timeout + handshake_timeout,
                                           .grace = std::chrono::seconds{1}}));
  if (ended.end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (ended.end == ProcessResult::End::timed_out) return fail(explain_ssh(peer, "timed out"));
  if (!ended.succeeded()) return fail(explain_ssh(peer, ended.errors));
  return Connection{peer, std::move(socket), runner};
}

Connection::Connection(config::Peer peer, std::string socket, ProcessRunner& runner)
    : peer_(std::move(peer)), socket_(std::move(socket)), runner_(&runner) {}

Connection::Connection(Connection&& other) noexcept
    : peer_(std::move(other.peer_)),
      socket_(std::move(other.socket_)),
      runner_(std::exchange(other.runner_, nullptr)) {}

Connection::~Connection() {
  if (runner_ == nullptr) return;
  const auto told = runner_->run({.argv = with_options(ssh_argv(peer_, local_timeout), {"-S", socket_, "-O", "check"}),
                                  .timeout = local_timeout,
                                  .on_interrupt = OnInterrupt::go_on});
  const auto master = told ? pid_of_master(told->errors) : std::nullopt;
  if (master) runner_->end_left_over(name_of_process(*master));
}

}  // namespace hasync::peer
