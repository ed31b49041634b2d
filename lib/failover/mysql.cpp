#include "failover/mysql.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/database_uri.hpp"
#include "config/datasets.hpp"
#include "failover/account_making.hpp"
#include "failover/mysql_client.hpp"

namespace hasync::failover {
namespace {

constexpr std::size_t longest_name = 64;             // of characters; bytes are never fewer
constexpr auto patience = std::chrono::seconds{10};  // with a server that is only asked whether it is there
constexpr std::string_view finished = "restored";    // how the journal begins what it tells of a restore

Result<MysqlState> look(MysqlClient& client) {
  const auto database = config::database_name(client.uri());
  const auto name = mysql_text(database);
  const auto count = [&](std::string_view table, std::string_view column) {
    return fmt::format("(SELECT count(*) FROM information_schema.{} WHERE {} = {})", table, column, name);
  };
  HASYNC_TRY(
      const auto told,
      client.ask(
          fmt::format("SELECT (SELECT count(*) FROM information_schema.schemata WHERE schema_name = {}), {} + {} + {}",
                      mysql_text(mark_of(database)), count("tables", "table_schema"),
                      count("routines", "routine_schema"), count("events", "event_schema")),
          patience));
  const auto numbers = split(std::string{trim(told)}, '\t');
  if (numbers.size() != 2) return fail(ExitCode::failed, fmt::format("the server told \"{}\"", printable(told)));
  return MysqlState{numbers[0] != "0", numbers[1] == "0"};
}

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
  MysqlClient client{uri, inherit, runner};
  HASYNC_TRY(const auto state, look(client));
  if (auto trouble = trouble_with_database(state, database); !trouble.empty())
    return fail(ExitCode::unsafe, std::move(trouble));
  // First the mark: from then on what is there is ours, and goes when this is done again.
  HASYNC_CHECK(client.ask(fmt::format("CREATE DATABASE IF NOT EXISTS {}; DROP DATABASE IF EXISTS {}",
                                      mysql_name(mark_of(database)), mysql_name(database))));
  AccountMaking accounts{mark_of(database), client};
  HASYNC_CHECK(accounts.look(point, database));
  HASYNC_CHECK(accounts.make());
  HASYNC_CHECK(accounts.give_permissions());
  if (auto restored = client.feed(dump.get(), timeout); !restored) {
    if (restored.error().code == ExitCode::interrupted) return fail(std::move(restored.error()));
    drop_unsettled(uri, runner);
    if (const auto doubt = accounts.doubt(); !doubt.empty()) restored.error().message += "; " + doubt;
    return fail(std::move(restored.error()));
  }
  HASYNC_CHECK(accounts.give_permissions());
  const auto doubt = accounts.doubt();
  const auto made = fmt::format(", {} made", counted(static_cast<std::int64_t>(accounts.made()), "account"));
  return Restored{std::string{finished} + (doubt.empty() ? made : "; " + doubt), doubt};
}

Result<std::string> settle_mysql(const std::string& uri, const std::string& restored, ProcessRunner& runner) {
  const auto database = config::database_name(uri);
  if (!restored.starts_with(finished))
    return fail(ExitCode::failed, fmt::format("the journal does not know the restore of {}", printable(database)));
  HASYNC_CHECK(MysqlClient(uri, {}, runner).ask("DROP DATABASE IF EXISTS " + mysql_name(mark_of(database))));
  return fmt::format("database {} is in place, nothing stood there before", printable(database));
}

std::string trouble_with_mysql(const std::string& uri, ProcessRunner& runner) {
  MysqlClient client{uri, {}, runner};
  const auto state = look(client);
  return state ? trouble_with_database(*state, config::database_name(uri)) : state.error().message;
}

std::string trouble_with_mysql_accounts(const std::string& uri, ProcessRunner& runner) {
  const auto told = MysqlClient{uri, {}, runner}.ask(
      "SELECT count(*) > 0 FROM information_schema.user_privileges WHERE privilege_type = 'CREATE USER' "
      "AND grantee = concat(quote(substring_index(current_user(), '@', 1)), '@', "
      "quote(substring_index(current_user(), '@', -1))); SELECT user FROM mysql.user LIMIT 0",
      patience);
  if (told && trim(*told) == "1") return {};
  constexpr std::string_view advice =
      "it needs GRANT CREATE USER ON *.*, GRANT SELECT ON mysql.*, and what it is to grant";
  return told ? fmt::format("the user there may not make users; {}", advice)
              : fmt::format("{}; {}", told.error().message, advice);
}

void drop_unsettled(const std::string& uri, ProcessRunner& runner) {
  MysqlClient client{uri, {}, runner};
  const auto state = look(client);
  if (!state || !state->is_marked) return;
  const auto database = config::database_name(uri);
  AccountMaking accounts{mark_of(database), client};
  const bool are_gone = accounts.take_away() && accounts.doubt().empty();
  const auto dropped = client.ask("DROP DATABASE IF EXISTS " + mysql_name(database));
  // With the mark, what lists them stays.
  if (are_gone && dropped) static_cast<void>(client.ask("DROP DATABASE " + mysql_name(mark_of(database))));
}

}  // namespace hasync::failover
