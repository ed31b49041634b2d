#include "failover/postgresql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/datasets.hpp"
#include "failover/sql.hpp"
#include "os/atomic_file.hpp"
#include "os/unnamed_file.hpp"

namespace hasync::failover {
namespace {

std::string quoted_name(std::string_view name) { return quoted(name, '"'); }
std::string quoted_text(std::string_view text) { return quoted(text, '\''); }

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1; longer ones are cut off silently
constexpr auto short_work = std::chrono::minutes{5};
constexpr auto patience = std::chrono::seconds{10};  // with a server that is only asked whether it is there
constexpr std::size_t most_output = 16U << 20U;

// `name`, cut between two characters so that `suffix` has room.
std::string with_suffix(std::string_view name, std::string_view suffix) {
  auto length = std::min(name.size(), longest_name - suffix.size());
  while (length > 0 && length < name.size() && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) --length;
  return std::string{name.substr(0, length)} + std::string{suffix};
}

// psql(1) and pg_restore(1) on the server that `uri` names.
class Server {
 public:
  Server(const std::string& uri, ProcessRunner& runner) : uri_(uri), runner_(runner) {}

  // The rows as psql prints them with NUL between.
  Result<std::string> ask(const std::string& sql, Duration timeout = short_work) {
    return run({.argv = psql({"--tuples-only", "--no-align", "--record-separator-zero", "--command=" + sql}),
                .timeout = timeout});
  }

  enum class Transaction { one, none };
  Result<void> tell(const std::vector<std::string>& statements, Transaction transaction) {
    if (statements.empty()) return {};
    auto argv = psql({"--file=-"});
    if (transaction == Transaction::one) argv.emplace_back("--single-transaction");
    HASYNC_CHECK(run({.argv = argv, .input = join(statements, ";\n") + ";\n", .timeout = short_work}));
    return {};
  }

  Result<std::string> run(ProcessSpec spec) {
    spec.environment = {"LC_ALL=C", "PGCLIENTENCODING=UTF8", "PGCONNECT_TIMEOUT=30"};
    spec.output_limit = most_output;
    const auto program = spec.argv.front();
    auto ended = runner_.run(spec);
    if (!ended) {
      ended.error().message += "; install it: apt-get install postgresql-client";
      return fail(std::move(ended.error()));
    }
    if (ended->end == ProcessResult::End::interrupted) return fail(ExitCode::interrupted, "interrupted");
    if (!ended->succeeded()) return fail(ExitCode::failed, first_complaint(program, *ended));
    return std::move(ended->output);
  }

 private:
  // The first line names the cause, later ones its circumstances.
  static std::string first_complaint(const std::string& program, const ProcessResult& ended) {
    const auto lines = split(ended.errors, '\n');
    const auto found = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("rror") != std::string::npos || line.find("ERROR") != std::string::npos ||
             line.find("FATAL") != std::string::npos;
    });
    if (ended.end != ProcessResult::End::exited || found == lines.end())
      return fmt::format("{}: {}", program, tell_end(ended));
    return printable(*found);
  }

  std::vector<std::string> psql(const std::vector<std::string>& more) const {
    std::vector<std::string> argv{
        "psql",    "--no-psqlrc",           "--no-password",
        "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=" + config::with_database(uri_, "postgres")};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  const std::string& uri_;
  ProcessRunner& runner_;
};

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// How the journal names a restored database.
constexpr std::string_view identity = "oid ";

std::uint64_t number_of_restored(std::string_view evidence) {
  return evidence.starts_with(identity) ? number_in(evidence.substr(identity.size())) : 0;
}

std::string number_of(const std::string& database) {
  return fmt::format("coalesce((SELECT oid FROM pg_catalog.pg_database WHERE datname = {}), 0)", quoted_text(database));
}

Result<void> make_roles(Server& server, const std::string& roles) {
  HASYNC_TRY(const auto sql, read_file(roles));
  HASYNC_TRY(const auto names, server.ask("SELECT rolname FROM pg_catalog.pg_roles"));
  return server.tell(make_missing_roles(sql, split(names, '\0')), Server::Transaction::one);
}

Result<void> make_scratch(Server& server, const std::string& dump, const std::string& scratch) {
  HASYNC_TRY(const auto list, server.run({.argv = {"pg_restore", "--create", "--list", dump}, .timeout = short_work}));
  HASYNC_TRY(const auto wanted, UnnamedFile::holding(about_the_database(list)));
  HASYNC_TRY(const auto sql, server.run({.argv = {"pg_restore", "--create", "--no-tablespaces",
                                                  "--use-list=" + wanted.path(), "--file=-", dump},
                                         .timeout = short_work}));
  auto statements = make_database(sql, scratch);
  statements.insert(statements.begin(), fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted_name(scratch)));
  return server.tell(statements, Server::Transaction::none);
}

}  // namespace

std::string scratch_name(const std::string& database) { return with_suffix(database, "_hasync_new"); }

std::string aside_name(const std::string& database, const std::string& stamp) {
  std::string short_stamp = stamp;
  std::erase_if(short_stamp, [](char byte) { return byte == '-' || byte == ':'; });
  return with_suffix(database, "_before_" + short_stamp);
}

std::vector<std::string> make_missing_roles(std::string_view sql, const std::vector<std::string>& existing) {
  std::vector<std::string> made, statements;
  const auto is_in = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& statement : split_statements(sql, postgresql_dialect)) {
    const auto after = [&](std::string_view words) -> std::optional<std::string> {
      if (!statement.starts_with(words)) return std::nullopt;
      return read_name(std::string_view{statement}.substr(words.size()), postgresql_dialect).name;
    };
    if (const auto created = after("CREATE ROLE "); created && !is_in(existing, *created)) {
      made.push_back(*created);
      statements.push_back(statement);
    }
    for (const auto* words : {"ALTER ROLE ", "COMMENT ON ROLE "})
      if (const auto named = after(words); named && is_in(made, *named)) statements.push_back(statement);
    if (statement.starts_with("GRANT ")) {
      const auto to = find_word(statement, " TO ", postgresql_dialect);
      if (to != std::string::npos &&
          is_in(made, read_name(std::string_view{statement}.substr(to + 4), postgresql_dialect).name))
        statements.push_back(statement);
    }
  }
  return statements;
}

std::vector<std::string> make_database(std::string_view sql, const std::string& name) {
  constexpr std::string_view word = "DATABASE ";
  std::vector<std::string> statements;
  for (auto& statement : split_statements(sql, postgresql_dialect)) {
    const auto at = find_word(statement, word, postgresql_dialect);
    if (at == std::string::npos) continue;
    const auto named = read_name(std::string_view{statement}.substr(at + word.size()), postgresql_dialect);
    statements.push_back(statement.replace(at + word.size(), named.length, quoted_name(name)));
  }
  return statements;
}

std::string about_the_database(std::string_view list) {
  std::string kept;
  for (const auto& line : split(list, '\n'))
    for (const auto* what : {" DATABASE - ", " DATABASE PROPERTIES - ", " COMMENT - DATABASE ", " ACL - DATABASE ",
                             " SECURITY LABEL - DATABASE "}) {
      // "3351; 1262 16384 DATABASE - app owner"
      const auto numbers = line.find_first_not_of("0123456789; ");
      if (!line.starts_with(';') && numbers != std::string::npos && numbers > 0 &&
          line.compare(numbers - 1, std::string_view{what}.size(), what) == 0) {
        kept += line + "\n";
        break;
      }
    }
  return kept;
}

Result<std::vector<std::string>> swap(const Databases& there, std::uint64_t restored, const std::string& database,
                                      const std::string& stamp) {
  const auto scratch = scratch_name(database), aside = aside_name(database, stamp);
  if (restored == 0) return fail(ExitCode::failed, fmt::format("the journal does not know the copy of {}", database));
  if (there.live == restored) return std::vector<std::string>{};
  if (there.scratch != restored)
    return fail(ExitCode::failed, fmt::format("the restored database {} is gone; start anew: hasync promote", scratch));
  const auto rename = [](const std::string& from, const std::string& to) {
    return fmt::format("ALTER DATABASE {} RENAME TO {}", quoted_name(from), quoted_name(to));
  };
  if (there.live == 0) return std::vector{rename(scratch, database)};
  if (there.aside != 0)
    return fail(ExitCode::failed,
                fmt::format("a database {} is there already; rename it, then: hasync promote", aside));
  // A database that is in use cannot be renamed.
  return std::vector{fmt::format("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE "
                                 "datname = {} AND pid <> pg_catalog.pg_backend_pid()",
                                 quoted_text(database)),
                     rename(database, aside), rename(scratch, database)};
}

Result<Restored> restore_postgresql(const std::string& point, const std::string& uri, Duration timeout,
                                    const std::vector<int>& inherit, ProcessRunner& runner) {
  const auto scratch = scratch_name(config::database_name(uri));
  const auto dump = point + "/" + config::dump_file(config::DatasetType::postgresql);
  Server server{uri, runner};
  HASYNC_CHECK(make_roles(server, point + "/" + std::string{config::roles_file}));
  HASYNC_CHECK(make_scratch(server, dump, scratch));
  auto restored = server.run({.argv = {"pg_restore", "--no-password", "--exit-on-error", "--no-tablespaces",
                                       "--dbname=" + config::with_database(uri, scratch), dump},
                              .timeout = timeout,
                              .inherit = inherit});
  if (!restored) {
    if (restored.error().code != ExitCode::interrupted) drop_scratch(uri, runner);
    return fail(std::move(restored.error()));
  }
  HASYNC_TRY(const auto number, server.ask("SELECT " + number_of(scratch)));
  return Restored{std::string{identity} + fmt::format("{}", number_in(number))};
}

Result<std::string> swap_postgresql(const std::string& uri, const std::string& restored, const std::string& stamp,
                                    ProcessRunner& runner) {
  const auto database = config::database_name(uri);
  Server server{uri, runner};
  HASYNC_TRY(const auto numbers,
             server.ask(fmt::format("SELECT {} || ' ' || {} || ' ' || {}", number_of(database),
                                    number_of(scratch_name(database)), number_of(aside_name(database, stamp)))));
  const auto each = split(numbers, ' ');
  if (each.size() != 3) return fail(ExitCode::failed, fmt::format("psql told \"{}\"", printable(numbers)));
  const Databases there{number_in(each[0]), number_in(each[1]), number_in(each[2])};
  HASYNC_TRY(const auto statements, swap(there, number_of_restored(restored), database, stamp));
  HASYNC_CHECK(server.tell(statements, Server::Transaction::one));
  const bool was_there = statements.size() > 1 || there.aside != 0;
  return fmt::format(
      "database {} is in place{}", database,
      was_there ? ", what stood there is " + aside_name(database, stamp) : std::string{", nothing stood there before"});
}

std::string trouble_with_postgresql(const std::string& uri, ProcessRunner& runner) {
  const auto told = Server{uri, runner}.ask(
      "SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user", patience);
  if (!told) return told.error().message;
  return told->starts_with('t') ? std::string{}
                                : "the user there may not make databases; let a superuser say ALTER ROLE … CREATEDB";
}

void drop_scratch(const std::string& uri, ProcessRunner& runner) {
  const auto scratch = scratch_name(config::database_name(uri));
  static_cast<void>(Server{uri, runner}.tell(
      {fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted_name(scratch))}, Server::Transaction::none));
}

}  // namespace hasync::failover
