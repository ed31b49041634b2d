#include <algorithm>

#include "sync/dumps.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;
using End = ProcessResult::End;

namespace {

config::Config settings(config::Transport transport) {
  config::Config made;
  made.peer = {.name = "east", .transport = transport, .host = "east.example.net"};
  return made;
}

const config::Dataset database{.name = "db", .type = config::DatasetType::sqlite, .source = "/var/lib/a b/app.db"};
const config::Dataset command{.name = "out", .type = config::DatasetType::command, .run = {"/opt/dump", "it's"}};

const config::Dataset postgresql{
    .name = "pg", .type = config::DatasetType::postgresql, .source = "postgresql:///a?host=/run/x"};

// The head of an archive as pg_dump 15 and 16 write it, and something behind it.
std::string archive(char minor, const std::string& compression, char second) {
  std::string head = "PGDMP";
  head += {1, minor, 0, 4, 8, 1};
  head += compression;
  for (const char field : {second, char{33}, char{14}, char{25}, char{10}, char{126}, char{0}})
    head += {0, field, 0, 0, 0};
  return head + "app";
}
const std::string as_int{1, 1, 0, 0, 0};

const config::Dataset mysql{.name = "my", .type = config::DatasetType::mysql, .source = "mysql://me@db:3307/a%20b"};

std::string verdict(const config::Dataset& dataset, ProcessResult result,
                    config::Transport transport = config::Transport::ssh) {
  const auto error = judge_dump(settings(transport), dataset, dump_parts(dataset).back().argv.front(), result);
  return error ? error->message : "made";
}

}  // namespace

TEST_CASE("the peer's shell gets one word in which every argument is quoted") {
  const auto line = [](const config::Dataset& dataset, std::size_t part = 0) {
    return from_here(settings(config::Transport::ssh), dump_parts(dataset).at(part).argv).back();
  };
  CHECK(line(command) == R"(/opt/dump 'it'\''s')");
  CHECK(line(database) == "hasync agent dump sqlite '/var/lib/a b/app.db'");
  CHECK(line(postgresql) == "pg_dumpall --roles-only --no-password '--dbname=postgresql:///a?host=/run/x'");
  CHECK(line(postgresql, 1) == "pg_dump --format=custom --no-password '--dbname=postgresql:///a?host=/run/x'");
  CHECK(line(mysql) ==
        "mariadb-dump --comments --skip-dump-date --default-character-set=utf8mb4 --host=db --port=3307 --user=me "
        "--system=users --insert-ignore");
  CHECK(line(mysql, 1) ==
        "mariadb-dump --comments --skip-dump-date --default-character-set=utf8mb4 --host=db --port=3307 --user=me "
        "--single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces --databases -- 'a b'");
  CHECK(from_here(settings(config::Transport::local), command.run) == command.run);
}

TEST_CASE("only exit status 0 is a dump; every other end tells why there is none") {
  CHECK(verdict(command, {}) == "made");
  CHECK(verdict(command, {.code = 1, .errors = "no\nway\n"}) == "/opt/dump on east failed with exit status 1: way");
  CHECK(verdict(command, {.code = 127}) ==
        "east has no program /opt/dump; install it there, or name it by its absolute path");
  CHECK(verdict(command, {.code = 127, .errors = "sh: 1: /opt/dump: not found"}).starts_with("east has no program"));
  CHECK(verdict(command, {.code = 127, .errors = "/opt/dump: 3: zstd: not found"}) ==
        "/opt/dump on east failed with exit status 127: /opt/dump: 3: zstd: not found");
  CHECK(verdict(command, {.code = 126, .errors = "sh: 1: /opt/dump: Permission denied"}) ==
        "/opt/dump on east cannot be run: sh: 1: /opt/dump: Permission denied");
  CHECK(verdict(command, {.end = End::signalled, .code = 9}) == "the dump was killed by signal 9 (Killed)");
  CHECK(verdict(command, {.end = End::timed_out}) == "the run took longer than sync.timeout 2h and was ended");
  CHECK(verdict(command, {.end = End::interrupted}) == "interrupted");
  CHECK(verdict(command, {.code = 255, .errors = "Connection refused"}).starts_with("east (east.example.net) refuses"));
  CHECK(verdict(command, {.code = 255}, config::Transport::local) == "/opt/dump on east failed with exit status 255");
  CHECK(verdict(database, {.code = 2, .errors = "usage"}) ==
        "the hasync of east is too old to dump a database; install the same version on both");
  CHECK(verdict(command, {.code = 2}) == "/opt/dump on east failed with exit status 2");
}

TEST_CASE("nothing at all is no dump, unless that is forced") {
  const auto east = settings(config::Transport::ssh);
  CHECK_FALSE(refuse_empty_dump(east, command, 1, {}));
  CHECK_FALSE(refuse_empty_dump(east, command, 0, {"peer-term", "empty-source"}));
  const auto refusal = refuse_empty_dump(east, command, 0, {"peer-term"});
  REQUIRE(refusal);
  CHECK(refusal->code == ExitCode::unsafe);
}

TEST_CASE("the line before a dump is read as it was told, and nothing else is") {
  const Ownership told{.mode = 04751, .user = 4294967294U, .group = 0};
  auto line = tell_ownership(told);
  CHECK(line.size() <= longest_ownership);
  REQUIRE(line.back() == '\n');
  line.pop_back();
  CHECK(read_ownership(line) == told);
  for (const auto* wrong : {"", "SQLite format 3", "hasync.dump/2 640 0 0", "hasync.dump/1 640 0",
                            "hasync.dump/1 648 0 0", "hasync.dump/1 640 -1 0", "hasync.dump/1 640 0 4294967296",
                            "hasync.dump/1 10000 0 0", "hasync.dump/1 640 0 0 "}) {
    INFO(wrong);
    CHECK_FALSE(read_ownership(wrong));
  }
}

TEST_CASE("what PostgreSQL said first is told, and what to do about it") {
  const auto told = [](const char* errors) { return verdict(postgresql, {.code = 1, .errors = errors}); };
  CHECK(
      told("pg_dump: error: connection to server failed: FATAL:  database \"a\" does not exist\n") ==
      "pg_dump on east failed: pg_dump: error: connection to server failed: FATAL:  database \"a\" does not exist; is "
      "the name in the URI right?");
  CHECK(
      told("pg_dump: warning: x\npg_dump: error: aborting because of server version mismatch\npg_dump: detail: 16, "
           "15\n") ==
      "pg_dump on east failed: pg_dump: error: aborting because of server version mismatch; install the pg_dump of the "
      "server's version there");
  CHECK(told("odd\nodder\n") == "pg_dump on east failed: odder");
  CHECK(told("") == "pg_dump on east failed with exit status 1");
  CHECK(verdict(postgresql, {.code = 127}) ==
        "east has no program pg_dump; install it there: apt-get install postgresql-client");
}

TEST_CASE("the roles are asked for again without their passwords only when those are what is refused") {
  CHECK(may_not_see_passwords({.code = 1, .errors = "ERROR:  permission denied for table pg_authid"}));
  CHECK_FALSE(may_not_see_passwords({.code = 1, .errors = "FATAL:  role \"x\" does not exist"}));
  CHECK_FALSE(may_not_see_passwords({.end = End::timed_out, .errors = "pg_authid"}));
}

TEST_CASE("two archives differ in their time alone, wherever their version has it") {
  const auto same_but_for = [](std::string one, const std::string& other) {
    const auto span = creation_time(one);
    REQUIRE(span);
    CHECK(one != other);
    one.replace(span->begin, span->end - span->begin, other, span->begin, span->end - span->begin);
    return one == other;
  };
  CHECK(same_but_for(archive(14, as_int, 2), archive(14, as_int, 59)));
  CHECK(same_but_for(archive(15, {1}, 2), archive(15, {1}, 59)));
  CHECK_FALSE(same_but_for(archive(14, as_int, 2), archive(14, {1, 9, 0, 0, 0}, 2)));
  CHECK_FALSE(same_but_for(archive(14, as_int, 2), archive(14, as_int, 2) + "x"));
}

TEST_CASE("the time of what is no archive of a known version is nowhere") {
  CHECK_FALSE(creation_time(""));
  CHECK_FALSE(creation_time("PGDMP"));
  CHECK_FALSE(creation_time(std::string(100, 'x')));
  CHECK_FALSE(creation_time(archive(17, {1}, 2)));
  CHECK_FALSE(creation_time(archive(14, as_int, 2).substr(0, 50)));
  CHECK(creation_time(archive(14, as_int, 2).substr(0, 51)));
}

TEST_CASE("the keys that pg_dumpall makes anew do not count") {
  CHECK(without_keys("\\restrict abc\nCREATE ROLE a;\n\\unrestrict abc\n") == without_keys("CREATE ROLE a;\n"));
  CHECK(without_keys("CREATE ROLE a;\n") != without_keys("CREATE ROLE b;\n"));
}

TEST_CASE("an archive that does not read to its end is told from one that is too new") {
  CHECK_FALSE(judge_archive({}));
  CHECK(judge_archive({.code = 1, .errors = "pg_restore: error: could not read from input file: end of file\n"})
            ->message ==
        "the dump that arrived is not whole: pg_restore: exit status 1: pg_restore: error: could not read from input "
        "file: end of file");
  CHECK(judge_archive({.code = 1, .errors = "pg_restore: error: unsupported version (1.16) in file header"})
            ->message.starts_with("the pg_restore here is too old for the dump: "));
}

TEST_CASE("what mysqldump printed is whole when its last line says so") {
  CHECK_FALSE(judge_end_of_sql("x\n-- Dump completed\n"));
  CHECK_FALSE(judge_end_of_sql("x\n\n-- Dump completed on 2026-11-25 15:00:00\n"));
  for (const auto* end : {"", "x\n-- Dump complete", "-- Dump completed\nINSERT", "'-- Dump completed\n';\n"}) {
    INFO(end);
    CHECK(judge_end_of_sql(end));
  }
}

TEST_CASE("a dump is worth compressing on its way unless its program does that") {
  auto made = settings(config::Transport::ssh);
  CHECK_FALSE(has_plain_dumps(made));
  made.sync.datasets = {{.name = "app", .source = "/srv/app"}, postgresql};
  CHECK_FALSE(has_plain_dumps(made));
  for (const auto& each : {database, command, mysql}) {
    made.sync.datasets = {postgresql, each};
    CHECK(has_plain_dumps(made));
  }
}

TEST_CASE("MySQL's own program takes the place of MariaDB's where that is missing") {
  const auto part = dump_parts(mysql).back();
  CHECK(part.otherwise.front() == "mysqldump");
  CHECK(std::equal(part.argv.begin() + 1, part.argv.end(), part.otherwise.begin() + 1, part.otherwise.end()));
  CHECK(part.otherwise_when({.code = 127}));
  CHECK_FALSE(part.otherwise_when({.code = 2, .errors = "Access denied"}));
}

TEST_CASE("a dump does without the users only where nobody may see them, or no program tells them") {
  CHECK(dump_parts(mysql).front().otherwise.empty());
  CHECK(may_not_tell_users({.code = 127}));
  const ProcessResult denied{.code = 2,
                             .errors =
                                 "mariadb-dump: Couldn't execute 'SELECT CONCAT(QUOTE(u.user)': SELECT command "
                                 "denied to user 'me'@'%' for table `mysql`.`user` (1142)\n"};
  CHECK(may_not_tell_users(denied));
  const DumpPart part{.file = "users.sql", .argv = {"mariadb-dump"}, .note = "they did not come"};
  CHECK(tell_without(part, denied) ==
        "they did not come (SELECT command denied to user 'me'@'%' for table `mysql`.`user` (1142))");
  CHECK(tell_without(part, {.code = 127}) == "they did not come");
  CHECK(may_not_tell_users({.code = 7, .errors = "mariadb-dump: unknown variable 'system=users'"}));
  CHECK_FALSE(may_not_tell_users({}));
  CHECK_FALSE(may_not_tell_users({.code = 2, .errors = "Access denied for user 'me'@'%'"}));
  CHECK_FALSE(may_not_tell_users({.code = 2, .errors = "Can't connect to server on 'db' (115)"}));
  CHECK_FALSE(may_not_tell_users({.end = End::timed_out, .errors = "command denied to user"}));
}
