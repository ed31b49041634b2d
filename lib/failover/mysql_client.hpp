// mariadb(1), or mysql(1) where that is missing, on the server that a URI names.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "os/process.hpp"

namespace hasync::failover {

class MysqlClient {
 public:
  static constexpr auto short_work = std::chrono::minutes{5};

  // `inherit`: descriptors that the program keeps, as long as it works.
  MysqlClient(const std::string& uri, std::vector<int> inherit, ProcessRunner& runner)
      : uri_(uri), inherit_(std::move(inherit)), runner_(runner) {}

  const std::string& uri() const { return uri_; }

  // What it answers: a row a line, with tabs between its columns. Whatever mode the server is in, none is in force.
  Result<std::string> ask(const std::string& sql, Duration timeout = short_work);
  // Goes on after an error; what it complained of is in `errors`, with the statements.
  Result<ProcessResult> tell(const std::vector<std::string>& statements);
  // All that is in the file `descriptor`, from where that stands on.
  Result<void> feed(int descriptor, Duration timeout);

 private:
  Result<ProcessResult> run(const std::vector<std::string>& options, ProcessSpec spec);
  Result<ProcessResult> succeed(const std::vector<std::string>& options, const ProcessSpec& spec);

  const std::string& uri_;
  std::vector<int> inherit_;
  ProcessRunner& runner_;
};

std::string mysql_name(std::string_view name);  // in backticks
std::string mysql_text(std::string_view text);  // as a literal that every mode of the server reads alike

}  // namespace hasync::failover
