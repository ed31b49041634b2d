#include "config/database_uri.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::config;

TEST_CASE("the URI of a database is taken apart, and another database put into it") {
  struct Row {
    const char *uri, *name, *host, *with_other;
  };
  for (const auto& [uri, name, host, with_other] : {
           Row{"postgresql:///app", "app", "", "postgresql:///a%20b"},
           Row{"postgresql://me@/app", "app", "", "postgresql://me@/a%20b"},
           Row{"postgresql://db.example.net:5433/app", "app", "db.example.net",
               "postgresql://db.example.net:5433/a%20b"},
           Row{"postgresql://me@[2001:db8::1]:5433/app", "app", "[2001:db8::1]",
               "postgresql://me@[2001:db8::1]:5433/a%20b"},
           Row{"postgresql://localhost/app", "app", "", "postgresql://localhost/a%20b"},
           Row{"postgresql://[::1]/app", "app", "", "postgresql://[::1]/a%20b"},
           Row{"postgresql://%2Frun%2Fpg/app", "app", "", "postgresql://%2Frun%2Fpg/a%20b"},
           Row{"postgresql:///app?host=/run/pg&port=1", "app", "", "postgresql:///a%20b?host=/run/pg&port=1"},
           Row{"postgresql:///app?host=db", "app", "db", "postgresql:///a%20b?host=db"},
           Row{"postgresql:///app?hostaddr=10.0.0.1", "app", "10.0.0.1", "postgresql:///a%20b?hostaddr=10.0.0.1"},
           Row{"postgresql:///o%20dd%22%3B%2F%C3%A9", "o dd\";/\u00e9", "", "postgresql:///a%20b"},
       }) {
    INFO(uri);
    CHECK(check_database_uri(uri));
    CHECK(database_name(uri) == name);
    CHECK(database_host(uri) == host);
    CHECK(with_database(uri, "a b") == with_other);
    CHECK(with_database(with_other, name) == with_database(uri, name));
  }
}

TEST_CASE("a URI without a database, or with a password, is none") {
  for (const auto* uri :
       {"", "/var/lib/app", "mysql:///app?ssl=1", "mysql:///mysql", "mysql://me:x@/app", "postgresql:/app",
        "postgresql://", "postgresql://db", "postgresql:///", "postgresql:///?dbname=app",
        "postgresql:///app?dbname=other", "postgresql://me:secret@/app", "postgresql://me:@/app",
        "postgresql:///app?password=x", "postgresql:///app?sslmode=require&password=x", "postgresql:///postgres",
        "postgresql:///template1", "postgresql:///a b", "postgresql:///a%00b"}) {
    INFO(uri);
    CHECK_FALSE(check_database_uri(uri));
  }
}

TEST_CASE("the programs of MySQL take a URI as options") {
  using Words = std::vector<std::string>;
  CHECK(check_database_uri("mysql://me%40x@[::1]:3307/app"));
  CHECK(mysql_options("mysql:///app").empty());
  CHECK(mysql_options("mysql://me%40x@[::1]:3307/app") == Words{"--host=::1", "--port=3307", "--user=me@x"});
  CHECK(check_database_uri("mysql:///app?socket=/run/a%20b"));
  CHECK(mysql_options("mysql:///app?socket=/run/a%20b") == Words{"--socket=/run/a b"});
  CHECK(database_name("mysql://db/a%60b") == "a`b");
}
