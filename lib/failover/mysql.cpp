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

// MariaDB's client or, where that is missing, MySQL's, as it ended.
Result<ProcessResult> end_of_client(const std::string& uri, const std::vector<std::string>& more, ProcessSpec spec,
                                    ProcessRunner& runner) {
  spec.argv = {"mariadb", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"};
  const auto options = config::mysql_options(uri);
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  spec.argv.insert(spec.argv.end(), more.begin(), more.end());
  auto ended = runner.run(spec);
  if (!ended) {
    spec.argv.front() = "mysql";
    ended = runner.run(spec);
  }
  if (!ended) ended.error().message += "; install it: apt-get install mariadb-client";
  if (ended && ended->end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
  return ended;
}

Result<ProcessResult> run_client(const std::string& uri, const std::vector<std::string>& more, const ProcessSpec& spec,
                                 ProcessRunner& runner) {
  HASYNC_TRY(auto ended, end_of_client(uri, more, spec, runner));
  if (!ended.succeeded()) return fail(ExitCode::failed, "mariadb: " + tell_end(ended));
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

Result<std::vector<Account>> ask_for_accounts(const std::string& uri, const std::string& sql, ProcessRunner& runner) {
  HASYNC_TRY(const auto told, ask(uri, sql, short_work, runner));
  std::vector<Account> accounts;
  for (const auto& line : split(told, '\n'))
    if (const auto columns = split(line, '\t'); columns.size() == 2)
      accounts.push_back({from_hexadecimal(columns[0]), from_hexadecimal(columns[1])});
  return accounts;
}

// In the mark: the accounts that this restore makes. One that is begun anew after a crash finishes them, and one that
// comes to nothing takes them away again.
std::string list_of_made(const std::string& uri) {
  return quoted_name(mark_of(config::database_name(uri))) + ".accounts_made";
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
    const auto there = ask_for_accounts(
        uri_,
        fmt::format(
            "CREATE TABLE IF NOT EXISTS {0} (user VARCHAR(128) NOT NULL, host VARCHAR(255) NOT NULL, PRIMARY KEY "
            "(user, host)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; "
            "SELECT hex(user), hex(host) FROM mysql.user WHERE concat(hex(user), '@', hex(host)) NOT IN "
            "(SELECT concat(hex(user), '@', hex(host)) FROM {0})",
            list_of_made(uri_)),
        runner_);
    if (!there) return complain(there.error());
    plan_ = plan_accounts(*sql, *there, config::database_name(uri_));
    return {};
  }

  Result<void> make() {
    if (plan_.made.empty()) return {};
    std::vector<std::string> rows;
    for (const auto& account : plan_.made)
      rows.push_back(fmt::format("({}, {})", quoted_text(account.user), quoted_text(account.host)));
    ProcessSpec spec{.timeout = short_work};
    spec.input = fmt::format("INSERT IGNORE INTO {} VALUES {}", list_of_made(uri_), join(rows, ", "));
    if (const auto listed = run_client(uri_, {}, spec, runner_); !listed) {
      plan_ = {};
      return complain(listed.error());
    }
    return tell(plan_.making);
  }

  // A view needs those of who defined it when it is made, on the database; those on a table need the table.
  Result<void> give_permissions() { return tell(plan_.permissions); }

  // Those that a restore which came to nothing has made.
  void drop() {
    const auto made =
        ask_for_accounts(uri_, fmt::format("SELECT hex(user), hex(host) FROM {}", list_of_made(uri_)), runner_);
    if (!made) return;
    std::vector<std::string> statements;
    for (const auto& account : *made) statements.push_back(drop_account(account));
    static_cast<void>(tell(statements));
  }

  // "restored, 2 accounts made"
  std::string evidence() const {
    return complaints_.empty()
               ? fmt::format("{}, {} made", finished, counted(static_cast<std::int64_t>(plan_.made.size()), "account"))
               : std::string{finished};
  }
  // "the accounts of the primary could not all be made: ERROR 1227 (42000) …"
  std::string doubt() const {
    if (complaints_.empty()) return {};
    return fmt::format("the accounts of the primary could not all be made: {}{}", complaints_.front(),
                       complaints_.size() > 1 ? fmt::format(", and {} more", complaints_.size() - 1) : "");
  }

 private:
  Result<void> tell(const std::vector<std::string>& statements) {
    if (statements.empty()) return {};
    // In the mode of a dump, but that none makes an account by giving it a permission.
    constexpr std::string_view mode = "/*M! SET SESSION sql_mode = 'NO_AUTO_CREATE_USER' */;\n";
    ProcessSpec spec{.timeout = short_work};
    spec.input = std::string{mode} + join(statements, ";\n") + ";\n";
    const auto ended = end_of_client(uri_, {"--force"}, spec, runner_);
    if (!ended) return complain(ended.error());
    for (auto& complaint : account_complaints(ended->errors)) complain(std::move(complaint));
    if (!ended->succeeded()) complain("mariadb: " + tell_end({.end = ended->end, .code = ended->code}));
    return {};
  }

  Result<void> complain(const Error& error) {
    if (error.code == ExitCode::interrupted) return fail(error);
    complain(error.message);
    return {};
  }
  void complain(std::string words) {
    if (std::find(complaints_.begin(), complaints_.end(), words) == complaints_.end())
      complaints_.push_back(std::move(words));
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
    if (restored.error().code == ExitCode::interrupted) return fail(std::move(restored.error()));
    drop_unsettled(uri, runner);
    if (const auto doubt = accounts.doubt(); !doubt.empty()) restored.error().message += "; " + doubt;
    return fail(std::move(restored.error()));
  }
  HASYNC_CHECK(accounts.give_permissions());
  return Restored{accounts.evidence(), accounts.doubt()};
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
  Accounts{uri, runner}.drop();
  const auto database = config::database_name(uri);
  static_cast<void>(ask(uri,
                        fmt::format("DROP DATABASE IF EXISTS {}; DROP DATABASE {}", quoted_name(database),
                                    quoted_name(mark_of(database))),
                        short_work, runner));
}

}  // namespace hasync::failover
