#include "failover/mysql_accounts.hpp"

#include <fmt/format.h>

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

// The account at the beginning of `text`, and how long it is there.
struct Named {
  Account account;
  std::size_t length = 0;
};
Named read_account(std::string_view text) {
  auto user = read_name(text, mysql_dialect);
  if (!text.substr(user.length).starts_with("@")) return {{std::move(user.name), {}}, user.length};
  auto host = read_name(text.substr(user.length + 1), mysql_dialect);
  return {{std::move(user.name), std::move(host.name)}, user.length + 1 + host.length};
}

std::optional<Account> account_after(std::string_view text, std::string_view words) {
  const auto at = find_word(text, words, mysql_dialect);
  return at == std::string_view::npos ? std::nullopt
                                      : std::optional{read_account(text.substr(at + words.size())).account};
}

// "GRANT SELECT ON" "`app`.*" "TO `app`@`localhost` WITH GRANT OPTION"; "GRANT" "`role`" "TO …"
struct Grant {
  std::string_view what, object;
  std::string whom;
  Account account;

  std::string on(std::string_view other) const { return fmt::format("{} {} {}", what, other, whom); }
};

// What else it says of the account, as IDENTIFIED BY, is left out: CREATE USER has said it.
std::optional<Grant> read_grant(std::string_view text) {
  constexpr std::string_view on = " ON ", to = " TO ", admin = " WITH ADMIN OPTION", option = " WITH GRANT OPTION";
  const auto at_to = find_word(text, to, mysql_dialect), at_on = find_word(text.substr(0, at_to), on, mysql_dialect);
  if (!text.starts_with("GRANT ") || at_to == std::string_view::npos) return std::nullopt;
  auto named = read_account(text.substr(at_to + to.size()));
  const auto rest = text.substr(at_to + to.size() + named.length);
  auto whom = std::string{text.substr(at_to + 1, to.size() - 1 + named.length)};
  if (rest.starts_with(admin)) whom += admin;
  if (find_word(rest, "GRANT OPTION", mysql_dialect) != std::string_view::npos) whom += option;
  constexpr std::string_view grant = "GRANT";
  const auto end = at_on == std::string_view::npos ? grant.size() : at_on + on.size() - 1;
  return Grant{text.substr(0, end), text.substr(end + 1, at_to - end - 1), std::move(whom), std::move(named.account)};
}

constexpr std::string_view on_all = "*.*";

// Of a database and all that is in it: its name is a pattern as of LIKE.
std::optional<std::string> pattern_of(std::string_view object) {
  const auto named = read_name(object, mysql_dialect);
  return object != on_all && object.substr(named.length) == ".*" ? std::optional{named.name} : std::nullopt;
}

bool is_in(std::string_view object, const std::string& database) {
  for (const std::string_view kind : {"FUNCTION ", "PROCEDURE ", "PACKAGE BODY ", "PACKAGE "})
    if (object.starts_with(kind)) object.remove_prefix(kind.size());
  const auto named = read_name(object, mysql_dialect);
  return object != on_all && named.name == database && object.substr(named.length).starts_with(".");
}

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '%') {
    for (std::size_t taken = 0; taken <= name.size(); ++taken)
      if (matches(pattern.substr(1), name.substr(taken))) return true;
    return false;
  }
  if (name.empty()) return false;
  if (pattern.front() == '_') {  // a character, of UTF-8
    std::size_t taken = 1;
    while (taken < name.size() && (static_cast<unsigned char>(name[taken]) & 0xC0U) == 0x80U) ++taken;
    return matches(pattern.substr(1), name.substr(taken));
  }
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern.front() == name.front() && matches(pattern.substr(1), name.substr(1));
}

// "`my\_app`.*", which is no other database.
std::string all_of(const std::string& database) {
  std::string pattern;
  for (const char byte : database) {
    if (byte == '_' || byte == '%' || byte == '\\') pattern += '\\';
    pattern += byte;
  }
  return quoted(pattern, '`') + ".*";
}

// A server compares hosts without case.
bool is_same(const Account& one, const Account& other) {
  const auto in_lower_case = [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; };
  return one.user == other.user &&
         std::equal(one.host.begin(), one.host.end(), other.host.begin(), other.host.end(),
                    [&](char left, char right) { return in_lower_case(left) == in_lower_case(right); });
}

bool holds(const std::vector<Account>& accounts, const Account& account) {
  return std::any_of(accounts.begin(), accounts.end(), [&](const auto& each) { return is_same(each, account); });
}

// How much of a pattern stands before its first wildcard: of all that match a database, a server heeds the one with
// the most.
std::size_t specificity(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '%' || pattern[at] == '_') return at;
    if (pattern[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

class Planner {
 public:
  Planner(const std::vector<Account>& there, const std::string& database) : there_(there), database_(database) {}

  void take(const std::string& statement) {
    constexpr std::string_view create_user = "CREATE USER IF NOT EXISTS ", create_role = "CREATE ROLE IF NOT EXISTS ";
    const auto text = without_version(statement);
    if (text.starts_with(create_user)) {
      make(read_account(text.substr(create_user.size())).account, statement);
    } else if (text.starts_with(create_role)) {
      const auto role = text.substr(create_role.size());
      const auto named = read_account(role);
      make(named.account, fmt::format("{}{}", create_role, role.substr(0, named.length)));
    } else if (const auto grant = read_grant(text)) {
      give(*grant, text.size() == statement.size() ? grant->on(grant->object) : statement);
    } else {
      const auto whom = text.starts_with("SET DEFAULT ROLE ") ? account_after(text, " FOR ")
                        : text.starts_with("ALTER USER ")     ? account_after(text, "ALTER USER ")
                                                              : std::nullopt;
      if (whom && is_new(*whom)) plan_.making.push_back(statement);
    }
  }

  AccountPlan plan() && {
    for (auto& each : on_database_) plan_.permissions.push_back(std::move(each.statement));
    return std::move(plan_);
  }

 private:
  void make(const Account& account, std::string statement) {
    if (holds(there_, account) || is_new(account) || account.user == import_role) return;
    plan_.made.push_back(account);
    plan_.making.push_back(std::move(statement));
  }

  void give(const Grant& grant, std::string statement) {
    const auto pattern = pattern_of(grant.object);
    if (!pattern && is_in(grant.object, database_))
      plan_.permissions.push_back(std::move(statement));
    else if (is_new(grant.account))
      plan_.making.push_back(std::move(statement));
    else if (pattern && matches(*pattern, database_))
      heed(grant, specificity(*pattern));
  }

  void heed(const Grant& grant, std::size_t specificity) {
    const auto found = std::find_if(on_database_.begin(), on_database_.end(),
                                    [&](const auto& each) { return is_same(each.account, grant.account); });
    OnDatabase heeded{grant.account, specificity, grant.on(all_of(database_))};
    if (found == on_database_.end())
      on_database_.push_back(std::move(heeded));
    else if (specificity > found->specificity)
      *found = std::move(heeded);
  }

  bool is_new(const Account& account) const { return holds(plan_.made, account); }

  const std::vector<Account>& there_;
  const std::string& database_;
  AccountPlan plan_;
  struct OnDatabase {
    Account account;
    std::size_t specificity = 0;
    std::string statement;
  };
  std::vector<OnDatabase> on_database_;  // of accounts that are there, one each
};

}  // namespace

AccountPlan plan_accounts(std::string_view sql, const std::vector<Account>& there, const std::string& database) {
  Planner planner{there, database};
  for (const auto& statement : split_statements(sql, mysql_dialect)) planner.take(statement);
  return std::move(planner).plan();
}

std::string drop_account(const Account& account) {
  const auto user = quoted(account.user, '`');
  return account.host.empty() ? "DROP ROLE IF EXISTS " + user
                              : fmt::format("DROP USER IF EXISTS {}@{}", user, quoted(account.host, '`'));
}

std::vector<std::string> account_complaints(std::string_view errors) {
  constexpr std::array<std::string_view, 3> of_what_is_not_here{"ERROR 1146 ", "ERROR 1305 ", "ERROR 1054 "};
  constexpr std::string_view of_syntax = "ERROR 1064 ";  // quotes the statement from there on, in any language
  std::vector<std::string> complaints;
  for (const auto& line : split(errors, '\n')) {
    const auto begins = [&](std::string_view begin) { return line.starts_with(begin); };
    if (!begins("ERROR ") || std::any_of(of_what_is_not_here.begin(), of_what_is_not_here.end(), begins)) continue;
    complaints.push_back(begins(of_syntax) ? line.substr(0, line.find(':')) + ": it does not understand that"
                                           : printable(line));
  }
  return complaints;
}

}  // namespace hasync::failover
