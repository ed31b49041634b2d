#include "heartbeat/curl_probe.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "base/text.hpp"
#include "os/clock.hpp"

namespace hasync::heartbeat {
namespace {

constexpr std::size_t body_limit = 1U << 20U;

using Handle = std::unique_ptr<CURL, decltype(Libcurl::easy_cleanup)>;

// What libcurl does not tell: whether there was a TCP connection at its end, though TLS had not come about.
int close_and_tell(void* was_connected, curl_socket_t socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) == 0)
    *static_cast<bool*>(was_connected) = true;
  return ::close(socket);
}

Handle new_handle(const Libcurl& curl, Duration timeout, bool& was_connected) {
  Handle handle{curl.easy_init(), curl.easy_cleanup};
  curl.easy_setopt(handle.get(), CURLOPT_CLOSESOCKETFUNCTION, close_and_tell);
  curl.easy_setopt(handle.get(), CURLOPT_CLOSESOCKETDATA, &was_connected);
  curl.easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl.easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  // Debian's libcurl resolves names in a thread of its own, so that these limits hold for the resolver too.
  curl.easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl.easy_setopt(handle.get(), CURLOPT_QUICK_EXIT, 1L);
  curl.easy_setopt(handle.get(), CURLOPT_PROXY, "");
  return handle;
}

struct Body {
  std::string text;
  bool cut = false;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t length, void* to) {
  auto& body = *static_cast<Body*>(to);
  body.text.append(bytes, std::min(length, body_limit - body.text.size()));
  body.cut = body.text.size() == body_limit;
  return body.cut ? 0 : length;
}

constexpr auto closed_without_answer = "connection closed without an answer";

std::string tell_failure(const Libcurl& curl, CURLcode code, CURL* handle, const char* said, Duration timeout,
                         bool was_connected) {
  long number = 0;
  curl.easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t looked_up = 0;
      curl.easy_getinfo(handle, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
      return fmt::format("{} within {}",
                         was_connected    ? "connected, but no answer"
                         : looked_up == 0 ? "its name was not told by the name server"
                                          : "no connection",
                         tell_duration(timeout));
    }
    case CURLE_COULDNT_RESOLVE_HOST:
      return "its name is not known";
    case CURLE_COULDNT_CONNECT:
      return number == ECONNREFUSED                            ? "connection refused"
             : number == ECONNRESET                            ? closed_without_answer
             : number == EHOSTUNREACH || number == ENETUNREACH ? "no way to it on the network"
                                                               : "no connection";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return fmt::format("its certificate is not trusted: {}", printable(said));
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return closed_without_answer;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
      // What libcurl says of a connection that was reset depends on which of its calls came upon that.
      if (!was_connected) return closed_without_answer;
      [[fallthrough]];
    default:
      return printable(*said != '\0' ? said : curl.easy_strerror(code));
  }
}

std::string judge_answer(const config::Probe& probe, long status, const Body& body) {
  if (status != probe.expect_status) return fmt::format("HTTP {}, expected {}", status, probe.expect_status);
  if (!probe.expect_body.empty() && body.text.find(probe.expect_body) == std::string::npos)
    return fmt::format("its answer lacks \"{}\"", printable(probe.expect_body));
  return {};
}

template <typename Ask>
ProbeResult timed(const config::Probe& probe, Ask ask) {
  const auto began = boot_uptime();
  const std::string failure = ask();
  const auto took = boot_uptime() - began;
  return {probe.name, failure.empty(), took, failure.empty() ? tell_duration(took) : failure};
}

}  // namespace

ProbeResult ask_http(const Libcurl& curl, const config::Probe& probe, Duration timeout) {
  return timed(probe, [&]() -> std::string {
    bool was_connected = false;
    const auto handle = new_handle(curl, timeout, was_connected);
    Body body;
    std::array<char, CURL_ERROR_SIZE> said{};
    curl.easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, said.data());
    curl.easy_setopt(handle.get(), CURLOPT_URL, probe.url.c_str());
    curl.easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(handle.get(), CURLOPT_USERAGENT, "hasync");
    curl.easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take_body);
    curl.easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
    if (!probe.ca_file.empty()) curl.easy_setopt(handle.get(), CURLOPT_CAINFO, probe.ca_file.c_str());
    const auto code = curl.easy_perform(handle.get());
    long status = 0;
    curl.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool enough = code == CURLE_WRITE_ERROR && body.cut;
    if (code != CURLE_OK && !enough) return tell_failure(curl, code, handle.get(), said.data(), timeout, was_connected);
    return judge_answer(probe, status, body);
  });
}

ProbeResult ask_tcp(const Libcurl& curl, const config::Probe& probe, Duration timeout) {
  return timed(probe, [&]() -> std::string {
    bool was_connected = false;
    const auto handle = new_handle(curl, timeout, was_connected);
    std::array<char, CURL_ERROR_SIZE> said{};
    const bool bare_ipv6 = probe.host.find(':') != std::string::npos;
    const auto url = fmt::format("http://{}:{}", bare_ipv6 ? "[" + probe.host + "]" : probe.host, probe.port);
    curl.easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, said.data());
    curl.easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl.easy_setopt(handle.get(), CURLOPT_CONNECT_ONLY, 1L);
    const auto code = curl.easy_perform(handle.get());
    return code == CURLE_OK ? std::string{}
                            : tell_failure(curl, code, handle.get(), said.data(), timeout, was_connected);
  });
}

}  // namespace hasync::heartbeat
