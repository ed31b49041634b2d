#include "failover/mysql.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/datasets.hpp"
#include "failover/mysql_accounts.hpp"
#include "failover/sql.hpp"
#include "os/atomic_file.hpp"

namespace hasync::failover {
namespace {

constexpr std::size_t longest_name = 64;  // of characters; bytes are never fewer
constexpr auto short_work = std::chrono::minutes{5};
constexpr auto patience = std::chrono::seconds{10};  // with a server that is only asked whether it is there
constexpr std::string_view finished = "restored";    // how the journal begins what it tells of a restore
constexpr std::size_t most_output = 16U << 20U;

std::string quoted_name(std::string_view name) { return quoted(name, '`'); }

// As a hexadecimal literal: no mode of the server gives a byte in it another meaning.
std::string quoted_text(std::string_view text) {
  std::string quoted = "x'";
  for (const char byte : text) quoted += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return fmt::format("CONVERT({}' USING utf8)", quoted);
}

Result<ProcessResult> run_client(const std::string& uri, const std::vector<std::string>& more, ProcessSpec spec,
                                 ProcessRunner& runner) {
  spec.argv = {"mariadb", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"};
  const auto options = config::mysql_options(uri);
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  spec.argv.insert(spec.argv.end(), more.begin(), more.end());
  auto ended = runner.run(spec);
  if (!ended) {  // MySQL's own
    spec.argv.front() = "mysql";
    ended = runner.run(spec);
  }
  if (!ended) {
    ended.error().message += "; install it: apt-get install mariadb-client";
    return ended;
  }
  if (ended->end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  if (!ended->succeeded()) return fail(ExitCode::failed, fmt::format("{}: {}", spec.argv.front(), tell_end(*ended)));
  return ended;
}

Result<std::string> ask(const std::string& uri, const std::string& sql, Duration timeout, ProcessRunner& runner) {
  HASYNC_TRY(auto ended,
             run_client(uri, {"--execute=" + sql}, {.timeout = timeout, .output_limit = most_output}, runner));
  return std::move(ended.output);
}

Result<MysqlState> look(const std::string& uri, ProcessRunner& runner) {
  const auto database = config::database_name(uri);
  const auto name = quoted_text(database);
  const auto count = [&](std::string_view table, std::string_view column) {
    return fmt::format("(SELECT count(*) FROM information_schema.{} WHERE {} = {})", table, column, name);
  };
  HASYNC_TRY(
      const auto told,
      ask(uri,
          fmt::format("SELECT (SELECT count(*) FROM information_schema.schemata WHERE schema_name = {}), {} + {} + {}",
                      quoted_text(mark_of(database)), count("tables", "table_schema"),
                      count("routines", "routine_schema"), count("events", "event_schema")),
          patience, runner));
  const auto numbers = split(std::string{trim(told)}, '\t');
  if (numbers.size() != 2) return fail(ExitCode::failed, fmt::format("the server told \"{}\"", printable(told)));
  return MysqlState{numbers[0] != "0", numbers[1] == "0"};
}

std::string from_hexadecimal(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// Those that were here when this restore was begun for the first time: the mark keeps them, so that one that is begun
// anew after a crash finishes what the former made of an account.
Result<std::vector<Account>> accounts_before(const std::string& uri, ProcessRunner& runner) {
  const auto kept = quoted_name(mark_of(config::database_name(uri))) + ".accounts_before";
  HASYNC_TRY(const auto told, ask(uri,
                                  fmt::format("CREATE TABLE IF NOT EXISTS {0} AS SELECT user, host FROM mysql.user; "
                                              "SELECT hex(user), hex(host) FROM {0}",
                                              kept),
                                  short_work, runner));
  std::vector<Account> accounts;
  for (const auto& line : split(told, '\n'))
    if (const auto columns = split(line, '\t'); columns.size() == 2)
      accounts.push_back({from_hexadecimal(columns[0]), from_hexadecimal(columns[1])});
  return accounts;
}

// The users and roles of the primary that are missing here, where the point tells them. That the server here does not
// take one, being of an older version, say, is no reason to be without the database: it is told. Interrupted is all
// that is an error.
class Accounts {
 public:
  Accounts(const std::string& uri, ProcessRunner& runner) : uri_(uri), runner_(runner) {}

  Result<void> look(const std::string& point) {
    const auto path = point + "/" + std::string{config::users_file};
    if (::access(path.c_str(), F_OK) != 0) return {};
    const auto sql = read_file(path);
    if (!sql) return complain(sql.error());
    const auto before = accounts_before(uri_, runner_);
    if (!before) return complain(before.error());
    plan_ = plan_accounts(*sql, *before, config::database_name(uri_));
    return {};
  }

  Result<void> make() { return tell(plan_.making); }
  // A view needs those of who defined it when it is made, on the database; those on a table need the table.
  Result<void> give_permissions() { return tell(plan_.permissions); }

  std::int64_t made() const { return static_cast<std::int64_t>(plan_.made.size()); }
  // "the accounts of the primary could not all be made: ERROR 1227 (42000) …"
  std::string doubt() const {
    if (complaints_.empty()) return {};
    return fmt::format("the accounts of the primary could not all be made: {}{}", complaints_.front(),
                       complaints_.size() > 1 ? fmt::format(", and {} more", complaints_.size() - 1) : "");
  }

 private:
  Result<void> tell(const std::vector<std::string>& statements) {
    if (statements.empty()) return {};
    const auto ended =
        run_client(uri_, {"--force"}, {.input = join(statements, ";\n") + ";\n", .timeout = short_work}, runner_);
    if (!ended) return complain(ended.error());
    for (auto& complaint : account_complaints(ended->errors))
      if (std::find(complaints_.begin(), complaints_.end(), complaint) == complaints_.end())
        complaints_.push_back(std::move(complaint));
    return {};
  }

  Result<void> complain(const Error& error) {
    if (error.code == ExitCode::interrupted) return fail(error);
    complaints_.push_back(error.message);
    return {};
  }

  const std::string& uri_;
  ProcessRunner& runner_;
  AccountPlan plan_;
  std::vector<std::string> complaints_;
};

}  // namespace

std::string mark_of(const std::string& database) {
  constexpr std::string_view suffix = "_hasync_new";
  auto length = std::min(database.size(), longest_name - suffix.size());
  while (length > 0 && length < database.size() && (static_cast<unsigned char>(database[length]) & 0xC0U) == 0x80U)
    --length;
  return database.substr(0, length) + std::string{suffix};
}

std::string trouble_with_database(const MysqlState& state, const std::string& database) {
  if (state.is_marked || state.is_empty) return {};
  return fmt::format(
      "database {} here is not empty, and nothing in it is replaced: once it is not needed, or saved by mariadb-dump, "
      "drop it",
      printable(database));
}

Result<Restored> restore_mysql(const std::string& point, const std::string& uri, Duration timeout,
                               const std::vector<int>& inherit, ProcessRunner& runner) {
  const auto database = config::database_name(uri);
  const auto path = point + "/" + config::dump_file(config::DatasetType::mysql);
  const Fd dump{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!dump) return fail(os_error(fmt::format("cannot read {}", path), errno));
  HASYNC_TRY(const auto state, look(uri, runner));
  if (auto trouble = trouble_with_database(state, database); !trouble.empty())
    return fail(ExitCode::unsafe, std::move(trouble));
  // First the mark: from then on what is there is ours, and goes when this is done again.
  HASYNC_CHECK(ask(uri,
                   fmt::format("CREATE DATABASE IF NOT EXISTS {}; DROP DATABASE IF EXISTS {}",
                               quoted_name(mark_of(database)), quoted_name(database)),
                   short_work, runner));
  Accounts accounts{uri, runner};
  HASYNC_CHECK(accounts.look(point));
  HASYNC_CHECK(accounts.make());
  HASYNC_CHECK(accounts.give_permissions());
  ProcessSpec spec{.timeout = timeout, .inherit = inherit};
  spec.input_file = dump.get();
  if (auto restored = run_client(uri, {}, spec, runner); !restored) {
    if (restored.error().code != ExitCode::interrupted) drop_unsettled(uri, runner);
    return fail(std::move(restored.error()));
  }
  HASYNC_CHECK(accounts.give_permissions());
  return Restored{fmt::format("{}, {} made", finished, counted(accounts.made(), "account")), accounts.doubt()};
}

Result<std::string> settle_mysql(const std::string& uri, const std::string& restored, ProcessRunner& runner) {
  const auto database = config::database_name(uri);
  if (!restored.starts_with(finished))
    return fail(ExitCode::failed, fmt::format("the journal does not know the restore of {}", printable(database)));
  HASYNC_CHECK(ask(uri, fmt::format("DROP DATABASE IF EXISTS {}", quoted_name(mark_of(database))), short_work, runner));
  return fmt::format("database {} is in place, nothing stood there before", printable(database));
}

std::string trouble_with_mysql(const std::string& uri, ProcessRunner& runner) {
  const auto state = look(uri, runner);
  return state ? trouble_with_database(*state, config::database_name(uri)) : state.error().message;
}

std::string trouble_with_mysql_accounts(const std::string& uri, ProcessRunner& runner) {
  const auto told =
      ask(uri,
          "SELECT count(*) > 0 FROM information_schema.user_privileges WHERE privilege_type = 'CREATE USER' "
          "AND grantee = concat(quote(substring_index(current_user(), '@', 1)), '@', "
          "quote(substring_index(current_user(), '@', -1))); SELECT user FROM mysql.user LIMIT 0",
          patience, runner);
  if (told && trim(*told) == "1") return {};
  constexpr std::string_view advice =
      "it needs GRANT CREATE USER ON *.*, GRANT SELECT ON mysql.*, and what it is to grant";
  return told ? fmt::format("the user there may not make users; {}", advice)
              : fmt::format("{}; {}", told.error().message, advice);
}

void drop_unsettled(const std::string& uri, ProcessRunner& runner) {
  const auto state = look(uri, runner);
  if (!state || !state->is_marked) return;
  const auto database = config::database_name(uri);
  static_cast<void>(ask(uri,
                        fmt::format("DROP DATABASE IF EXISTS {}; DROP DATABASE {}", quoted_name(database),
                                    quoted_name(mark_of(database))),
                        short_work, runner));
}

}  // namespace hasync::failover
