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
  std::vector<std::string> making;       // statements that make it, with what it may do outside of the database
  std::vector<std::string> permissions;  // by which every account may do in the database what it may do there
};
// `there`: the accounts of the server here, of which nothing else is changed. `database`: the one that is restored.
AccountPlan plan_accounts(std::string_view sql, const std::vector<Account>& there, const std::string& database);

// What `mariadb --force` complained of, without what names objects that are not here: permissions outlive a table, and
// other databases are others' matter. Nor does it tell statements, which hold what stands for a password.
std::vector<std::string> account_complaints(std::string_view errors);

}  // namespace hasync::failover
