#include "failover/databases.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "config/database_uri.hpp"
#include "config/datasets.hpp"
#include "failover/mysql.hpp"
#include "failover/postgresql.hpp"

namespace hasync::failover {

using config::is_mysql_uri;

Result<Restored> restore_database(const std::string& point, const std::string& uri, Duration timeout,
                                  const std::vector<int>& inherit, ProcessRunner& runner) {
  return is_mysql_uri(uri) ? restore_mysql(point, uri, timeout, inherit, runner)
                           : restore_postgresql(point, uri, timeout, inherit, runner);
}

Result<std::string> put_in_place(const std::string& uri, const std::string& restored, const std::string& stamp,
                                 ProcessRunner& runner) {
  return is_mysql_uri(uri) ? settle_mysql(uri, restored, runner) : swap_postgresql(uri, restored, stamp, runner);
}

std::string tell_restore(const std::string& uri) {
  if (is_mysql_uri(uri)) return uri + ", which must be empty or not there";
  return "a new database " + config::with_database(uri, scratch_name(config::database_name(uri)));
}

std::string tell_place(const std::string& uri) {
  if (is_mysql_uri(uri)) return uri + " (complete from here on)";
  return fmt::format("{} (what has that name becomes {}_before_TIME)", uri, config::database_name(uri));
}

std::string trouble_with_server(const std::string& uri, ProcessRunner& runner) {
  return is_mysql_uri(uri) ? trouble_with_mysql(uri, runner) : trouble_with_postgresql(uri, runner);
}

std::string trouble_with_accounts(const std::string& point, const std::string& uri, ProcessRunner& runner) {
  const auto users = point + "/" + std::string{config::users_file};
  return ::access(users.c_str(), F_OK) == 0 ? trouble_with_mysql_accounts(uri, runner) : std::string{};
}

void drop_restored(const std::string& uri, ProcessRunner& runner) {
  if (is_mysql_uri(uri))
    drop_unsettled(uri, runner);
  else
    drop_scratch(uri, runner);
}

}  // namespace hasync::failover
