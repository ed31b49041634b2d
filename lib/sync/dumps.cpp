#include "sync/dumps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/datasets.hpp"
#include "peer/transport.hpp"
#include "sync/guards.hpp"

namespace hasync::sync {
namespace {

constexpr auto connect_timeout = std::chrono::seconds{15};
constexpr int ssh_failed = 255, not_found = 127, not_executable = 126, usage = 2;
constexpr std::string_view schema = "hasync.dump/1";

// What a failed connection or a refusal of a database server means to an operator.
struct Sign {
  std::string_view said;
  std::string_view advice;
};
constexpr std::array signs{
    Sign{"server version mismatch", "install the pg_dump of the server's version there"},
    Sign{"authentication failed", "let the server's pg_hba.conf or a .pgpass let this user in"},
    Sign{"no password supplied", "put the password into the .pgpass of this user there"},
    Sign{"no pg_hba.conf entry", "let the server's pg_hba.conf let this user in"},
    Sign{"role \"", "name the user in the URI, as postgresql://app@/app"},
    Sign{"database \"", "is the name in the URI right?"},
    Sign{"Connection refused", "is PostgreSQL running there, and is the host in the URI right?"},
    Sign{"Is the server running", "is PostgreSQL running there?"},
    Sign{"Unknown database", "is the name in the URI right?"},
    Sign{"Access denied",
         "put user and password into the .my.cnf of this user there, or let the server trust its socket"},
    Sign{"Can't connect", "is MySQL or MariaDB running there, and is the host in the URI right?"},
    Sign{"permission denied", "it needs a user who may read all of the database"},
};

// By which a database server says that it takes no connections for now, or has ended one.
constexpr std::array of_a_server_for_now{"the database system is",  // starting up, shutting down, in recovery mode
                                         "too many clients already",
                                         "remaining connection slots are reserved",
                                         "Connection refused",
                                         "Is the server running",
                                         "server closed the connection unexpectedly",
                                         "terminating connection due to administrator command",
                                         "terminating connection because of crash of another server process",
                                         "timeout expired",
                                         "Can't connect",
                                         "Too many connections",
                                         "Lost connection",
                                         "server has gone away",
                                         "Server shutdown in progress"};

Outlook outlook_of(const config::Dataset& dataset, const ProcessResult& result) {
  const bool passes = config::is_of_a_server(dataset.type) && result.code != not_found &&
                      result.code != not_executable &&
                      std::any_of(of_a_server_for_now.begin(), of_a_server_for_now.end(),
                                  [&](std::string_view said) { return result.errors.find(said) != std::string::npos; });
  return passes ? Outlook::passing : Outlook::lasting;
}

std::string tell_server(const std::string& errors) {
  const auto lines = split(errors, '\n');
  const auto first = std::find_if(lines.begin(), lines.end(),
                                  [](const auto& line) { return line.find("error: ") != std::string::npos; });
  auto said = printable(first == lines.end() ? last_line(errors) : trim(*first));
  for (const auto& sign : signs)
    if (errors.find(sign.said) != std::string::npos) return fmt::format("{}; {}", said, sign.advice);
  return said;
}

// By who was to start it, env(1) or a shell; what a program that is there was missing itself, it tells in its own
// words.
bool is_not_there(const std::string& program, const ProcessResult& result) {
  const auto said = " " + last_line(result.errors);
  const auto ends = [&](std::string_view how) { return said.ends_with(fmt::format(fmt::runtime(how), program)); };
  return result.code == not_found &&
         (said == " " || said.starts_with(" /usr/bin/env: ") || ends(" {}: not found") ||
          ends(" {}: command not found") || ends(" command not found: {}") || ends(" {}: Command not found."));
}

std::string tell_failure(const config::Config& settings, const config::Dataset& dataset, const std::string& program,
                         const ProcessResult& result) {
  const auto& peer = settings.peer.name;
  const bool of_a_server = config::is_of_a_server(dataset.type);
  if (is_not_there(program, result))
    return fmt::format("{} has no program {}; {}", peer, program,
                       dataset.type == config::DatasetType::postgresql
                           ? "install it there: apt-get install postgresql-client"
                       : of_a_server ? "install it there: apt-get install mariadb-client"
                                     : "install it there, or name it by its absolute path");
  if (result.code == not_executable)
    return fmt::format("{} on {} cannot be run: {}", program, peer, printable(last_line(result.errors)));
  if (dataset.type == config::DatasetType::sqlite && result.code == usage)
    return fmt::format("the hasync of {} is too old to dump a database; install the same version on both", peer);
  if (of_a_server && !trim(result.errors).empty())
    return fmt::format("{} on {} failed: {}", program, peer, tell_server(result.errors));
  return fmt::format("{} on {} failed with {}", program, peer, tell_end(result));
}

std::vector<std::string> mysqldump_argv(const char* program, const std::string& uri,
                                        const std::vector<std::string>& what) {
  std::vector<std::string> argv{program, "--comments", "--skip-dump-date", "--default-character-set=utf8mb4"};
  const auto options = config::mysql_options(uri);
  argv.insert(argv.end(), options.begin(), options.end());
  argv.insert(argv.end(), what.begin(), what.end());
  return argv;
}

// MariaDB's program and MySQL's understand the same. --databases: with the database's own character set.
std::vector<std::string> database_argv(const char* program, const std::string& uri) {
  return mysqldump_argv(program, uri,
                        {"--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob",
                         "--no-tablespaces", "--databases", "--", config::database_name(uri)});
}

}  // namespace

std::vector<DumpPart> dump_parts(const config::Dataset& dataset) {
  const auto file = config::dump_file(dataset.type);
  const auto database = "--dbname=" + dataset.source;
  switch (dataset.type) {
    case config::DatasetType::files:
      break;
    case config::DatasetType::postgresql:
      return {{std::string{config::roles_file},
               {"pg_dumpall", "--roles-only", "--no-password", database},
               {"pg_dumpall", "--roles-only", "--no-role-passwords", "--no-password", database},
               may_not_see_passwords,
               "the roles came without their passwords, which only a superuser may read"},
              {file, {"pg_dump", "--format=custom", "--no-password", database}}};
    case config::DatasetType::mysql:
      return {{std::string{config::users_file},
               mysqldump_argv("mariadb-dump", dataset.source, {"--system=users", "--insert-ignore"}),
               {},
               may_not_tell_users,
               "the users of the server did not come: that takes mariadb-dump there, and a user who may read the "
               "database mysql"},
              {file, database_argv("mariadb-dump", dataset.source), database_argv("mysqldump", dataset.source),
               has_no_such_program}};
    case config::DatasetType::sqlite:
      return {{file, {"hasync", "agent", "dump", "sqlite", dataset.source}}};
    case config::DatasetType::command:
      return {{file, dataset.run}};
  }
  return {};
}

std::vector<std::vector<std::string>> dump_commands(const config::Config& settings) {
  std::vector<std::vector<std::string>> commands;
  for (const auto& dataset : settings.sync.datasets)
    for (auto& part : dump_parts(dataset)) {
      commands.push_back(std::move(part.argv));
      if (!part.otherwise.empty()) commands.push_back(std::move(part.otherwise));
    }
  return commands;
}

bool has_plain_dumps(const config::Config& settings) {
  const auto& datasets = settings.sync.datasets;
  return std::any_of(datasets.begin(), datasets.end(), [](const auto& each) {
    return each.type != config::DatasetType::files && each.type != config::DatasetType::postgresql;
  });
}

bool has_no_such_program(const ProcessResult& result) {
  return result.end == ProcessResult::End::exited && result.code == not_found;
}

std::vector<std::string> from_here(const config::Config& settings, const std::vector<std::string>& argv) {
  return peer::command_on_peer(settings.peer, argv, connect_timeout);
}

bool may_not_tell_users(const ProcessResult& result) {
  const auto says = [&](std::string_view words) { return result.errors.find(words) != std::string::npos; };
  return has_no_such_program(result) ||
         (result.end == ProcessResult::End::exited && result.code != 0 &&
          (says("Couldn't execute") || says("unknown variable 'system") || says("unknown option '--system")));
}

std::string tell_without(const DumpPart& part, const ProcessResult& result) {
  // "mariadb-dump: Couldn't execute 'SELECT …': SELECT command denied to user …"
  constexpr std::string_view end_of_statement = "': ";
  const auto said = last_line(result.errors);
  const auto at = said.rfind(end_of_statement);
  return at == std::string::npos
             ? part.note
             : fmt::format("{} ({})", part.note, printable(said.substr(at + end_of_statement.size())));
}

bool may_not_see_passwords(const ProcessResult& result) {
  return result.end == ProcessResult::End::exited && result.code == 1 &&
         result.errors.find("pg_authid") != std::string::npos;
}

std::optional<Error> judge_dump(const config::Config& settings, const config::Dataset& dataset,
                                const std::string& program, const ProcessResult& result) {
  if (result.succeeded()) return std::nullopt;
  if (result.end == ProcessResult::End::interrupted) return Error{ExitCode::interrupted, "interrupted"};
  if (result.end == ProcessResult::End::timed_out)
    return Error{ExitCode::failed, fmt::format("the run took longer than sync.timeout {} and was ended",
                                               format_duration(settings.sync.timeout))};
  if (result.end == ProcessResult::End::signalled)
    return Error{ExitCode::failed, fmt::format("the dump was {}", tell_end(result))};
  const bool over_ssh = settings.peer.transport == config::Transport::ssh;
  if (over_ssh && result.code == ssh_failed) return peer::explain_ssh(settings.peer, result.errors);
  if (auto refusal = over_ssh ? peer::told_refusal(settings.peer, result.errors) : std::nullopt) return refusal;
  return Error{.code = ExitCode::failed,
               .message = tell_failure(settings, dataset, printable(program), result),
               .outlook = outlook_of(dataset, result)};
}

std::optional<Error> judge_archive(const ProcessResult& result) {
  if (result.succeeded()) return std::nullopt;
  if (result.end == ProcessResult::End::interrupted) return Error{ExitCode::interrupted, "interrupted"};
  if (result.errors.find("unsupported version") != std::string::npos)
    return Error{ExitCode::failed,
                 fmt::format("the pg_restore here is too old for the dump: {}; install the version of the primary",
                             tell_end(result))};
  return Error{ExitCode::failed, fmt::format("the dump that arrived is not whole: pg_restore: {}", tell_end(result))};
}

std::optional<Error> judge_end_of_sql(std::string_view end) {
  if (last_line(end).starts_with("-- Dump completed")) return std::nullopt;
  return Error{ExitCode::failed, "the dump that arrived is not whole: its last line is not \"-- Dump completed\""};
}

std::optional<Span> creation_time(std::string_view archive) {
  // pg_backup_archiver.c, WriteHead(): magic, three bytes of version, the size of an int, of an offset, the format; the
  // compression, an int before version 1.15 and a byte since; the time, seven ints. An int has a byte for its sign.
  constexpr std::string_view magic = "PGDMP";
  constexpr std::size_t head = 11, fields = 7, int_size = 4;
  if (archive.size() < head || !archive.starts_with(magic)) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(archive[at]); };
  constexpr unsigned char oldest = 12, byte_since = 15, newest = 16;
  if (byte(5) != 1 || byte(6) < oldest || byte(6) > newest || byte(8) != int_size) return std::nullopt;
  const std::size_t begin = head + (byte(6) < byte_since ? int_size + 1 : 1);
  const Span span{begin, begin + fields * (int_size + 1)};
  return span.end <= archive.size() ? std::optional{span} : std::nullopt;
}

std::string without_keys(std::string_view roles) {
  std::string kept;
  for (const auto& line : split(roles, '\n'))
    if (!line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")) kept += line + "\n";
  return kept;
}

std::optional<Error> refuse_empty_dump(const config::Config& settings, const config::Dataset& dataset,
                                       std::int64_t bytes, const std::vector<std::string>& forced) {
  const bool is_forced = std::find(forced.begin(), forced.end(), empty_source) != forced.end();
  if (bytes > 0 || is_forced) return std::nullopt;
  return Error{ExitCode::unsafe,
               fmt::format("{} on {} printed nothing; if that is right: hasync sync --force={}",
                           printable(dump_parts(dataset).back().argv.front()), settings.peer.name, empty_source)};
}

std::string tell_ownership(const Ownership& ownership) {
  return fmt::format("{} {:o} {} {}\n", schema, ownership.mode, ownership.user, ownership.group);
}

std::optional<Ownership> read_ownership(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 4 || words[0] != schema) return std::nullopt;
  const auto number = [](const std::string& word, int base) -> std::optional<unsigned> {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional{value} : std::nullopt;
  };
  const auto mode = number(words[1], 8), user = number(words[2], 10), group = number(words[3], 10);
  if (!mode || !user || !group || *mode > 07777) return std::nullopt;
  return Ownership{*mode, *user, *group};
}

}  // namespace hasync::sync
