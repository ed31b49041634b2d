"""Datasets that are no folders: an SQLite database and the output of a command, pulled while in use, and put in place."""
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading

import pytest

from conftest import HASYNC, shim, wait_for

ROOT = os.geteuid() == 0


def one_dataset(pair, **dataset):
    pair.settings["sync"]["datasets"] = [{"name": "db", **dataset}]
    pair.save()


@pytest.fixture
def database(pair):
    """An application's database in WAL mode, open all the time."""
    path = pair.source / "app.db"
    one_dataset(pair, type="sqlite", source=str(path), live=str(pair.folder / "live" / "app.db"))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE money (account INTEGER PRIMARY KEY, amount INTEGER)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO money VALUES (?, 100)", [(each,) for each in range(1000)])
    connection.execute("COMMIT")
    path.chmod(0o640)
    yield connection
    connection.close()


def sum_of(path):
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT count(*), sum(amount) FROM money").fetchone()


def test_a_database_in_use_is_copied_as_it_is_at_one_moment(pair, database):
    """Money moves all the time; no copy has a moment at which some of it is nowhere."""
    stop = threading.Event()

    def move_money():
        for turn in range(10**9):
            if stop.is_set():
                return
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("UPDATE money SET amount = amount - 1 WHERE account = ?", (turn % 1000,))
                database.execute("UPDATE money SET amount = amount + 1 WHERE account = ?", ((turn + 500) % 1000,))
                database.execute("COMMIT")

    mover = threading.Thread(target=move_money)
    mover.start()
    try:
        for _ in range(3):
            assert pair.json("sync")["result"] == "success"
            assert sum_of(pair.current / "db" / "dump.sqlite") == (1000, 100_000)
    finally:
        stop.set()
        mover.join()


def test_a_database_that_did_not_change_makes_no_new_point(pair, database):
    assert pair.json("sync")["files_changed"] == 1
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert pair.json("sync")["result"] == "unchanged"
    os.chmod(pair.source / "app.db", 0o600)
    assert pair.json("sync")["result"] == "success"
    assert stat.S_IMODE(os.stat(pair.current / "db" / "dump.sqlite").st_mode) == 0o600
    assert {stat.S_IMODE(os.stat(each).st_mode) for each in pair.store.glob("points/*/db/dump.sqlite")} == {0o640, 0o600}


def test_what_a_database_in_wal_mode_needs_of_who_may_only_read_it_is_told():
    if not ROOT:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path, program, state = (os.path.join(folder, name) for name in ("app.db", "hasync", "state"))
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x)")
        connection.close()  # nothing is beside it then
        shutil.copy(HASYNC, program)
        os.mkdir(state)
        os.chown(state, 65534, 65534)
        done = subprocess.run([program, "--state-dir", state, "agent", "dump", "sqlite", path], user=65534, group=65534, extra_groups=[],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert done.stderr.endswith("; this user must be able to read it and, in WAL mode, to write in its folder while nobody has it open\n")


def test_one_that_did_not_change_is_shared_with_the_point_before(pair, database):
    (pair.folder / "app").mkdir()
    (pair.folder / "app" / "file").write_text("one")
    pair.settings["sync"]["datasets"].append({"name": "app", "source": str(pair.folder / "app")})
    pair.save()
    pair.ok("sync")
    (pair.folder / "app" / "file").write_text("three")
    told = pair.json("sync")
    assert (told["result"], told["files_changed"], told["files"]) == ("success", 1, 2)
    assert len({os.stat(each).st_ino for each in pair.store.glob("points/*/db/dump.sqlite")}) == 1
    assert len(list(pair.store.glob("points/*"))) == 2


def test_a_dry_run_dumps_nothing_and_says_so(pair, database):
    told = pair.ok("sync", "--dry-run")
    assert "db: dumped anew; whether it changed is known only then\n  hasync agent dump sqlite " in told
    assert not pair.store.exists()
    told = pair.json("sync", "--dry-run")
    assert told["would_change"] and told["datasets"][0]["files_changed"] is None


def test_a_promotion_puts_the_database_in_place_and_the_log_of_the_old_one_aside(pair, database):
    live = pair.folder / "live" / "app.db"
    live.parent.mkdir()
    old = sqlite3.connect(live, isolation_level=None)
    old.execute("PRAGMA journal_mode=WAL")
    old.execute("CREATE TABLE old (x)")
    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    old.execute("INSERT INTO old VALUES ('only in the log')")
    # As a crash leaves it.
    for suffix in ("", "-wal", "-shm"):
        (live.parent / f"copy{suffix}").write_bytes((live.parent / f"app.db{suffix}").read_bytes())
    old.close()
    for suffix in ("", "-wal", "-shm"):
        os.rename(live.parent / f"copy{suffix}", f"{live}{suffix}")
    pair.ok("sync")
    plan = pair.ok("promote", "--dry-run")
    assert f"activate db: {live} (what stands there is kept beside it)" in plan
    pair.ok("promote")
    assert sum_of(live) == (1000, 100_000)
    assert stat.S_IMODE(os.stat(live).st_mode) == 0o640
    assert not os.path.exists(f"{live}-wal")
    aside = [each for each in live.parent.iterdir() if re.fullmatch(r"app\.db\.hasync-[0-9TZ:.-]+", each.name)]
    assert len(aside) == 1
    with sqlite3.connect(aside[0]) as kept:
        assert kept.execute("SELECT x FROM old").fetchone() == ("only in the log",)
    with sqlite3.connect(live) as application:
        application.execute("UPDATE money SET amount = 0")
    assert sum_of(pair.current / "db" / "dump.sqlite") == (1000, 100_000)


def test_a_folder_that_only_a_promotion_would_make_for_a_database_is_told_beforehand(pair, database):
    def said():
        return next(guard["evidence"] for guard in pair.json("why")["guards"] if guard["name"] == "live-path")

    pair.ok("sync")
    assert f"{pair.folder}/live is not there, and is made as a folder of the user who promotes" in said()
    (pair.folder / "live").mkdir()
    assert "is not there" not in said()


def test_why_counts_what_is_copied_and_not_what_is_restored(pair):
    (pair.source / "f").write_text("1234")
    pair.settings["sync"]["datasets"] = [{"name": "app", "source": str(pair.source), "live": str(pair.live)},
                                         {"name": "db", "type": "command", "run": ["head", "-c", "100000", "/dev/zero"], "restore": ["cat"]}]
    pair.save()
    pair.ok("sync")
    said = next(guard["evidence"] for guard in pair.json("why")["guards"] if guard["name"] == "live-path")
    assert re.match("the copy (takes up to 4 B|shares its blocks)", said), said


def test_a_damaged_database_is_not_published(pair, database):
    pair.ok("sync")
    database.execute("CREATE INDEX by_amount ON money (amount, account)")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'by_amount'").fetchone()[0]
    database.close()
    with open(pair.source / "app.db", "r+b") as file:
        file.seek(root * 4096 - 1024)
        file.write(b"\x55" * 1024)
    assert "dataset db: database " in (told := pair.fails_to_sync()) and "is damaged: " in told


def test_what_is_no_database_is_not_taken_for_one(pair, database):
    for source, words in ((pair.folder / "none.db", "No such file or directory"), (pair.source, "is not a file"), (pair.config, "file is not a database")):
        one_dataset(pair, type="sqlite", source=str(source), live=str(pair.folder / "live.db"))
        assert words in pair.fails_to_sync()


def test_a_database_is_pulled_over_ssh(ssh_pair):
    pair, server = ssh_pair
    path = pair.source / "o'dd $(name) \"x\".db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE money (account INTEGER PRIMARY KEY, amount INTEGER)")
        connection.execute("INSERT INTO money VALUES (1, 2)")
    one_dataset(pair, type="sqlite", source=str(path), live=str(pair.folder / "live.db"))
    server.describe("primary", 1)
    described = (server.bin / "hasync").read_text()
    assert "too old to dump a database" not in described
    (server.bin / "hasync").write_text(described.replace("cat <<", f'[ "$2" != dump ] || exec {HASYNC} --state-dir {pair.folder}/there "$@"\ncat <<'))
    pair.ok("sync")
    assert sum_of(pair.current / "db" / "dump.sqlite") == (1, 2)
    assert list((pair.folder / "there").iterdir()) == []
    server.describe("primary", 1)
    assert "what came is not what hasync agent dump tells first" in pair.fails_to_sync()


def command(pair, *argv, **more):
    one_dataset(pair, type="command", run=list(argv), **more)


def test_the_output_of_a_command_is_a_dataset(pair):
    content = os.urandom(3 << 20)
    (pair.source / "a b").write_bytes(content)
    command(pair, "cat", str(pair.source / "a b"), live=str(pair.folder / "live" / "dump"))
    assert pair.json("sync")["bytes"] == len(content)
    assert (pair.current / "db" / "dump").read_bytes() == content
    assert stat.S_IMODE(os.stat(pair.current / "db" / "dump").st_mode) == 0o600
    assert pair.json("sync")["result"] == "unchanged"
    pair.ok("promote")
    assert (pair.folder / "live" / "dump").read_bytes() == content


def test_a_command_that_fails_publishes_nothing(pair):
    command(pair, "echo", "one")
    pair.ok("sync")
    for argv, words in ((["sh", "-c", "echo half; echo why >&2; exit 3"], "dataset db: sh on east failed with exit status 3: why"),
                        (["sh", "-c", "echo half; kill -9 $$"], "dataset db: the dump was killed by signal 9"),
                        (["/no/such/program"], "/no/such/program"),
                        (["true"], "true on east printed nothing; if that is right: hasync sync --force=empty-source"),
                        (["head", "-c", "70000", "/dev/zero"], "the dump is larger than its max_size 64.0 KiB")):
        command(pair, *argv, max_size="64KiB")
        assert words in pair.fails_to_sync(code=6 if argv == ["true"] else 1)
    command(pair, "true")
    pair.ok("sync", "--force=empty-source")
    assert (pair.current / "db" / "dump").read_bytes() == b""


def test_a_command_that_prints_without_end_is_ended(pair):
    command(pair, "yes", max_size="1MiB")
    assert "is larger than its max_size 1.0 MiB" in pair.fails_to_sync()


def test_a_stream_over_ssh_that_breaks_off_publishes_nothing(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 1)
    command(pair, "echo", "it's $HOME; `id`")
    pair.ok("sync")
    assert (pair.current / "db" / "dump").read_text() == "it's $HOME; `id`\n"
    going = pair.folder / "going"
    command(pair, "sh", "-c", f"echo half; : >'{going}'; exec sleep 600")
    run = pair.start("sync")
    wait_for(going)
    server.drop_connections()
    assert run.wait(60) == 4
    assert "dataset db: " in run.stderr.read()
    assert (pair.current / "db" / "dump").read_text() == "it's $HOME; `id`\n"
    command(pair, "no-such-program")
    assert "east has no program no-such-program; install it there" in pair.fails_to_sync()


def test_a_full_disk_under_a_dump_is_told_with_numbers(pair):
    if not ROOT:
        pytest.skip("only root can mount a small file system")
    pair.store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(pair.store)], check=True)
    try:
        command(pair, "echo", "one")
        pair.ok("sync")
        command(pair, "head", "-c", "2000000", "/dev/zero")
        assert re.search(r"dataset db: cannot write .*/dumps/db/dump: No space left on device \(.* free", pair.fails_to_sync())
        command(pair, "head", "-c", "600000", "/dev/urandom")
        pair.ok("sync")
        refused = pair.fails_to_sync()  # before it begins
        assert re.search(r"no room: the dumps of the newest point take 5.*KiB, and the store .* has .* KiB free for new ones", refused)
        assert "No space left" in pair.fails_to_sync("--force=room")
    finally:
        subprocess.run(["umount", str(pair.store)], check=True)


def test_a_promotion_feeds_the_dump_to_the_restore_command(pair):
    content = os.urandom(300_000)
    (pair.source / "out").write_bytes(content)
    restored, begun = pair.folder / "restored", pair.folder / "begun"
    script = f'echo "$$" >>"{begun}"; cat >"{restored}.part"; [ -e "{pair.folder}/go" ] || sleep 600; mv "{restored}.part" "{restored}"'
    command(pair, "cat", str(pair.source / "out"), restore=["sh", "-c", script])
    pair.ok("sync")
    assert f'restore db: sh -c \'{script}\' < {os.path.realpath(pair.current)}/db/dump' in pair.ok("promote", "--dry-run")
    killed = pair.start("promote")
    wait_for(begun)
    killed.kill()
    killed.wait()
    (pair.folder / "go").touch()
    pair.ok("promote")
    assert restored.read_bytes() == content
    assert len(begun.read_text().split()) == 2
    assert not (pair.store / "live").exists()


def test_a_restore_command_that_fails_is_a_promotion_that_fails(pair):
    command(pair, "echo", "one", restore=["sh", "-c", "echo no >&2; exit 4"])
    pair.ok("sync")
    done = pair.run("promote")
    assert done.returncode == 1 and 'step "restore db" failed: ' in done.stderr and "exit status 4: no" in done.stderr
    assert pair.json("status")["role"] == "secondary"


def test_the_keys_of_each_type(pair):
    for dataset, words in (({"type": "command"}, "sync.datasets.db.run: is missing"),
                           ({"type": "command", "run": ["true"], "source": "/x"}, "sync.datasets.db.source: is not for type command"),
                           ({"type": "sqlite"}, "sync.datasets.db.source: is missing"),
                           ({"type": "sqlite", "source": "/x/db", "exclude": ["a"]}, "sync.datasets.db.exclude: is not for type sqlite"),
                           ({"type": "sqlite", "source": "/x/db", "restore": ["cat"]}, "sync.datasets.db.restore: is not for type sqlite"),
                           ({"source": "/x", "max_size": "1GiB"}, "sync.datasets.db.max_size: is not for type files"),
                           ({"source": "/x", "run": ["true"]}, "sync.datasets.db.run: is not for type files"),
                           ({"type": "mongo", "source": "/x"}, 'sync.datasets.db.type: "mongo" is not one of files, postgresql, mysql, sqlite, command')):
        one_dataset(pair, **dataset)
        done = pair.run("config", "check")
        assert done.returncode == 3 and words in done.stderr, (dataset, done.stderr)


def test_they_are_added_by_a_command_and_checked(pair):
    pair.ok("dataset", "add", "out", "--max-size", "20GiB", "--", "sh", "-c", "echo 'x y'")
    pair.ok("dataset", "add", "users", "--restore", "ldapadd", "--max-size", "1GiB", "--", "slapcat", "--all", "--", "x")
    pair.ok("dataset", "add", "more", "--max-size", "1GiB", "--restore=ldapadd", "--", "slapcat", "--all")
    pair.ok("dataset", "add", "loud", "--restore", "ldapadd", "-v", "--", "slapcat", "--all")
    listed = {each["name"]: each for each in pair.json("dataset", "list")["items"]}
    assert [listed[name]["run"] for name in ("users", "more", "loud")] == [["slapcat", "--all", "--", "x"], ["slapcat", "--all"], ["slapcat", "--all"]]
    assert listed["more"]["restore"] == listed["loud"]["restore"] == ["ldapadd"]
    for name in ("users", "more", "loud"):
        pair.ok("dataset", "remove", name)
    pair.ok("dataset", "add", "base", "--type", "sqlite", "--source", str(pair.source / "app.db"))
    listed = {each["name"]: each for each in pair.json("dataset", "list")["items"]}
    assert (listed["out"]["type"], listed["base"]["type"]) == ("command", "sqlite")
    checked = pair.checked()
    assert checked["source out"]["evidence"] == "sh is there"
    assert checked["source base"]["evidence"].endswith("app.db on east is not a file that can be read")
