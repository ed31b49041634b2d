#include "failover/account_making.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "config/datasets.hpp"
#include "os/atomic_file.hpp"

namespace hasync::failover {
namespace {

constexpr std::string_view list_name = "accounts_made";

std::string from_hexadecimal(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

Result<void> AccountMaking::look(const std::string& point, const std::string& database) {
  HASYNC_CHECK(take_away());
  const auto path = point + "/" + std::string{config::users_file};
  if (!complaints_.empty() || ::access(path.c_str(), F_OK) != 0) return {};
  const auto sql = read_file(path);
  if (!sql) return complain(sql.error());
  const auto there = read_accounts("SELECT hex(user), hex(host) FROM mysql.user");
  if (!there) return complain(there.error());
  plan_ = plan_accounts(*sql, *there, database);
  return {};
}

Result<void> AccountMaking::make() {
  if (plan_.made.empty()) return {};
  std::vector<std::string> rows;
  for (const auto& account : plan_.made)
    rows.push_back(fmt::format("({}, {})", mysql_text(account.user), mysql_text(account.host)));
  HASYNC_CHECK(
      tell({fmt::format("CREATE TABLE IF NOT EXISTS {} (user VARCHAR(128) NOT NULL, host VARCHAR(255) NOT NULL, "
                        "PRIMARY KEY (user, host)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                        list()),
            fmt::format("INSERT IGNORE INTO {} VALUES {}", list(), join(rows, ", "))}));
  if (complaints_.empty()) return tell(plan_.making);
  plan_ = {};
  return {};
}

Result<void> AccountMaking::give_permissions() { return tell(plan_.permissions); }

Result<void> AccountMaking::take_away() {
  const auto listed = client_.ask(
      fmt::format("SELECT count(*) FROM information_schema.tables WHERE table_schema = {} AND table_name = '{}'",
                  mysql_text(mark_), list_name));
  if (!listed) return complain(listed.error());
  if (trim(*listed) == "0") return {};
  const auto made = read_accounts(fmt::format(
      "SELECT hex(user), hex(host) FROM {} WHERE hex(concat(user, '@', host)) <> hex(current_user())", list()));
  if (!made) return complain(made.error());
  if (made->empty()) return {};
  std::vector<std::string> statements;
  for (const auto& account : *made) statements.push_back(drop_account(account));
  HASYNC_CHECK(tell(statements));
  return complaints_.empty() ? tell({"DELETE FROM " + list()}) : Result<void>{};
}

std::string AccountMaking::doubt() const {
  if (complaints_.empty()) return {};
  return fmt::format("the accounts of the primary could not all be made: {}{}", complaints_.front(),
                     complaints_.size() > 1 ? fmt::format(", and {} more", complaints_.size() - 1) : "");
}

std::string AccountMaking::list() const { return fmt::format("{}.{}", mysql_name(mark_), list_name); }

Result<std::vector<Account>> AccountMaking::read_accounts(const std::string& sql) {
  HASYNC_TRY(const auto told, client_.ask(sql));
  std::vector<Account> accounts;
  for (const auto& line : split(told, '\n'))
    if (const auto columns = split(line, '\t'); columns.size() == 2)
      accounts.push_back({from_hexadecimal(columns[0]), from_hexadecimal(columns[1])});
  return accounts;
}

Result<void> AccountMaking::tell(const std::vector<std::string>& statements) {
  if (statements.empty()) return {};
  const auto ended = client_.tell(statements);
  if (!ended) return complain(ended.error());
  for (auto& complaint : account_complaints(ended->errors)) complain(std::move(complaint));
  // Of what it said last nothing is told, which may be a statement.
  if (!ended->succeeded()) complain("mariadb: " + tell_end({.end = ended->end, .code = ended->code}));
  return {};
}

Result<void> AccountMaking::complain(const Error& error) {
  if (error.code == ExitCode::interrupted) return fail(error);
  complain(error.message);
  return {};
}

void AccountMaking::complain(std::string words) {
  if (std::find(complaints_.begin(), complaints_.end(), words) == complaints_.end())
    complaints_.push_back(std::move(words));
}

}  // namespace hasync::failover
