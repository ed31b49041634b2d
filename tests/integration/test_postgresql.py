"""Datasets that are PostgreSQL databases: two real servers, east's and west's, a dump pulled from one, restored into the other."""
import fcntl
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from conftest import shim, wait_for
from servers import PostgresServer

APP = 'o dd"; é'  # the name of a database that is no plain word
OWNER = 'the "owner"; \'1'


@pytest.fixture(scope="module")
def servers():
    # Short: the path of a socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="hasync-pg.") as folder:
        os.chmod(folder, 0o711)
        with PostgresServer(pathlib.Path(folder) / "east") as east, PostgresServer(pathlib.Path(folder) / "west") as west:
            yield east, west


def name(text):
    return '"' + text.replace('"', '""') + '"'


def text(value):
    return "'" + value.replace("'", "''") + "'"


def drop_all(server):
    server.sql("SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' \\gexec\n"
               "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres' \\gexec")


@pytest.fixture
def pg(pair, servers):
    """A pair whose dataset is the database app of east."""
    east, west = servers
    for server in servers:
        drop_all(server)
    east.sql("CREATE DATABASE app")
    east.sql("CREATE TABLE money (account int PRIMARY KEY, amount int); INSERT INTO money SELECT g, 100 FROM generate_series(1, 1000) g", "app")
    pair.settings["sync"]["datasets"] = [{"name": "db", "type": "postgresql", "source": east.uri("app"), "database": west.uri("app")}]
    pair.save()
    return pair


def test_all_of_a_database_gets_over(pg, servers):
    east, west = servers
    east.sql(f"""
        CREATE ROLE {name(OWNER)} LOGIN PASSWORD 'secret';
        CREATE ROLE reader; CREATE ROLE "both" IN ROLE reader; CREATE ROLE known LOGIN CONNECTION LIMIT 7;
        CREATE DATABASE {name(APP)} OWNER {name(OWNER)};
        ALTER DATABASE {name(APP)} SET work_mem = '5MB';
        ALTER ROLE reader IN DATABASE {name(APP)} SET work_mem = '7MB';
        GRANT CONNECT ON DATABASE {name(APP)} TO reader;
        COMMENT ON DATABASE {name(APP)} IS 'it''s DATABASE app; \\ -- yes';""")
    east.sql(f"""
        CREATE TABLE t (x text, y bytea); ALTER TABLE t OWNER TO {name(OWNER)};
        INSERT INTO t VALUES (E'a\\nb\\t;\\\\', '\\x00ff');
        GRANT SELECT ON t TO reader;
        CREATE FUNCTION twice(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1 * 2; END';
        SELECT lo_from_bytea(4711, '\\xdeadbeef00');""", APP)
    west.sql("CREATE ROLE known LOGIN CONNECTION LIMIT 3")
    pg.settings["sync"]["datasets"] = [{"name": "db", "type": "postgresql", "source": east.uri(APP), "database": west.uri("here")}]
    pg.save()
    pg.ok("sync")
    assert sorted(each.name for each in (pg.current / "db").iterdir()) == ["dump.pgdump", "roles.sql"]
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in (pg.current / "db").iterdir())
    pg.ok("promote")

    assert west.databases() == ["here"]
    assert west.sql("SELECT x, encode(y, 'hex'), twice(21) FROM t", "here") == east.sql("SELECT x, encode(y, 'hex'), twice(21) FROM t", APP)
    assert west.sql("SELECT encode(lo_get(4711), 'hex')", "here") == [["deadbeef00"]]
    assert west.sql("SELECT tableowner FROM pg_tables WHERE tablename = 't'", "here") == [[OWNER]]
    about = "SELECT pg_get_userbyid(datdba), encoding, datcollate, shobj_description(oid, 'pg_database'), datacl FROM pg_database WHERE datname = "
    assert west.sql(about + "'here'") == east.sql(about + text(APP)) != []
    settings = "SELECT setrole::regrole, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = {} ORDER BY 2"
    assert west.sql(settings.format("'here'")) == east.sql(settings.format(text(APP))) != []
    # Those that were missing, with their passwords and memberships; those that were there are as they were.
    password = f"SELECT rolpassword FROM pg_authid WHERE rolname = {text(OWNER)}"
    assert west.sql(password) == east.sql(password) != [[""]]
    assert west.sql("SELECT pg_has_role('both', 'reader', 'MEMBER'), (SELECT rolconnlimit FROM pg_roles WHERE rolname = 'known')") == [["t", "3"]]


def test_a_dump_gets_into_a_database_by_hand_as_the_manual_says(pg, servers):
    east, west = servers
    east.sql("CREATE ROLE reader")
    east.sql("GRANT SELECT ON money TO reader", "app")
    pg.ok("sync")
    pg.ok("points", "restore", "current", pg.folder / "restored")
    west.sql("CREATE DATABASE empty")
    for program, database, *words in (("psql", "postgres", "--file=roles.sql"), ("pg_restore", "empty", "dump.pgdump")):
        subprocess.run([program, f"--dbname={west.uri(database)}", *words], cwd=pg.folder / "restored" / "db", check=True, timeout=60)
    assert west.sql("SELECT sum(amount), has_table_privilege('reader', 'money', 'SELECT') FROM money", "empty") == [["100000", "t"]]


def test_a_dump_is_of_one_moment_and_one_that_did_not_change_is_shared(pg, servers):
    east, _ = servers
    stop = threading.Event()

    def move_money():
        with subprocess.Popen(["psql", "-X", "-q", "-d", east.uri("app")], stdin=subprocess.PIPE, text=True) as psql:
            for turn in range(10**9):
                if stop.is_set():
                    break
                psql.stdin.write(f"BEGIN; UPDATE money SET amount = amount - 1 WHERE account = {turn % 1000 + 1};\n"
                                 f"UPDATE money SET amount = amount + 1 WHERE account = {(turn + 500) % 1000 + 1}; COMMIT;\n")
                psql.stdin.flush()
            psql.stdin.close()

    mover = threading.Thread(target=move_money)
    mover.start()
    try:
        pg.ok("sync")
    finally:
        stop.set()
        mover.join()
    east.sql("CREATE DATABASE copied")
    subprocess.run(["pg_restore", "-d", east.uri("copied"), pg.current / "db" / "dump.pgdump"], check=True, timeout=60)
    assert east.sql("SELECT count(*), sum(amount) FROM money", "copied") == [["1000", "100000"]]

    assert pg.json("sync")["result"] == "success"
    assert pg.json("sync")["result"] == "unchanged"
    east.sql("CREATE ROLE one_more")
    told = pg.json("sync")
    assert (told["result"], told["files_changed"]) == ("success", 1)
    dumps = {os.stat(each).st_ino for each in pg.store.glob("points/*/db/dump.pgdump")}
    assert (len(dumps), len(list(pg.store.glob("points/*")))) == (2, 3)
    # The header tells the second in which a dump was made: only that differed.
    first, again = (subprocess.run(["pg_dump", "-Fc", "-d", east.uri("app")], capture_output=True, check=True, timeout=60).stdout for _ in range(2)
                    if time.sleep(1) is None)
    assert first != again and first[:16] == again[:16] and first[51:] == again[51:]


def test_every_failure_of_the_server_is_told_and_nothing_is_published(pg, servers):
    east, west = servers
    pg.ok("sync")
    east.sql("CREATE ROLE poor LOGIN")
    nowhere = f"postgresql://postgres@/app?host={pg.folder}"
    for source, words in ((east.uri("nope"), 'FATAL:  database "nope" does not exist; is the name in the URI right?'),
                          (east.uri("app", "nobody"), 'FATAL:  role "nobody" does not exist; name the user in the URI'),
                          (east.uri("app", "poor"), "permission denied for table money; it needs a user who may read all of the database"),
                          (nowhere, "is PostgreSQL running there?"),
                          ("postgresql://postgres@127.0.0.1:1/app", "Connection refused; is PostgreSQL running there, and is the host")):
        pg.settings["sync"]["datasets"][0]["source"] = source
        pg.save()
        assert words in (told := pg.fails_to_sync()) and "dataset db: pg_dump" in told, told
        assert pg.checked()["source db"] == {"name": "source db", "verdict": "bad", "evidence": told.partition("dataset db: ")[2].rstrip()}
    conf = east.folder / "data" / "pg_hba.conf"
    before = conf.read_text()
    conf.write_text("local all poor scram-sha-256\nlocal all postgres trust\n")
    east.sql("SELECT pg_reload_conf()")
    try:
        pg.settings["sync"]["datasets"][0]["source"] = east.uri("app", "poor")
        pg.save()
        assert "no password supplied; put the password into the .pgpass of this user there" in pg.fails_to_sync()
    finally:
        conf.write_text(before)
        east.sql("SELECT pg_reload_conf()")


def test_a_program_that_fails_or_breaks_off_publishes_nothing(pg):
    pg.ok("sync")
    for body, words in (("echo 'pg_dump: error: aborting because of server version mismatch' >&2; exit 1", "mismatch; install the pg_dump of the server's version there"),
                        ("/usr/bin/pg_dump \"$@\" | head -c 2000; exit 0", "dataset db: the dump that arrived is not whole: pg_restore: exit status 1"),
                        ("/usr/bin/pg_dump \"$@\" | head -c -1; exit 0", "dataset db: the dump that arrived is not whole: pg_restore: exit status 1"),
                        ("printf PGDMP; kill -9 $$", "dataset db: the dump was killed by signal 9"),
                        ("exec no-such-program", "pg_dump on east failed: "),
                        ("exit 127", "east has no program pg_dump; install it there: apt-get install postgresql-client")):
        assert words in pg.fails_to_sync(env={"PATH": shim(pg.folder, "pg_dump", body)}), body
    os.unlink(pg.folder / "shims" / "pg_dump")
    path = shim(pg.folder, "pg_restore", "echo 'pg_restore: error: unsupported version (1.99) in file header' >&2; exit 1")
    pg.store.joinpath("current").unlink()
    pg.settings["sync"]["datasets"][0]["max_size"] = "1GiB"
    assert "the pg_restore here is too old for the dump" in pg.fails_to_sync(env={"PATH": path})
    pg.settings["sync"]["datasets"][0]["max_size"] = "1KiB"
    pg.save()
    assert "the dump is larger than its max_size 1.0 KiB" in pg.fails_to_sync()


def test_roles_come_without_passwords_when_those_may_not_be_read(pg, servers):
    east, west = servers
    east.sql("CREATE ROLE plain LOGIN PASSWORD 'secret'; ALTER DATABASE app OWNER TO plain")
    east.sql("ALTER TABLE money OWNER TO plain", "app")
    pg.settings["sync"]["datasets"][0]["source"] = east.uri("app", "plain")
    pg.save()
    assert pg.json("sync")["note"] == "dataset db: the roles came without their passwords, which only a superuser may read"
    assert "SCRAM" not in (pg.current / "db" / "roles.sql").read_text()
    pg.ok("promote")
    assert west.sql("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'plain'") == [["t"]]


def test_what_stood_there_is_kept_and_what_holds_it_is_ended(pg, servers):
    _, west = servers
    west.sql("CREATE DATABASE app")
    west.sql("CREATE TABLE old (x int)", "app")
    pg.ok("sync")
    plan = pg.ok("promote", "--dry-run")
    point = os.path.realpath(pg.current)
    assert f"restore db: {point}/db into a new database {west.uri('app_hasync_new')}" in plan
    assert f"swap db: {west.uri('app')} (what has that name becomes app_before_TIME)" in plan
    with subprocess.Popen(["psql", "-X", "-q", "-d", west.uri("app")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        holder.stdin.write("SELECT 1;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        told = pg.json("promote")
        holder.stdin.close()
    there = west.databases()
    assert there[0] == "app" and re.fullmatch(r"app_before_\d{8}T[\d.]+Z", there[1]) and len(there) == 2
    assert west.sql("SELECT sum(amount) FROM money", "app") == [["100000"]]
    assert west.sql("SELECT count(*) FROM old", there[1]) == [["0"]]
    assert {each["name"]: each["evidence"] for each in told["steps"]}["swap db"] == f"database app is in place, what stood there is {there[1]}"


def test_a_restore_that_fails_destroys_nothing(pg, servers):
    east, west = servers
    west.sql("CREATE DATABASE app")
    west.sql("CREATE TABLE old (x int)", "app")
    pg.ok("sync")
    # As of an extension that is not installed here.
    path = shim(pg.folder, "pg_restore", 'case "$*" in *--exit-on-error*) /usr/bin/pg_restore "$@"; echo "pg_restore: error: no such extension" >&2; exit 1 ;; esac\n'
                'exec /usr/bin/pg_restore "$@"')
    done = pg.run("promote", env={"PATH": path})
    assert done.returncode == 1 and 'step "restore db" failed: pg_restore: error: no such extension' in done.stderr, done.stderr
    assert west.databases() == ["app"]
    assert west.sql("SELECT count(*) FROM old", "app") == [["0"]]
    west.stop()
    try:
        done = pg.run("promote")
        assert done.returncode == 6 and re.search("refused: live-path: .* cannot be restored: psql: .*connection to server", done.stderr), done.stderr
    finally:
        west.start()
    pg.ok("promote")
    assert west.sql("SELECT sum(amount) FROM money", "app") == [["100000"]]


@pytest.mark.parametrize("moment", ["before", "in the middle", "after"])
def test_a_promotion_killed_while_it_restores_comes_to_the_same_end(pg, servers, moment):
    east, west = servers
    west.sql("CREATE DATABASE app")
    west.sql("CREATE TABLE old (x int)", "app")
    pg.ok("sync")
    begun = pg.folder / "begun"
    body = {"before": f": >{begun}; exec sleep 600",
            "in the middle": f'pg=$(/usr/bin/pg_restore --no-owner -f - "$dump"); echo "$pg" | head -n 40 | psql -q -d "$db" >/dev/null; : >{begun}; exec sleep 600',
            "after": f'/usr/bin/pg_restore "$@"; : >{begun}; exec sleep 600'}[moment]
    path = shim(pg.folder, "pg_restore", 'case "$*" in *--exit-on-error*) for dump; do case "$dump" in --dbname=*) db=${dump#--dbname=} ;; esac; done\n'
                f'{body} ;; esac\nexec /usr/bin/pg_restore "$@"')
    run = pg.start("promote", env={"PATH": path})
    wait_for(begun)
    left = [int(each) for each in pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    assert len(left) == 1
    run.kill()
    run.wait()
    # What restores keeps the lock, so that none is begun beside it.
    with (pg.state / "role.lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.killpg(left[0], signal.SIGKILL)
    pg.ok("promote")
    assert west.sql("SELECT sum(amount), count(*) FROM money", "app") == [["100000", "1000"]]
    there = west.databases()
    assert len(there) == 2 and west.sql("SELECT count(*) FROM old", there[1]) == [["0"]]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_promotion_killed_at_the_swap_comes_to_the_same_end(pg, servers, moment):
    _, west = servers
    west.sql("CREATE DATABASE app")
    west.sql("CREATE TABLE old (x int)", "app")
    pg.ok("sync")
    begun = pg.folder / "begun"
    swapped = {"before": "", "after": 'cat | /usr/bin/psql "$@";'}[moment]
    path = shim(pg.folder, "psql", f'case "$*" in *--single-transaction*) [ -e {pg.folder}/roles ] || {{ : >{pg.folder}/roles; exec /usr/bin/psql "$@"; }}\n'
                f'{swapped} : >{begun}; exec sleep 600 ;; esac\nexec /usr/bin/psql "$@"')
    # The first transaction makes roles: there must be one that is missing.
    servers[0].sql("CREATE ROLE fresh")
    pg.ok("sync")
    run = pg.start("promote", env={"PATH": path})
    wait_for(begun)
    left = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    run.kill()
    run.wait()
    for each in left:
        os.killpg(int(each), signal.SIGKILL)
    pg.ok("promote")
    assert west.sql("SELECT sum(amount) FROM money", "app") == [["100000"]]
    there = west.databases()
    assert len(there) == 2 and west.sql("SELECT count(*) FROM old", there[1]) == [["0"]]
    assert pg.json("history", "failovers")["items"][0]["result"] == "done"


def test_a_database_is_pulled_over_ssh(ssh_pair, servers):
    pair, server = ssh_pair
    east, west = servers
    drop_all(east), drop_all(west)
    east.sql(f"CREATE DATABASE {name(APP)}")
    east.sql("CREATE TABLE t AS SELECT 7 AS x", APP)
    server.describe("primary", 1)
    pair.settings["sync"]["datasets"] = [{"name": "db", "type": "postgresql", "source": east.uri(APP), "database": west.uri("app")}]
    pair.save()
    pair.ok("sync")
    pair.ok("promote")
    assert west.sql("SELECT x FROM t", "app") == [["7"]]


def test_two_databases_are_dumped_at_the_same_time_over_one_connection(ssh_pair, servers):
    pair, server = ssh_pair
    east, west = servers
    drop_all(east), drop_all(west)
    server.describe("primary", 1)
    for number, database in enumerate(("one", "two")):
        east.sql(f"CREATE DATABASE {database}")
        east.sql(f"CREATE TABLE t AS SELECT {number} AS x", database)
        os.mkfifo(pair.folder / database)
    # The one that is real begins when the other does.
    (server.bin / "pg_dump").write_text(f'''#!/bin/sh
cd {pair.folder}
case "$*" in */one*) echo >one; read x <two ;; *) read x <one; echo >two ;; esac
exec /usr/bin/pg_dump "$@"
''')
    (server.bin / "pg_dump").chmod(0o755)
    pair.set("sync", timeout="60s", datasets=[{"name": each, "type": "postgresql", "source": east.uri(each), "database": west.uri(each)} for each in ("one", "two")])
    assert pair.json("sync")["result"] == "success"
    assert server.logins() == 1
    pair.ok("promote")
    assert [west.sql("SELECT x FROM t", each) for each in ("one", "two")] == [[["0"]], [["1"]]]


def test_a_promotion_never_replaces_the_source(pair):
    def faults(transport, **dataset):
        pair.settings["peer"] = {"name": "east", "transport": transport, "host": "east.example.net"}
        pair.settings["sync"]["datasets"] = [{"name": "db", "type": "postgresql", **dataset}]
        pair.save()
        done = pair.run("config", "check")
        return "" if done.returncode == 0 else done.stderr
    assert faults("ssh", source="postgresql:///app") == ""
    assert faults("ssh", source="postgresql://localhost/app") == ""
    assert "sync.datasets.db.database: is missing" in faults("ssh", source="postgresql://db.example.net/app")
    assert "sync.datasets.db.database: is missing" in faults("ssh", source="postgresql:///app?host=db.example.net")
    assert faults("ssh", source="postgresql://db.example.net/app", database="postgresql:///app") == ""
    assert "sync.datasets.db.database: is missing" in faults("local", source="postgresql:///app")
    assert "sync.datasets.db.database: is the source itself" in faults("local", source="postgresql:///app", database="postgresql:///app")
    assert "holds a password" in faults("ssh", source="postgresql://me:secret@/app")
    assert "holds a password" in faults("ssh", source="postgresql:///app?password=x")
    assert "names no database" in faults("ssh", source="postgresql://db.example.net")
    assert "belongs to the server itself" in faults("ssh", source="postgresql:///postgres")
    assert "sync.datasets.db.source: is not the URI of a postgresql database" in faults("ssh", source="/var/lib/app")
    assert "sync.datasets.db.live: is not for type postgresql" in faults("ssh", source="postgresql:///app", live="/x")
    pair.settings["sync"]["datasets"] = [{"name": "db", "source": "postgresql:///app"}]
    pair.save()
    assert "sync.datasets.db.source: is the URI of a database" in pair.run("config", "check").stderr


def test_check_tells_what_is_missing(pg, servers):
    told = pg.checked()
    assert told["source db"] == {"name": "source db", "verdict": "good", "evidence": servers[0].uri("app") + " on east can be dumped"}
    assert told["postgresql-client"]["evidence"].startswith("pg_restore (PostgreSQL)")
    assert told["restore db"] == {"name": "restore db", "verdict": "good", "evidence": servers[1].uri("app") + " can be restored"}
    shims = pg.folder / "bare"
    shims.mkdir()
    for program in ("sh", "rsync", "cat", "test"):
        (shims / program).symlink_to(f"/usr/bin/{program}")
    told = pg.checked({"PATH": str(shims)})
    assert "has no program pg_dumpall; install it there: apt-get install postgresql-client" in told["source db"]["evidence"]
    assert told["postgresql-client"]["verdict"] == "bad" and "apt-get install postgresql-client" in told["postgresql-client"]["evidence"]
    servers[1].sql("CREATE ROLE poor LOGIN")
    pg.settings["sync"]["datasets"][0]["database"] = servers[1].uri("app", "poor")
    pg.save()
    assert "may not make databases" in pg.checked()["restore db"]["evidence"]
