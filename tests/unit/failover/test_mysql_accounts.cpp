#include "failover/mysql_accounts.hpp"
#include "testing.hpp"

using namespace hasync::failover;
using Lines = std::vector<std::string>;

namespace {

// As mariadb-dump 10.11 prints it.
constexpr std::string_view users = R"(/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
/*!40101 SET NAMES utf8mb4 */;
CREATE USER IF NOT EXISTS `root`@`localhost`;
CREATE USER IF NOT EXISTS `app`@`10.%` IDENTIFIED BY PASSWORD '*3E';
CREATE USER IF NOT EXISTS `o;'``dd`@`%` IDENTIFIED VIA pam USING 'a\'; TO \\';
SELECT COALESCE(CURRENT_ROLE(),'NONE') into @current_role;
CREATE ROLE IF NOT EXISTS mariadb_dump_import_role;
GRANT mariadb_dump_import_role TO CURRENT_USER();
SET ROLE mariadb_dump_import_role;
/*!80001 CREATE ROLE IF NOT EXISTS 'reader' */;
/*M!100005 CREATE ROLE IF NOT EXISTS 'reader' WITH ADMIN mariadb_dump_import_role */;
/*M!100005 GRANT 'reader' TO 'root'@'localhost' WITH ADMIN OPTION */;
GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED BY PASSWORD '*AB' WITH GRANT OPTION;
GRANT PROXY ON ``@`%` TO `root`@`localhost` WITH GRANT OPTION;
GRANT SELECT ON `app`.`log` TO `root`@`localhost`;
/*M!100005 SET DEFAULT ROLE NONE FOR 'root'@'localhost' */;
GRANT `reader` TO `app`@`10.%`;
GRANT USAGE ON *.* TO `app`@`10.%` IDENTIFIED BY PASSWORD '*3E';
GRANT ALL PRIVILEGES ON `app`.* TO `app`@`10.%`;
GRANT SELECT ON `other`.* TO `app`@`10.%`;
GRANT SELECT (`a ON ``app``.x`, `b`) ON `app`.`t` TO `app`@`10.%`;
GRANT EXECUTE ON FUNCTION `app`.`f` TO `app`@`10.%`;
/*M!100005 SET DEFAULT ROLE 'reader' FOR 'app'@'10.%' */;
/*!80001 ALTER USER 'app'@'10.%' DEFAULT ROLE 'reader' */;
GRANT USAGE ON *.* TO `o;'``dd`@`%` IDENTIFIED VIA pam USING 'a\'; TO \\';
GRANT USAGE ON *.* TO `reader`;
GRANT SELECT ON `app`.* TO `reader`;
SET ROLE NONE;
DROP ROLE mariadb_dump_import_role;
-- Dump completed
)";

const Account root{"root", "localhost"}, app{"app", "10.%"}, odd{"o;'`dd", "%"}, reader{"reader", ""};

const Lines in_app{
    "GRANT SELECT ON `app`.`log` TO `root`@`localhost`",
    "GRANT ALL PRIVILEGES ON `app`.* TO `app`@`10.%`",
    "GRANT SELECT (`a ON ``app``.x`, `b`) ON `app`.`t` TO `app`@`10.%`",
    "GRANT EXECUTE ON FUNCTION `app`.`f` TO `app`@`10.%`",
    "GRANT SELECT ON `app`.* TO `reader`",
};

}  // namespace

TEST_CASE("an account that is missing is made, with its password and what it may do") {
  const auto plan = plan_accounts(users, {root, odd, reader}, "app");
  CHECK(plan.made == std::vector{app});
  CHECK(plan.making ==
        Lines{"CREATE USER IF NOT EXISTS `app`@`10.%` IDENTIFIED BY PASSWORD '*3E'", "GRANT `reader` TO `app`@`10.%`",
              "GRANT USAGE ON *.* TO `app`@`10.%` IDENTIFIED BY PASSWORD '*3E'",
              "GRANT SELECT ON `other`.* TO `app`@`10.%`", "/*M!100005 SET DEFAULT ROLE 'reader' FOR 'app'@'10.%' */",
              "/*!80001 ALTER USER 'app'@'10.%' DEFAULT ROLE 'reader' */"});
}

TEST_CASE("a role that is missing is made once, and names in quotes are read as they are meant") {
  const auto plan = plan_accounts(users, {root, app}, "app");
  CHECK(plan.made == std::vector{odd, reader});
  CHECK(plan.making == Lines{R"(CREATE USER IF NOT EXISTS `o;'``dd`@`%` IDENTIFIED VIA pam USING 'a\'; TO \\')",
                             "CREATE ROLE IF NOT EXISTS 'reader'",
                             R"(GRANT USAGE ON *.* TO `o;'``dd`@`%` IDENTIFIED VIA pam USING 'a\'; TO \\')",
                             "GRANT USAGE ON *.* TO `reader`"});
}

TEST_CASE("of an account that is here nothing is changed, but what it may do in the database comes with that") {
  const auto plan = plan_accounts(users, {root, app, odd, reader}, "app");
  CHECK(plan.made.empty());
  CHECK(plan.making.empty());
  CHECK(plan.permissions == in_app);
  CHECK(plan_accounts(users, {}, "app").permissions == in_app);
  CHECK(plan_accounts(users, {}, "log").permissions.empty());
}

TEST_CASE("a database whose name is escaped as a pattern is that database") {
  const auto plan = plan_accounts(R"(GRANT SELECT ON `my\_app`.* TO `a`@`%`; GRANT SELECT ON `my\_app2`.* TO `a`@`%`;)",
                                  {}, "my_app");
  CHECK(plan.permissions == Lines{R"(GRANT SELECT ON `my\_app`.* TO `a`@`%`)"});
}

TEST_CASE("what is no dump of accounts makes none") {
  for (const auto* sql :
       {"", ";", "/*", "/*M!100005 */;", "GRANT", "GRANT ;", "CREATE USER IF NOT EXISTS", "GRANT x ON ;"}) {
    INFO(sql);
    const auto plan = plan_accounts(sql, {}, "app");
    CHECK(plan.making.empty());
    CHECK(plan.permissions.empty());
  }
}

TEST_CASE("a permission on what is not here is passed over, any other complaint is told without its statement") {
  CHECK(account_complaints("--------------\nGRANT SELECT ON nodb.t TO u@localhost\n--------------\n\n"
                           "ERROR 1146 (42S02) at line 3: Table 'nodb.t' doesn't exist\n"
                           "ERROR 1305 (42000) at line 5: FUNCTION or PROCEDURE f does not exist\n"
                           "ERROR 1054 (42S22) at line 7: Unknown column 'y' in 't'\n")
            .empty());
  CHECK(account_complaints("CREATE USER x IDENTIFIED BY PASSWORD '*3E'\n"
                           "ERROR 1064 (42000) at line 7: You have an error to use near 'PASSWORD '*3E'' at line 1\n"
                           "ERROR 1227 (42000) at line 8: Access denied; you need the CREATE USER privilege\n") ==
        Lines{"ERROR 1064 (42000) at line 7: You have an error to use",
              "ERROR 1227 (42000) at line 8: Access denied; you need the CREATE USER privilege"});
}
