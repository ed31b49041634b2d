#include "sync/guards.hpp"
#include "testing.hpp"

using namespace hasync;
using namespace hasync::sync;

namespace {

const config::Dataset app{.name = "app", .source = "/var/lib/app"};

std::string words(const std::optional<Error>& refusal) { return refusal ? refusal->message : "pulled from"; }

std::string of_peer(Role role, std::int64_t term, const std::vector<std::string>& forced = {}) {
  return words(refuse_peer({.node = "east", .role = role, .term = term}, {.term = 2}, forced));
}

}  // namespace

TEST_CASE("only a primary that was not left behind is pulled from") {
  CHECK(of_peer(Role::primary, 2) == "pulled from");
  CHECK(of_peer(Role::primary, 3) == "pulled from");
  CHECK(of_peer(Role::secondary, 2) ==
        "east says that it is secondary (term 2): only a primary is pulled from; see hasync status on both");
  CHECK(of_peer(Role::primary, 1) ==
        "east is primary of term 1, and this node knows of a promotion to term 2: what east has may be older; if it is "
        "right all the same: hasync sync --force=peer-term");
  CHECK(of_peer(Role::primary, 1, {"peer-term"}) == "pulled from");
  CHECK(of_peer(Role::primary, 1, {"empty-source"}) != "pulled from");
}

TEST_CASE("a primary never pulls, nor does a node whose change of role is not finished") {
  CHECK(words(refuse_node({.role = Role::secondary}, {}, "west")) == "pulled from");
  CHECK(words(refuse_node({.role = Role::primary, .term = 4}, {}, "west")) ==
        "west is primary (term 4): it never pulls; to make it the standby again: hasync demote");
  const store::FailoverRecord promotion{.id = 7}, demotion{.id = 8, .kind = store::FailoverKind::demotion};
  CHECK(words(refuse_node({.role = Role::secondary}, promotion, "west")) ==
        "a promotion (failover 7) is not finished, and needs its recovery point; to carry it on: hasync promote, to "
        "give it up: hasync demote");
  CHECK(words(refuse_node({.role = Role::primary}, demotion, "west")).find("to carry it on: hasync demote") !=
        std::string::npos);
}

TEST_CASE("a source without files is refused unless the newest point has none either, or it is forced") {
  const auto verdict = [](std::int64_t files, std::optional<bool> newest, const std::vector<std::string>& forced) {
    return words(refuse_empty(app, files, newest, "east", forced));
  };
  CHECK(verdict(1, true, {}) == "pulled from");
  CHECK(verdict(1, {}, {}) == "pulled from");
  CHECK(verdict(0, false, {}) == "pulled from");
  CHECK(verdict(0, true, {"empty-source"}) == "pulled from");
  CHECK(verdict(0, {}, {}) ==
        "dataset app: /var/lib/app on east holds no file; is it mounted? If that is right: hasync sync "
        "--force=empty-source");
  CHECK(verdict(0, true, {"peer-term"}) ==
        "dataset app: /var/lib/app on east holds no file, and the newest recovery point has some; is it mounted? If "
        "that is right: hasync sync --force=empty-source");
}

TEST_CASE("what can be forced is named") {
  CHECK(check_forced({"empty-source", "peer-term"}));
  CHECK(check_forced({"data-age"}).error().message ==
        "\"data-age\" cannot be forced; what can be is empty-source and peer-term");
}
