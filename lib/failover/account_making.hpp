// The users and roles of the primary, beside the restore of a database of MySQL or MariaDB.
#pragma once
#include <string>
#include <vector>

#include "failover/mysql_accounts.hpp"
#include "failover/mysql_client.hpp"

namespace hasync::failover {

// Makes those that are missing here, where the point tells them. That the server here does not take one, being of an
// older version, say, is no reason to be without the database: it is a doubt. Interrupted is all that is an error.
// Those it makes are listed in the database `mark`, so that what began and came to nothing takes them away again, and
// what begins anew makes them anew.
class AccountMaking {
 public:
  AccountMaking(std::string mark, MysqlClient& client) : mark_(std::move(mark)), client_(client) {}

  // `point`: the dataset's folder in the point.
  Result<void> look(const std::string& point, const std::string& database);
  Result<void> make();
  // A view needs those of who defined it when it is made, on the database; those on a table need the table.
  Result<void> give_permissions();
  // Those that are listed.
  Result<void> take_away();

  std::size_t made() const { return plan_.made.size(); }
  // "the accounts of the primary could not all be made: ERROR 1227 (42000) …"; empty: none
  std::string doubt() const;

 private:
  std::string list() const;
  Result<std::vector<Account>> read_accounts(const std::string& sql);
  Result<void> tell(const std::vector<std::string>& statements);
  Result<void> complain(const Error& error);
  void complain(std::string words);

  std::string mark_;
  MysqlClient& client_;
  AccountPlan plan_;
  std::vector<std::string> complaints_;
};

}  // namespace hasync::failover
