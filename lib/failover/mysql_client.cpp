#include "failover/mysql_client.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "failover/sql.hpp"
#include "os/unnamed_file.hpp"

namespace hasync::failover {
namespace {

constexpr std::size_t most_output = 16U << 20U;

}  // namespace

Result<std::string> MysqlClient::ask(const std::string& sql, Duration timeout) {
  HASYNC_TRY(auto ended, succeed({"--execute=SET SESSION sql_mode = ''; " + sql},
                                 {.timeout = timeout, .output_limit = most_output}));
  return std::move(ended.output);
}

Result<ProcessResult> MysqlClient::tell(const std::vector<std::string>& statements) {
  // In no mode but that none makes an account by giving it a permission. A file, all of which is there when the client
  // begins: of what comes through a pipe, it carries out half a statement when we are killed.
  constexpr std::string_view mode = "/*M! SET SESSION sql_mode = 'NO_AUTO_CREATE_USER' */;\n";
  HASYNC_TRY(const auto text, UnnamedFile::holding(std::string{mode} + join(statements, ";\n") + ";\n"));
  const Fd file{::open(text.path().c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return fail(os_error("cannot read a text in memory", errno));
  ProcessSpec spec{.timeout = short_work};
  spec.input_file = file.get();
  return run({"--force"}, spec);
}

Result<void> MysqlClient::feed(int descriptor, Duration timeout) {
  ProcessSpec spec{.timeout = timeout};
  spec.input_file = descriptor;
  HASYNC_CHECK(succeed({}, spec));
  return {};
}

Result<ProcessResult> MysqlClient::run(const std::vector<std::string>& options, ProcessSpec spec) {
  spec.argv = {"mariadb", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"};
  const auto server = config::mysql_options(uri_);
  spec.argv.insert(spec.argv.end(), server.begin(), server.end());
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  spec.inherit = inherit_;
  auto ended = runner_.run(spec);
  if (!ended) {
    spec.argv.front() = "mysql";
    ended = runner_.run(spec);
  }
  if (!ended) ended.error().message += "; install it: apt-get install mariadb-client";
  if (ended && ended->end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  return ended;
}

Result<ProcessResult> MysqlClient::succeed(const std::vector<std::string>& options, const ProcessSpec& spec) {
  HASYNC_TRY(auto ended, run(options, spec));
  if (!ended.succeeded()) return fail(ExitCode::failed, "mariadb: " + tell_end(ended));
  return ended;
}

std::string mysql_name(std::string_view name) { return quoted(name, '`'); }

std::string mysql_text(std::string_view text) {
  std::string digits;
  for (const char byte : text) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return fmt::format("CONVERT(x'{}' USING utf8)", digits);
}

}  // namespace hasync::failover
