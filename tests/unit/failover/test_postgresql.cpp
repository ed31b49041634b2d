#include "failover/postgresql.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::failover;
using Lines = std::vector<std::string>;

namespace {

// As pg_dumpall 15 prints it.
constexpr std::string_view roles = R"(--
-- PostgreSQL database cluster dump
--

\restrict K8mw

SET default_transaction_read_only = off;

CREATE ROLE "o dd;""x";
ALTER ROLE "o dd;""x" WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM;--''$4096';
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER;
CREATE ROLE reader;
ALTER ROLE reader WITH NOLOGIN;
COMMENT ON ROLE reader IS 'it''s; -- \ "all';

-- User Config "reader"

ALTER ROLE reader SET work_mem TO '5MB';

GRANT "o dd;""x" TO reader GRANTED BY postgres;
GRANT reader TO postgres GRANTED BY postgres;

\unrestrict K8mw
)";

}  // namespace

TEST_CASE("only what is missing of the roles is made, with all that belongs to it") {
  CHECK(make_missing_roles(roles, {"postgres", "o dd;\"x"}) ==
        Lines{"CREATE ROLE reader", "ALTER ROLE reader WITH NOLOGIN", R"(COMMENT ON ROLE reader IS 'it''s; -- \ "all')",
              "ALTER ROLE reader SET work_mem TO '5MB'", R"(GRANT "o dd;""x" TO reader GRANTED BY postgres)"});
  CHECK(
      make_missing_roles(roles, {"postgres", "reader"}) ==
      Lines{R"(CREATE ROLE "o dd;""x")", R"(ALTER ROLE "o dd;""x" WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM;--''$4096')"});
  CHECK(make_missing_roles(roles, {"postgres", "reader", "o dd;\"x", "more"}).empty());
  CHECK(make_missing_roles("", {}).empty());
}

TEST_CASE("the database is made under another name, whatever it was called") {
  CHECK(make_database(R"(SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
-- Name: DATABASE app; Type: COMMENT
CREATE DATABASE "the DATABASE x" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C.UTF-8';
ALTER DATABASE "the DATABASE x" OWNER TO "o;w";
\connect app
COMMENT ON DATABASE app IS 'of DATABASE app; yes';
ALTER ROLE "DATABASE r" IN DATABASE app SET x TO 'y';
GRANT CONNECT ON DATABASE app TO reader;
)",
                      "new\"one") ==
        Lines{R"(CREATE DATABASE "new""one" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C.UTF-8')",
              R"(ALTER DATABASE "new""one" OWNER TO "o;w")",
              R"(COMMENT ON DATABASE "new""one" IS 'of DATABASE app; yes')",
              R"(ALTER ROLE "DATABASE r" IN DATABASE "new""one" SET x TO 'y')",
              R"(GRANT CONNECT ON DATABASE "new""one" TO reader)"});
}

TEST_CASE("of the table of contents, what is about the database itself") {
  const std::string ours =
      "3351; 1262 16384 DATABASE - app o dd\n3352; 0 0 COMMENT - DATABASE app o dd\n3353; 0 0 ACL - DATABASE app o dd\n"
      "3354; 0 0 DATABASE PROPERTIES - app o dd\n";
  CHECK(about_the_database("; Archive created at\n;     dbname: DATABASE - app\n" + ours +
                           "214; 1259 16387 TABLE public t DATABASE - x\n3; 0 0 COMMENT - SCHEMA public x\n"
                           "4; 0 0 ACL public TABLE t x\n") == ours);
}

TEST_CASE("names are never longer than PostgreSQL keeps, and never cut within a character") {
  CHECK(scratch_name("app") == "app_hasync_new");
  CHECK(aside_name("app", "2026-11-24T02:45:00Z") == "app_before_20261124T024500Z");
  const std::string longest(63, 'a');
  CHECK(scratch_name(longest) == std::string(52, 'a') + "_hasync_new");
  CHECK(aside_name(longest, "2026-11-24T02:45:00.123Z").size() == 63);
  CHECK(scratch_name(std::string(51, 'a') + "\u00e9\u00e9\u00e9") == std::string(51, 'a') + "_hasync_new");
}

TEST_CASE("a swap comes to the same end from wherever a crash left it, and never takes another database") {
  const auto statements = [](Databases there, std::uint64_t restored) {
    const auto planned = swap(there, restored, "app", "now");
    return planned ? *planned : Lines{planned.error().message};
  };
  const std::string aside = R"(ALTER DATABASE "app" RENAME TO "app_before_now")";
  const std::string into_place = R"(ALTER DATABASE "app_hasync_new" RENAME TO "app")";
  const auto both = statements({.live = 1, .scratch = 2}, 2);
  REQUIRE(both.size() == 3);
  CHECK((both[1] == aside && both[2] == into_place));
  CHECK(statements({.scratch = 2}, 2) == Lines{into_place});
  CHECK(statements({.live = 2, .aside = 1}, 2).empty());
  CHECK(statements({.live = 1, .scratch = 2, .aside = 3}, 2).front().starts_with("a database app_before_now is there"));
  for (const auto& there : {Databases{.live = 1}, Databases{.live = 1, .scratch = 3}, Databases{}})
    CHECK(statements(there, 2).front().starts_with("the restored database app_hasync_new is gone"));
  CHECK(statements({.live = 1, .scratch = 2}, 0).front() == "the journal does not know the copy of app");
}
