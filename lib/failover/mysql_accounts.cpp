#include "failover/mysql_accounts.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "failover/sql.hpp"

namespace hasync::failover {
namespace {

// The role by which mariadb-dump gives the roles to who restores them.
constexpr std::string_view import_role = "mariadb_dump_import_role";

// "/*M!100005 GRANT … */" is for a server of that version, which reads what is in it.
std::string_view without_version(std::string_view statement) {
  if (!statement.starts_with("/*") || !statement.ends_with("*/")) return statement;
  const auto begin = statement.find_first_of(" \t\n");
  return begin == std::string_view::npos ? statement : trim(statement.substr(begin, statement.size() - begin - 2));
}

struct Found {
  Account account;
  std::string_view text;  // as it stands there
};
Found read_account(std::string_view text) {
  auto user = read_name(text, mysql_dialect);
  if (text.substr(user.length).starts_with("@")) {
    auto host = read_name(text.substr(user.length + 1), mysql_dialect);
    return {{std::move(user.name), std::move(host.name)}, text.substr(0, user.length + 1 + host.length)};
  }
  return {{std::move(user.name), {}}, text.substr(0, user.length)};
}

std::optional<Found> account_after(std::string_view text, std::string_view words) {
  const auto at = find_word(text, words, mysql_dialect);
  return at == std::string_view::npos ? std::nullopt : std::optional{read_account(text.substr(at + words.size()))};
}

// Whether "GRANT … ON `app`.* TO …" is about that database, or what is in it. In the name of one, as a pattern, a
// backslash makes the next byte itself.
bool is_about(std::string_view grant, const std::string& database) {
  constexpr std::string_view on = " ON ";
  const auto at = find_word(grant, on, mysql_dialect);
  if (at == std::string_view::npos) return false;
  auto object = grant.substr(at + on.size());
  for (const std::string_view kind : {"FUNCTION ", "PROCEDURE ", "PACKAGE BODY ", "PACKAGE "})
    if (object.starts_with(kind)) object.remove_prefix(kind.size());
  auto named = read_name(object, mysql_dialect);
  std::erase(named.name, '\\');
  return object.substr(named.length).starts_with(".") && named.name == database;
}

bool holds(const std::vector<Account>& accounts, const Account& account) {
  return std::find(accounts.begin(), accounts.end(), account) != accounts.end();
}

}  // namespace

AccountPlan plan_accounts(std::string_view sql, const std::vector<Account>& there, const std::string& database) {
  AccountPlan plan;
  const auto make = [&](const Account& account, std::string statement) {
    if (holds(there, account) || holds(plan.made, account) || account.user == import_role) return;
    plan.made.push_back(account);
    plan.making.push_back(std::move(statement));
  };
  for (const auto& statement : split_statements(sql, mysql_dialect)) {
    constexpr std::string_view create_user = "CREATE USER IF NOT EXISTS ", create_role = "CREATE ROLE IF NOT EXISTS ";
    const auto text = without_version(statement);
    if (text.starts_with(create_user)) {
      make(read_account(text.substr(create_user.size())).account, statement);
    } else if (text.starts_with(create_role)) {
      const auto role = read_account(text.substr(create_role.size()));
      make(role.account, std::string{create_role} + std::string{role.text});
    } else if (text.starts_with("GRANT ") && is_about(text, database)) {
      plan.permissions.push_back(statement);
    } else {
      const auto whom = text.starts_with("GRANT ")              ? account_after(text, " TO ")
                        : text.starts_with("SET DEFAULT ROLE ") ? account_after(text, " FOR ")
                        : text.starts_with("ALTER USER ")       ? account_after(text, "ALTER USER ")
                                                                : std::nullopt;
      if (whom && holds(plan.made, whom->account)) plan.making.push_back(statement);
    }
  }
  return plan;
}

std::vector<std::string> account_complaints(std::string_view errors) {
  constexpr std::array<std::string_view, 3> of_what_is_not_here{"ERROR 1146 ", "ERROR 1305 ", "ERROR 1054 "};
  std::vector<std::string> complaints;
  for (const auto& line : split(errors, '\n')) {
    const auto is_of_those = [&](std::string_view begin) { return line.starts_with(begin); };
    if (!line.starts_with("ERROR ") || std::any_of(of_what_is_not_here.begin(), of_what_is_not_here.end(), is_of_those))
      continue;
    // "ERROR 1064 (42000) at line 7: … to use near 'the statement' at line 1"
    complaints.push_back(printable(line.substr(0, line.find(" near '"))));
  }
  return complaints;
}

}  // namespace hasync::failover
