// The accounts of a MySQL or MariaDB server, as `mariadb-dump --system=users` printed them: users, and roles. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace hasync::failover {

struct Account {
  std::string user, host;  // a role of MariaDB has no host
  bool operator==(const Account&) const = default;
};

struct AccountPlan {
  std::vector<Account> made;             // what is missing
  std::vector<std::string> making;       // statements that make it, with what it may do
  std::vector<std::string> permissions;  // on the database, for those that are there, and on what is in it, for all
};
// `there`: the accounts of the server here, of which nothing else is changed. `database`: the one that is restored.
// No permission comes with a password, which would make an account that could not be made, or change another's.
AccountPlan plan_accounts(std::string_view sql, const std::vector<Account>& there, const std::string& database);

std::string drop_account(const Account& account);

// What `mariadb --force` complained of, without what names objects that are not here: permissions outlive a table, and
// other databases are others' matter. Nor does it tell of statements, which hold what stands for a password.
std::vector<std::string> account_complaints(std::string_view errors);

}  // namespace hasync::failover
