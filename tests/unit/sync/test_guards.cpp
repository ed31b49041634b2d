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

TEST_CASE("only a peer with the same MAJOR.MINOR is pulled from") {
  const auto of_version = [](const std::string& version) {
    return words(refuse_version({.node = "east", .version = version}, "1.4.2"));
  };
  CHECK(of_version("1.4.2") == "pulled from");
  CHECK(of_version("1.4.0") == "pulled from");
  CHECK(of_version("1.4") == "pulled from");
  CHECK(
      of_version("1.5.2") ==
      "east has hasync 1.5.2, this node 1.4.2, which need not understand each other; install the same version on both");
  CHECK(of_version("2.4.2") != "pulled from");
  CHECK(of_version("1.40.2") != "pulled from");
  CHECK(of_version("1") != "pulled from");
  CHECK(
      of_version("") ==
      "east has hasync of no version, this node 1.4.2, which need not understand each other; install the same version "
      "on both");
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

TEST_CASE("what looks like an accident is held, unless it is forced") {
  config::Config settings;
  settings.peer.name = "east";
  const auto verdict = [&](std::optional<Numbers> before, const Numbers& now,
                           const std::vector<std::string>& forced = {}) {
    std::string all;
    for (const auto& hold : reasons_to_hold(settings, app, before, now, forced))
      all += hold.guard + ": " + hold.why + "\n";
    return all;
  };
  CHECK(verdict({}, {.files = 1}).empty());
  CHECK(verdict({}, {.files = 0}) == "empty-source: dataset app: /var/lib/app on east holds no file; is it mounted?\n");
  CHECK(verdict(Numbers{.files = 0}, {.files = 0}).empty());
  CHECK(verdict(Numbers{.files = 1200}, {.files = 0}) ==
        "empty-source: dataset app: /var/lib/app on east holds no file, and the newest recovery point has 1,200; is it "
        "mounted?\n");
  CHECK(verdict(Numbers{.files = 1200}, {.files = 0}, {"empty-source"}).empty());
  CHECK_FALSE(verdict(Numbers{.files = 1200}, {.files = 0}, {"shrink"}).empty());

  CHECK(verdict(Numbers{1000, 5000, ""}, {500, 5000, ""}).empty());
  CHECK(
      verdict(Numbers{1000, 5000, ""}, {499, 6000, ""}) ==
      "shrink: dataset app: /var/lib/app on east lost 50 % of its files (1,000 → 499) and 0 % of its bytes (4.9 KiB → "
      "5.9 KiB) since the newest recovery point, more than sync.shrink_limit 50 %\n");
  CHECK_FALSE(verdict(Numbers{1000, 5000, ""}, {1000, 2499, ""}).empty());
  CHECK(verdict(Numbers{1000, 5000, ""}, {1, 1, ""}, {"shrink"}).empty());
  settings.sync.shrink_limit = 100;
  CHECK(verdict(Numbers{1000, 5000, ""}, {1, 0, ""}).empty());

  CHECK(verdict(Numbers{1, 1, "ext4 1"}, {1, 1, "ext4 2"}) ==
        "file-system: dataset app: /var/lib/app on east is on another file system than before; is the right one "
        "mounted?\n");
  CHECK(verdict(Numbers{1, 1, "ext4 1"}, {1, 1, "ext4 1"}).empty());
  CHECK(verdict(Numbers{1, 1, ""}, {1, 1, "ext4 1"}).empty());
  CHECK(verdict(Numbers{1, 1, "ext4 1"}, {1, 1, ""}).empty());
}

TEST_CASE("what has no room is not begun") {
  CHECK_FALSE(refuse_room(10, 10, "/srv/hasync", {}));
  CHECK_FALSE(refuse_room(11, 10, "/srv/hasync", {"room"}));
  CHECK(refuse_room(3 << 20, 1 << 20, "/srv/hasync", {})->message ==
        "no room: 3.0 MiB are to come, and the store /srv/hasync has 1.0 MiB free; make room there, or lower "
        "sync.keep (files with holes take less: hasync sync --force=room)");
}

TEST_CASE("dumps that take more than is free are not begun") {
  CHECK_FALSE(refuse_room_for_dumps(10, 10, "/srv/hasync", {}));
  CHECK_FALSE(refuse_room_for_dumps(11, 10, "/srv/hasync", {"room"}));
  CHECK(refuse_room_for_dumps(3 << 20, 1 << 20, "/srv/hasync", {})->message ==
        "no room: the dumps of the newest point take 3.0 MiB, and the store /srv/hasync has 1.0 MiB free for new ones; "
        "make room there, or lower sync.keep (if they are smaller by now: hasync sync --force=room)");
}

TEST_CASE("what has no inodes left is not begun") {
  CHECK_FALSE(refuse_inodes(10, 10, "/srv/hasync", {}));
  CHECK_FALSE(refuse_inodes(11, 10, "/srv/hasync", {"room"}));
  CHECK(refuse_inodes(3000, 1, "/srv/hasync", {})->message ==
        "no room: 3,000 files are to come, and the store /srv/hasync has 1 inode free, of which each needs one; lower "
        "sync.keep, or move the store to a file system that has more (to try all the same: hasync sync --force=room)");
}

TEST_CASE("what can be forced is named") {
  CHECK(check_forced({"empty-source", "peer-term"}));
  CHECK(check_forced({"data-age"}).error().message ==
        "\"data-age\" cannot be forced; what can be is one of empty-source, shrink, file-system, peer-term, room");
}
