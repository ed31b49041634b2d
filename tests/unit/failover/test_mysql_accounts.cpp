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

// Which only the database's own tables and routines can have.
const Lines in_app{
    "GRANT SELECT ON `app`.`log` TO `root`@`localhost`",
    "GRANT SELECT (`a ON ``app``.x`, `b`) ON `app`.`t` TO `app`@`10.%`",
    "GRANT EXECUTE ON FUNCTION `app`.`f` TO `app`@`10.%`",
};

Lines permissions(std::string_view sql, const std::string& database) {
  return plan_accounts(sql, {}, database).permissions;
}

}  // namespace

TEST_CASE("an account that is missing is made, with its password and what it may do") {
  const auto plan = plan_accounts(users, {root, odd, reader}, "app");
  CHECK(plan.made == std::vector{app});
  CHECK(plan.making ==
        Lines{"CREATE USER IF NOT EXISTS `app`@`10.%` IDENTIFIED BY PASSWORD '*3E'", "GRANT `reader` TO `app`@`10.%`",
              "GRANT USAGE ON *.* TO `app`@`10.%`", "GRANT ALL PRIVILEGES ON `app`.* TO `app`@`10.%`",
              "GRANT SELECT ON `other`.* TO `app`@`10.%`", "/*M!100005 SET DEFAULT ROLE 'reader' FOR 'app'@'10.%' */",
              "/*!80001 ALTER USER 'app'@'10.%' DEFAULT ROLE 'reader' */"});
}

TEST_CASE("a role that is missing is made once, and names in quotes are read as they are meant") {
  const auto plan = plan_accounts(users, {root, app}, "app");
  CHECK(plan.made == std::vector{odd, reader});
  CHECK(plan.making == Lines{R"(CREATE USER IF NOT EXISTS `o;'``dd`@`%` IDENTIFIED VIA pam USING 'a\'; TO \\')",
                             "CREATE ROLE IF NOT EXISTS 'reader'", "GRANT USAGE ON *.* TO `o;'``dd`@`%`",
                             "GRANT USAGE ON *.* TO `reader`", "GRANT SELECT ON `app`.* TO `reader`"});
}

TEST_CASE("of an account that is here nothing is changed, but what it may do in the database comes with that") {
  const auto plan = plan_accounts(users, {root, app, odd, reader}, "app");
  CHECK(plan.made.empty());
  CHECK(plan.making.empty());
  CHECK(plan.permissions == Lines{in_app[0], in_app[1], in_app[2], "GRANT ALL PRIVILEGES ON `app`.* TO `app`@`10.%`",
                                  "GRANT SELECT ON `app`.* TO `reader`"});
  CHECK(permissions(users, "app") == in_app);
  CHECK(plan_accounts(users, {root}, "app").permissions == in_app);
  CHECK(permissions(users, "log").empty());
}

TEST_CASE("a permission says nothing of an account but that it may pass it on") {
  const auto given = [](const std::string& rest) {
    return plan_accounts("CREATE USER IF NOT EXISTS `a`@`%`; GRANT PROCESS ON *.* TO `a`@`%`" + rest + ";", {}, "app")
        .making.back();
  };
  CHECK(given(" IDENTIFIED BY PASSWORD '*3E' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3") ==
        "GRANT PROCESS ON *.* TO `a`@`%`");
  CHECK(given(" IDENTIFIED BY PASSWORD '*3E' WITH GRANT OPTION MAX_USER_CONNECTIONS 3") ==
        "GRANT PROCESS ON *.* TO `a`@`%` WITH GRANT OPTION");
  CHECK(given(" IDENTIFIED VIA pam USING 'WITH GRANT OPTION'") == "GRANT PROCESS ON *.* TO `a`@`%`");
}

TEST_CASE("what is on databases by a pattern is, for an account that is here, on the one that is restored alone") {
  const auto narrowed = [](const std::string& pattern, const std::string& database) {
    return permissions("GRANT SELECT ON `" + pattern + "`.* TO `a`@`%`;", database);
  };
  const Lines on_my_app{R"(GRANT SELECT ON `my\_app`.* TO `a`@`%`)"};
  for (const auto* pattern : {R"(my\_app)", "my_app", "my%", "%", "m__app", R"(my\_%)"}) {
    INFO(pattern);
    CHECK(narrowed(pattern, "my_app") == on_my_app);
  }
  CHECK(narrowed("caf_", "caf\u00e9") == Lines{"GRANT SELECT ON `caf\u00e9`.* TO `a`@`%`"});
  for (const auto* pattern : {R"(my\_app2)", "my", R"(my\%)", "_", "", R"(my\\_app)"}) {
    INFO(pattern);
    CHECK(narrowed(pattern, "my_app").empty());
  }
  // The name of a table's database is none.
  CHECK(permissions("GRANT SELECT ON `a_b`.`t` TO `a`@`%`;", "axb").empty());
  CHECK(permissions(R"(GRANT SELECT ON `a\b`.`t` TO `a`@`%`;)", "ab").empty());
  CHECK(permissions("GRANT SELECT ON *.* TO `a`@`%`;", "*").empty());
}

TEST_CASE("of several patterns that match the database the one counts that a server heeds") {
  CHECK(permissions("GRANT ALL PRIVILEGES ON `%`.* TO `a`@`%`; GRANT SELECT ON `my\\_app`.* TO `a`@`%`;"
                    "GRANT DELETE ON `my\\_%`.* TO `a`@`%`; GRANT INSERT ON `my%`.* TO `b`@`%`; GRANT UPDATE ON "
                    "`my\\_a%`.* TO `b`@`%`;",
                    "my_app") ==
        Lines{R"(GRANT SELECT ON `my\_app`.* TO `a`@`%`)", R"(GRANT UPDATE ON `my\_app`.* TO `b`@`%`)"});
}

TEST_CASE("hosts are the same in whatever case, users are not") {
  const auto made = [](const Account& there) {
    return plan_accounts("CREATE USER IF NOT EXISTS `a`@`HOST.Example`; GRANT PROCESS ON *.* TO `a`@`host.example`;",
                         {there}, "app");
  };
  CHECK(made({"a", "host.EXAMPLE"}).making.empty());
  CHECK(made({"A", "host.example"}).making.size() == 2);
}

TEST_CASE("an account goes as what it is") {
  CHECK(drop_account(odd) == "DROP USER IF EXISTS `o;'``dd`@`%`");
  CHECK(drop_account(reader) == "DROP ROLE IF EXISTS `reader`");
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
                           "ERROR 1064 (42000) at line 7: Fehler in der SQL-Syntax bei 'PASSWORD '*3E'' in Zeile 1\n"
                           "ERROR 1227 (42000) at line 8: Access denied; you need the CREATE USER privilege\n") ==
        Lines{"ERROR 1064 (42000) at line 7: it does not understand that",
              "ERROR 1227 (42000) at line 8: Access denied; you need the CREATE USER privilege"});
}
