"""Datasets that are databases of MariaDB: two real servers, east's and west's, a dump pulled from one, restored into the other."""
import fcntl
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

import pytest

from conftest import shim, wait_for
from servers import MariadbServer

APP = "o dd`; é"  # the name of a database that is no plain word; mariadb-dump itself stumbles over a quote, when there are routines


@pytest.fixture(scope="module")
def servers():
    # Short: the path of a socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hasync-my.") as folder:
        os.chmod(folder, 0o711)
        with MariadbServer(pathlib.Path(folder) / "east") as east, MariadbServer(pathlib.Path(folder) / "west") as west:
            yield east, west


def drop_all(server):
    server.sql("".join(f"DROP DATABASE {name(each)};" for each in server.databases()))
    server.sql("".join(f"DROP ROLE {name(user)};" if is_role == "Y" else f"DROP USER {name(user)}@{name(host)};" for user, host, is_role in
                       server.sql("SELECT user, host, is_role FROM mysql.user WHERE user NOT IN ('root', 'mariadb.sys', 'mysql', '')")))


def grants(server, account):
    return sorted(line for (line,) in server.sql(f"SHOW GRANTS FOR {account}"))


def without_passwords(server, account):
    return [line.partition(" IDENTIFIED")[0] for line in grants(server, account)]


def name(text):
    return "`" + text.replace("`", "``") + "`"


@pytest.fixture
def my(pair, servers):
    """A pair whose dataset is the database app of east."""
    east, west = servers
    for server in servers:
        drop_all(server)
    east.sql("CREATE DATABASE app; USE app; CREATE TABLE money (account int PRIMARY KEY, amount int) ENGINE=InnoDB;"
             "INSERT INTO money SELECT seq, 100 FROM seq_1_to_1000")
    pair.settings["sync"]["datasets"] = [{"name": "db", "type": "mysql", "source": east.uri("app"), "database": west.uri("app")}]
    pair.save()
    return pair


def test_all_of_a_database_gets_over(my, servers):
    east, west = servers
    east.sql(f"CREATE DATABASE {name(APP)} CHARACTER SET latin2; USE {name(APP)};"
             "CREATE TABLE t (x int PRIMARY KEY, y varbinary(10), z text CHARACTER SET utf8mb4); INSERT INTO t VALUES (1, x'00ff275c', 'é\\'\\\\');"
             "CREATE TABLE log (x int); CREATE VIEW v AS SELECT x + 1 AS x FROM t;"
             "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (new.x);"
             "CREATE FUNCTION f() RETURNS int RETURN 7; CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;")
    my.settings["sync"]["datasets"] = [{"name": "db", "type": "mysql", "source": east.uri(APP), "database": west.uri(APP)}]
    my.save()
    my.ok("sync")
    assert os.stat(my.current / "db" / "dump.sql").st_mode & 0o777 == 0o600
    assert my.json("sync")["result"] == "unchanged"
    plan = my.ok("promote", "--dry-run")
    assert f"restore db: {os.path.realpath(my.current)}/db into {west.uri(APP)}, which must be empty or not there" in plan
    my.ok("promote")
    assert west.databases() == [APP]
    west.sql("INSERT INTO t VALUES (2, NULL, NULL)", APP)
    assert west.sql("SELECT hex(y), hex(z), f(), (SELECT group_concat(x) FROM log), (SELECT max(x) FROM v) FROM t WHERE x = 1", APP) == [
        ["00FF275C", "C3A9275C", "7", "2", "3"]]
    about = "SELECT default_character_set_name, (SELECT count(*) FROM information_schema.events) FROM information_schema.schemata WHERE schema_name = database()"
    assert west.sql(about, APP) == east.sql(about, APP) == [["latin2", "1"]]


def test_a_dump_is_of_one_moment(my, servers):
    east, _ = servers
    stop = threading.Event()

    def move_money():
        with subprocess.Popen(["mariadb", "--no-defaults", f"--socket={east.folder}/socket", "--user=root", "app"], stdin=subprocess.PIPE, text=True) as client:
            for turn in range(10**9):
                if stop.is_set():
                    break
                client.stdin.write(f"BEGIN; UPDATE money SET amount = amount - 1 WHERE account = {turn % 1000 + 1};\n"
                                   f"UPDATE money SET amount = amount + 1 WHERE account = {(turn + 500) % 1000 + 1}; COMMIT;\n")
                client.stdin.flush()
            client.stdin.close()

    mover = threading.Thread(target=move_money)
    mover.start()
    try:
        my.ok("sync")
    finally:
        stop.set()
        mover.join()
    my.ok("promote")
    assert servers[1].sql("SELECT count(*), sum(amount) FROM money", "app") == [["1000", "100000"]]


def test_every_failure_of_the_server_is_told_and_nothing_is_published(my, servers):
    east, _ = servers
    my.ok("sync")
    east.sql("CREATE USER IF NOT EXISTS poor@localhost")
    for source, words in ((east.uri("nope"), "\"Unknown database 'nope'\" when selecting the database; is the name in the URI right?"),
                          (east.uri("app", "poor"), "Access denied for user 'poor'@'localhost'"),
                          (east.uri("app", "nobody"), "Access denied for user 'nobody'@'localhost'"),
                          (f"mysql:///app?socket={my.folder}/none", "is MySQL or MariaDB running there")):
        my.settings["sync"]["datasets"][0].update(source=source, database=servers[1].uri("nope" if "nope" in source else "app"))
        my.save()
        assert words in (told := my.fails_to_sync()) and "dataset db: mariadb-dump" in told, told
        assert my.checked()["source db"] == {"name": "source db", "verdict": "bad", "evidence": told.partition("dataset db: ")[2].rstrip()}


def test_a_dump_that_breaks_off_publishes_nothing(my):
    my.ok("sync")
    for body, words in (("/usr/bin/mariadb-dump \"$@\" | head -c -1 | head -n -1; exit 0", 'is not whole: its last line is not "-- Dump completed"'),
                        ("/usr/bin/mariadb-dump \"$@\" | head -c 900; exit 0", 'is not whole: its last line is not "-- Dump completed"'),
                        ("printf x; kill -9 $$", "dataset db: the dump was killed by signal 9")):
        assert words in my.fails_to_sync(env={"PATH": shim(my.folder, "mariadb-dump", body)}), body
    # MySQL's own program, where MariaDB's is not.
    path = shim(my.folder, "mariadb-dump", "exit 127")
    shim(my.folder, "mysqldump", "echo '-- Dump completed'")
    my.ok("sync", "--force=shrink", env={"PATH": path})
    assert "the users of the server did not come: that takes mariadb-dump there" in my.ok("history", "syncs")
    assert (my.current / "db" / "dump.sql").read_text() == "-- Dump completed\n"


def test_what_stands_there_is_never_replaced(my, servers):
    _, west = servers
    west.sql("CREATE DATABASE app; USE app; CREATE FUNCTION f() RETURNS int RETURN 7")
    my.ok("sync")
    done = my.run("promote")
    assert done.returncode == 6 and "live-path: " in done.stderr and "database app here is not empty, and nothing in it is replaced" in done.stderr
    assert my.checked()["restore db"]["verdict"] == "bad"
    done = my.run("promote", "--force=live-path")
    assert done.returncode == 1 and 'step "restore db" failed: database app here is not empty' in done.stderr, done.stderr
    assert west.sql("SELECT f()", "app") == [["7"]] and west.databases() == ["app"]
    west.sql("DROP DATABASE app; CREATE DATABASE app")
    my.ok("promote")
    assert west.sql("SELECT sum(amount) FROM money", "app") == [["100000"]]


def test_a_restore_that_fails_leaves_nothing(my, servers):
    _, west = servers
    my.ok("sync")
    dump = my.current / "db" / "dump.sql"
    dump.write_text(dump.read_text().replace("-- Dump completed", "SELECT no_such_function();\n-- Dump completed"))
    done = my.run("promote")
    assert done.returncode == 1 and 'step "restore db" failed: mariadb: exit status 1: ERROR 1305' in done.stderr, done.stderr
    assert west.databases() == []


@pytest.mark.parametrize("moment", ["restore", "settle"])
def test_a_promotion_killed_in_the_middle_comes_to_the_same_end(my, servers, moment):
    _, west = servers
    my.ok("sync")
    begun = my.folder / "begun"
    body = {"restore": f'case "$*" in *--execute*) exec /usr/bin/mariadb "$@" ;; esac; head -n 60 | /usr/bin/mariadb "$@"; : >{begun}; exec sleep 600',
            "settle": f'/usr/bin/mariadb "$@" || exit; case "$*" in *"; DROP DATABASE IF EXISTS "*"_hasync_new"*) : >{begun}; exec sleep 600 ;; esac'}[moment]
    run = my.start("promote", env={"PATH": shim(my.folder, "mariadb", body)})
    wait_for(begun)
    assert west.databases() == (["app", "app_hasync_new"] if moment == "restore" else ["app"])
    left = [int(each) for each in pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    assert len(left) == 1
    run.kill()
    run.wait()
    if moment == "restore":  # what restores keeps the lock, so that none is begun beside it
        with (my.state / "role.lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.killpg(left[0], signal.SIGKILL)
    my.ok("promote")
    assert west.sql("SELECT sum(amount), count(*) FROM money", "app") == [["100000", "1000"]]
    assert west.databases() == ["app"]


# Of what an application has: a password, a role, permissions on the server, on its database and on single things in it.
USERS = ("CREATE USER app@localhost IDENTIFIED BY 's;\\'ecret'; CREATE USER `o;dd'`@'10.%' REQUIRE SSL; CREATE ROLE reader; GRANT SELECT ON app.* TO reader;"
         "GRANT reader TO app@localhost; SET DEFAULT ROLE reader FOR app@localhost; GRANT PROCESS ON *.* TO app@localhost; GRANT SELECT, INSERT ON app.* TO app@localhost;"
         "GRANT SELECT (account) ON app.money TO `o;dd'`@'10.%'; GRANT SELECT ON elsewhere.* TO app@localhost; GRANT DELETE ON app.gone TO app@localhost;")
ACCOUNTS = ("app@localhost", "`o;dd'`@'10.%'", "reader")


def while_making(body):
    """Instead of the client that is told how accounts are made, or before it."""
    return f'case "$*" in *--force*) if grep -q "^CREATE USER" /dev/stdin; then {body}; fi ;; esac; exec /usr/bin/mariadb "$@"'


def make_users(server):
    server.sql("CREATE TABLE app.gone (x int);" + USERS + "DROP TABLE app.gone")


def test_the_users_and_what_they_may_do_get_over(my, servers):
    east, west = servers
    make_users(east)
    # A view on a view is not even restored where he who defined it is not.
    east.sql("CREATE DEFINER=app@localhost VIEW v AS SELECT account FROM money; CREATE DEFINER=app@localhost VIEW w AS SELECT * FROM v", "app")
    assert my.json("sync")["note"] == ""
    assert os.stat(my.current / "db" / "users.sql").st_mode & 0o777 == 0o600
    assert my.json("sync")["result"] == "unchanged"
    told = my.json("promote")
    assert {each["name"]: each["evidence"] for each in told["steps"]}["restore db"] == "restored, 3 accounts made"
    assert told["note"] == ""
    for account in ACCOUNTS:
        expected = [line for line in grants(east, account) if "`gone`" not in line]
        assert grants(west, account) == expected and expected, account
    assert west.sql("SELECT count(*) FROM w", "app") == [["1000"]]
    logged_in = subprocess.run(["mariadb", "--no-defaults", f"--socket={west.folder}/socket", "--user=app", "--password=s;'ecret", "-NBe", "SELECT count(*) FROM money", "app"],
                               capture_output=True, text=True, timeout=60)
    assert logged_in.stdout == "1000\n", logged_in.stderr


def test_an_account_that_is_here_is_left_as_it_is(my, servers):
    east, west = servers
    make_users(east)
    west.sql("CREATE USER app@localhost IDENTIFIED BY 'own'; CREATE ROLE reader")
    before = west.sql("SHOW CREATE USER app@localhost"), west.sql("SHOW CREATE USER root@localhost"), grants(west, "root@localhost")
    my.ok("sync")
    my.ok("promote")
    assert (west.sql("SHOW CREATE USER app@localhost"), west.sql("SHOW CREATE USER root@localhost"), grants(west, "root@localhost")) == before
    # What an account may do in the database comes with that.
    assert without_passwords(west, "app@localhost") == ["GRANT SELECT, INSERT ON `app`.* TO `app`@`localhost`", "GRANT USAGE ON *.* TO `app`@`localhost`"]
    assert grants(west, "reader") == grants(east, "reader")


def test_a_dump_does_without_the_users_where_they_may_not_be_read(my, servers):
    east, west = servers
    make_users(east)
    east.sql("CREATE USER dumper@localhost; GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON app.* TO dumper@localhost")
    my.settings["sync"]["datasets"][0]["source"] = east.uri("app", "dumper")
    my.save()
    told = "dataset db: the users of the server did not come: that takes mariadb-dump there, and a user who may read the database mysql ("
    assert my.json("sync")["note"] == told + "SELECT command denied to user 'dumper'@'localhost' for table `mysql`.`user` (1142))"
    # Who may read of whom there is, but not what they are, is told them by name, and then refused.
    east.sql("GRANT SELECT ON mysql.user TO dumper@localhost; INSERT INTO money VALUES (7777, 0)", "app")
    assert my.json("sync")["note"] == told + "Access denied for user 'dumper'@'localhost' to database 'mysql' (1044))"
    assert os.listdir(my.current / "db") == ["dump.sql"]
    assert my.checked()["source db"]["verdict"] == "good"
    # Nor does it take more of who restores it.
    west.sql("CREATE USER restorer@localhost; GRANT ALL ON app.* TO restorer@localhost; GRANT CREATE, DROP ON app_hasync_new.* TO restorer@localhost")
    my.settings["sync"]["datasets"][0]["database"] = west.uri("app", "restorer")
    my.save()
    told = my.json("promote")
    assert (told["result"], told["note"]) == ("done", "") and west.databases() == ["app"]
    assert west.sql("SELECT count(*) FROM mysql.user WHERE user = 'app'") == [["0"]]


def test_a_restore_that_fails_leaves_no_data_where_no_account_may_be_dropped(my, servers):
    east, west = servers
    make_users(east)
    west.sql("CREATE USER restorer@localhost; GRANT ALL ON app.* TO restorer@localhost; GRANT ALL ON app_hasync_new.* TO restorer@localhost; GRANT SELECT ON mysql.* TO restorer@localhost")
    my.settings["sync"]["datasets"][0]["database"] = west.uri("app", "restorer")
    my.save()
    my.ok("sync")
    dump = my.current / "db" / "dump.sql"
    whole = dump.read_text()
    dump.write_text(whole.replace("-- Dump completed", "SELECT no_such_function();\n-- Dump completed"))
    done = my.run("promote")
    assert done.returncode == 1 and "; the accounts of the primary could not all be made: ERROR 1227" in done.stderr, done.stderr
    assert west.databases() == ["app_hasync_new"]
    dump.write_text(whole)
    my.ok("promote")
    assert west.databases() == ["app"] and west.sql("SELECT sum(amount) FROM money", "app") == [["100000"]]


def test_what_the_server_here_does_not_take_of_the_users_is_told(my, servers):
    east, west = servers
    make_users(east)
    west.sql("CREATE USER restorer@localhost; GRANT ALL ON app.* TO restorer@localhost; GRANT ALL ON app_hasync_new.* TO restorer@localhost; GRANT SET USER ON *.* TO restorer@localhost")
    my.settings["sync"]["datasets"][0]["database"] = west.uri("app", "restorer")
    my.save()
    my.ok("sync")
    found = my.checked()["restore db"]
    assert found["verdict"] == "warning" and f"{west.uri('app', 'restorer')} can be restored, but not the accounts that are missing here: " in found["evidence"], found
    west.sql("GRANT SELECT ON mysql.* TO restorer@localhost")
    assert "the user there may not make users; it needs GRANT CREATE USER ON *.*" in my.checked()["restore db"]["evidence"]
    west.sql("GRANT CREATE USER ON *.* TO restorer@localhost")
    assert my.checked()["restore db"]["verdict"] == "good"
    west.sql("REVOKE SELECT ON mysql.* FROM restorer@localhost")
    told = my.ok("promote").splitlines()
    assert told[-2].startswith("! restore db: the accounts of the primary could not all be made: mariadb: exit status 1: ERROR 1142 ") and "`mysql`.`user`" in told[-2], told
    assert told[-1] == "west is now primary (term 1)"
    assert told[-2].removeprefix("! ") in my.ok("history", "failovers")


def test_an_account_that_cannot_be_made_is_not_made_by_its_permissions(my, servers):
    east, west = servers
    east.sql("INSTALL SONAME 'auth_ed25519'")
    try:
        east.sql("CREATE USER app@localhost IDENTIFIED VIA ed25519 USING PASSWORD('secret'); GRANT ALL ON app.* TO app@localhost; GRANT SELECT ON app.money TO app@localhost")
        west.sql("SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'")
        my.ok("sync")
        told = my.json("promote")
        assert told["result"] == "done" and "Plugin 'ed25519' is not loaded" in told["note"]
        assert {each["name"]: each["evidence"] for each in told["steps"]}["restore db"] == "restored; " + told["note"].removeprefix("restore db: ")
        assert west.sql("SELECT count(*) FROM mysql.user WHERE user = 'app'") == [["0"]]
    finally:
        west.sql("SET GLOBAL sql_mode = DEFAULT")
        east.sql("DROP USER app@localhost; UNINSTALL SONAME 'auth_ed25519'")


def test_a_password_that_has_expired_stays_so(my, servers):
    east, west = servers
    east.sql("CREATE USER app@localhost IDENTIFIED BY 'secret' PASSWORD EXPIRE; GRANT ALL ON app.* TO app@localhost WITH GRANT OPTION")
    my.ok("sync")
    my.ok("promote")
    assert west.sql("SHOW CREATE USER app@localhost") == east.sql("SHOW CREATE USER app@localhost")
    assert "EXPIRE" in west.sql("SHOW CREATE USER app@localhost")[0][0] and grants(west, "app@localhost") == grants(east, "app@localhost")


def test_what_stands_for_a_password_is_never_told(my, servers):
    east, west = servers
    make_users(east)
    my.ok("sync")
    # As of a server that does not know the way in which another tells it.
    users = my.current / "db" / "users.sql"
    hash = re.search(r"PASSWORD '(\*[0-9A-F]+)'", users.read_text())[1]
    users.write_text(users.read_text().replace("IDENTIFIED BY PASSWORD", "IDENTIFIED IN WORDS"))
    west.sql("SET GLOBAL lc_messages = 'de_DE'")
    try:
        told = my.ok("promote")
    finally:
        west.sql("SET GLOBAL lc_messages = DEFAULT")
    assert "ERROR 1064 (42000) at line 2: it does not understand that" in told
    told += my.ok("history", "failovers") + my.ok("history")
    assert hash not in told and hash.encode() not in b"".join(each.read_bytes() for each in my.state.rglob("*") if each.is_file())


def test_a_promotion_that_failed_leaves_no_account_half_made(my, servers):
    east, west = servers
    make_users(east)
    west.sql("CREATE USER other@localhost")
    my.ok("sync")
    dump = my.current / "db" / "dump.sql"
    whole = dump.read_text()
    dump.write_text(whole.replace("-- Dump completed", "SELECT no_such_function();\n-- Dump completed"))
    assert my.run("promote").returncode == 1
    assert west.sql("SELECT user FROM mysql.user WHERE user NOT IN ('root', 'mariadb.sys')") == [["other"]]
    dump.write_text(whole)
    my.ok("promote")
    for account in ACCOUNTS:
        assert grants(west, account) == [line for line in grants(east, account) if "`gone`" not in line], account


def test_a_promotion_killed_between_an_account_and_its_permissions_gives_them(my, servers):
    east, west = servers
    make_users(east)
    my.ok("sync")
    begun = my.folder / "begun"
    run = my.start("promote", env={"PATH": shim(my.folder, "mariadb", while_making(f'head -n 3 | /usr/bin/mariadb "$@"; : >{begun}; exec sleep 600'))})
    wait_for(begun)
    left = [int(each) for each in pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    run.kill()
    run.wait()
    os.killpg(left[0], signal.SIGKILL)
    assert west.sql("SELECT count(*) FROM mysql.user WHERE user = 'app'") == [["1"]]
    # Somebody else's account, by now; and what was made of one of ours, which is made anew, is of an earlier point.
    west.sql("CREATE USER dba@localhost IDENTIFIED BY 'own'; ALTER USER app@localhost IDENTIFIED BY 'before'; GRANT SUPER ON *.* TO app@localhost")
    before = west.sql("SHOW CREATE USER dba@localhost"), grants(west, "dba@localhost")
    my.ok("promote")
    assert (west.sql("SHOW CREATE USER dba@localhost"), grants(west, "dba@localhost")) == before
    assert west.sql("SHOW CREATE USER app@localhost") == east.sql("SHOW CREATE USER app@localhost")
    for account in ACCOUNTS:
        assert grants(west, account) == [line for line in grants(east, account) if "`gone`" not in line], account


def test_a_client_goes_on_with_all_that_it_was_told_and_nobody_works_beside_it(my, servers):
    """Through a pipe it would carry out what came by then, the last statement by half."""
    east, west = servers
    many = 400  # more than a pipe holds
    east.sql("".join(f"CREATE USER u{each}@localhost IDENTIFIED BY 'secret'; GRANT SELECT ON app.money TO u{each}@localhost;" for each in range(many)))
    my.ok("sync")
    begun = my.folder / "begun"
    run = my.start("promote", env={"PATH": shim(my.folder, "mariadb", while_making(f': >{begun}; while [ ! -e {my.folder}/go ]; do sleep 0.05; done'))})
    wait_for(begun)
    run.kill()
    run.wait()
    with (my.state / "role.lock").open() as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (my.folder / "go").touch()
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert west.sql("SELECT count(*), count(authentication_string <> '' OR NULL) FROM mysql.user WHERE user LIKE 'u%'") == [[str(many), str(many)]]
    my.ok("promote")
    assert grants(west, "u399@localhost") == grants(east, "u399@localhost")


def test_accounts_are_known_in_whatever_mode_the_server_is(my, servers):
    east, west = servers
    east.sql("CREATE USER twin@localhost IDENTIFIED BY 'east'; GRANT ALL ON *.* TO twin@localhost; CREATE USER `q'\"u`@localhost REQUIRE ISSUER '/CN=d\\\\e'")
    west.sql("CREATE USER twin@localhost IDENTIFIED BY 'west'")
    my.ok("sync")
    dump = my.current / "db" / "dump.sql"
    whole = dump.read_text()

    def about():
        return [west.sql("SELECT user, host FROM mysql.user ORDER BY 1, 2"), west.sql("SHOW CREATE USER twin@localhost"), grants(west, "twin@localhost"), grants(west, "root@localhost")]

    def promote():
        west.sql("SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,ANSI_QUOTES,EMPTY_STRING_IS_NULL'")
        try:
            return my.run("promote")
        finally:
            west.sql("SET GLOBAL sql_mode = DEFAULT")

    before = about()
    dump.write_text(whole.replace("-- Dump completed", "SELECT no_such_function();\n-- Dump completed"))
    assert promote().returncode == 1
    assert about() == before
    dump.write_text(whole)
    done = promote()
    assert done.returncode == 0 and "!" not in done.stdout, done
    assert about()[1:] == before[1:]
    assert [each for each in about()[0] if each not in before[0]] == [["q'\"u", "localhost"]]
    assert west.sql("SHOW CREATE USER `q'\"u`@localhost") == east.sql("SHOW CREATE USER `q'\"u`@localhost")


def test_a_database_is_pulled_over_ssh(ssh_pair, servers):
    pair, server = ssh_pair
    east, west = servers
    for each in servers:
        drop_all(each)
    east.sql(f"CREATE DATABASE {name(APP)}; USE {name(APP)}; CREATE TABLE t AS SELECT 7 AS x")
    server.describe("primary", 1)
    pair.settings["sync"]["datasets"] = [{"name": "db", "type": "mysql", "source": east.uri(APP), "database": west.uri(APP)}]
    pair.save()
    pair.ok("sync")
    pair.ok("promote")
    assert west.sql("SELECT x FROM t", APP) == [["7"]]


def test_the_keys_of_a_mysql_database(pair):
    def faults(**dataset):
        pair.settings["peer"] = {"name": "east", "host": "east.example.net"}
        pair.settings["sync"]["datasets"] = [{"name": "db", "type": "mysql", **dataset}]
        pair.save()
        done = pair.run("config", "check")
        return "" if done.returncode == 0 else done.stderr
    assert faults(source="mysql:///app") == ""
    assert "sync.datasets.db.source: is not the URI of a mysql database" in faults(source="postgresql:///app")
    assert "names another database than source" in faults(source="mysql:///app", database="mysql:///other")
    assert "is of another kind of server than source" in faults(source="mysql:///app", database="postgresql:///app")
    assert "sync.datasets.db.database: is missing" in faults(source="mysql://db.example.net/app")
    pair.settings["sync"]["datasets"] = [{"name": each, "type": "mysql", "source": "mysql:///" + 60 * "d" + each} for each in ("ab", "cd")]
    pair.save()
    assert "sync.datasets.cd: has a database whose name begins with the same 52 bytes as that of ab" in pair.run("config", "check").stderr
    assert "has a parameter that is not known; mysql knows socket" in faults(source="mysql:///app?ssl=1")
    assert "belongs to the server itself" in faults(source="mysql:///mysql")
    assert "holds a password" in faults(source="mysql://me:secret@/app")
