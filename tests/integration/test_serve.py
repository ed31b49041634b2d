"""`hasync agent serve`, the forced command of the peer's key: a real sshd on east, a real sync from west, and real attackers."""
import json
import os
import pathlib
import select
import sqlite3
import subprocess
import time

import pytest

from conftest import HASYNC, wait_for
from servers import SshServer
from test_exactness import part

SECRET = "TOP-SECRET-OF-EAST"
ODD_NAMES = [b"plain", b"a b", b"-dash", b"new\nline", b"\xff\xfe", b"*", b"$(x)`y`", b"it's \"q\"", "ö".encode()]


class East:
    """A primary whose sshd lets west's key start nothing but its hasync."""

    def __init__(self, pair, ssh):
        self.ssh, self.folder = ssh, pair.folder
        self.source, self.odd = pair.source, pair.folder / "a b & (c) $d"
        self.outside = pair.folder / "outside"
        for folder in (self.odd, self.outside, self.outside / "folder"):
            folder.mkdir()
        (self.outside / "secret").write_text(SECRET)
        (self.outside / "folder" / "secret").write_text(SECRET)
        (self.source / "sub").mkdir()
        (self.source / "sub" / "f").write_text("1")
        (self.source / "to-file").symlink_to(self.outside / "secret")
        (self.source / "to-folder").symlink_to(self.outside / "folder")
        self.config, self.state = self.folder / "east.yaml", self.folder / "east-state"
        self.datasets = [{"name": "app", "source": str(self.source)}, {"name": "odd", "source": str(self.odd)}]
        self.has(self.datasets)
        # Hands the command on as ssh and sshd do.
        self.direct = self.folder / "direct"
        self.direct.write_text(f'#!/bin/sh\nshift\nSSH_ORIGINAL_COMMAND="$*" exec {HASYNC} --config {self.config} --state-dir {self.state} agent serve\n')
        self.direct.chmod(0o755)
        key = (ssh.folder / "client_key.pub").read_text()
        (ssh.folder / "authorized_keys").write_text(
            f'restrict,command="{HASYNC} --config {self.config} --state-dir {self.state} agent serve" {key}')

    def has(self, datasets, **sync):
        self.write({"node": {"name": "east", "role": "primary"}, "peer": {"name": "west", "host": "127.0.0.1"},
                    "sync": {"store": str(self.folder / "east-store"), "datasets": datasets, **sync}})

    def write(self, settings):
        self.config.write_text(json.dumps(settings))
        self.config.chmod(0o600)

    def argv(self, *options):
        peer = self.ssh.peer()
        return ["ssh", "-p", str(peer["port"]), "-i", peer["identity_file"], "-oIdentitiesOnly=yes", "-oBatchMode=yes",
                f"-oUserKnownHostsFile={peer['known_hosts_file']}", "-oLogLevel=ERROR", *options]

    def ask(self, command, *options, **more):
        words = [command] if command else []
        return subprocess.run([*self.argv(*options), f"{self.ssh.peer()['user']}@127.0.0.1", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, **more)

    def serve(self, command, **more):
        """The same without ssh, which takes its time."""
        return subprocess.run([HASYNC, "--config", str(self.config), "--state-dir", str(self.state), "agent", "serve"],
                              env={"PATH": "/usr/bin:/bin", "SSH_ORIGINAL_COMMAND": command, "SSH_CONNECTION": "192.0.2.7 1 192.0.2.1 22"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, **more)

    def hasync(self, *words):
        return json.loads(subprocess.run([HASYNC, "--config", str(self.config), "--state-dir", str(self.state), *words, "--json"],
                                         capture_output=True, text=True, check=True, timeout=30).stdout)

    def refusals(self):
        return [item for item in self.hasync("history", "events", "--limit", "1000")["items"] if item["result"] == "refused"]

    def refused(self):
        return sum(int(item["details"]["count"]) for item in self.refusals())


@pytest.fixture
def east(pair, tmp_path):
    with SshServer(tmp_path / "ssh") as ssh:
        each = East(pair, ssh)
        pair.settings["peer"] = ssh.peer()
        pair.set("sync", datasets=each.datasets)
        yield each


def pull(east, target, *options):
    """rsync in the hand of an attacker who has west's key."""
    return subprocess.run(["rsync", "-aHAX", "--timeout=20", "-e", str(east.direct), *options, f"east:{east.source}/", f"{target}/"],
                          capture_output=True, text=True, errors="replace", timeout=60)


def leaked(target, done):
    """Whether anything of the secret arrived, in a file or in what was said."""
    files = [path.read_bytes() for path in pathlib.Path(target).rglob("*") if path.is_file() and not path.is_symlink()]
    return SECRET in done.stdout + done.stderr or any(SECRET.encode() in content for content in files)


def test_a_real_sync_needs_nothing_else(pair, east):
    for number, name in enumerate(ODD_NAMES):
        (pathlib.Path(os.fsdecode(os.fsencode(east.odd) + b"/" + name))).write_text(str(number))
    checked = pair.checked()
    assert [checked[name]["verdict"] for name in ("peer", "source app", "source odd")] == ["good"] * 3
    planned = pair.json("sync", "--dry-run")
    assert planned["schema"] == "hasync.sync-plan/1"
    assert pair.json("sync")["result"] == "success"
    copied = os.fsencode(pair.current / "odd")
    assert sorted(os.listdir(copied)) == sorted(ODD_NAMES)
    assert os.readlink(pair.current / "app" / "to-file") == str(east.outside / "secret")
    assert pair.json("sync")["result"] == "unchanged"
    (east.source / "sub" / "f").write_text("two")
    pair.set("sync", bandwidth_limit="20MiB")
    assert pair.json("sync")["result"] == "success"
    assert (pair.current / "app" / "sub" / "f").read_text() == "two"
    os.link(east.source / "sub" / "f", east.source / "link")
    assert pair.json("sync")["result"] == "success"
    part([os.fsencode(east.source / "link")])
    told = pair.json("sync")
    assert (told["result"], told["bytes_transferred"]) == ("success", 0)
    assert not (pair.current / "app" / "link").samefile(pair.current / "app" / "sub" / "f")
    (east.source / "link").unlink()
    assert pair.json("sync")["result"] == "success"
    pair.ok("agent", "heartbeat")
    assert "app: 3 files alike at the source\n" in pair.ok("points", "verify", "--source")
    was = os.stat(east.source / "sub" / "f")
    (east.source / "sub" / "f").write_text("tWo")
    os.utime(east.source / "sub" / "f", ns=(was.st_atime_ns, was.st_mtime_ns))
    damaged = pair.run("points", "verify", "--source")
    assert damaged.returncode == 1 and "DIFFERS     app/sub/f: other content of the same size and time" in damaged.stdout
    assert east.refusals() == []


def test_dumps_come_through_it(pair, east):
    with sqlite3.connect(east.folder / "app.db") as database:
        database.execute("CREATE TABLE t (x)")
    datasets = [{"name": "db", "type": "sqlite", "source": str(east.folder / "app.db")}, {"name": "said", "type": "command", "run": ["env"]}]
    east.has(datasets)
    pair.set("sync", datasets=datasets)
    assert pair.json("sync")["result"] == "success"
    with sqlite3.connect(f"file:{pair.current / 'db' / 'dump.sqlite'}?immutable=1", uri=True) as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (0,)
    said = (pair.current / "said" / "dump").read_text().splitlines()
    assert sorted(line.partition("=")[0] for line in said) == ["HASYNC_STATE_DIR", "HOME", "LC_ALL", "PATH", "USER"]
    assert f"HASYNC_STATE_DIR={east.state}" in said
    assert east.refusals() == []


def test_a_program_that_east_does_not_have_is_told_as_by_a_shell(pair, east):
    datasets = [{"name": "said", "type": "command", "run": ["no-such-program", "-x"]}]
    east.has(datasets)
    assert east.serve("no-such-program -x").returncode == 127
    pair.set("sync", datasets=datasets)
    done = pair.run("sync")
    assert done.returncode == 1
    assert done.stderr == "hasync: dataset said: east has no program no-such-program; install it there, or name it by its absolute path\n"


def test_check_tells_of_dumps_what_the_sync_would(pair, east):
    (east.folder / "app.db").touch()
    script = east.folder / "a script"
    script.write_text("#!/bin/sh\necho 1\n")
    script.chmod(0o755)
    uri = f"postgresql:///app?host={east.folder}"
    datasets = [{"name": "pg", "type": "postgresql", "source": uri, "database": "postgresql:///app"},
                {"name": "my", "type": "mysql", "source": f"mysql:///app?socket={east.folder}/none"},
                {"name": "db", "type": "sqlite", "source": str(east.folder / "app.db")},
                {"name": "said", "type": "command", "run": [str(script), "it's", "all"]}]
    compare = "the settings of east have no such dataset, or another source or program for it; compare: hasync dataset list, on both"

    def found(ours=datasets):
        pair.set("sync", datasets=ours)
        return [(each["verdict"], each["evidence"]) for name, each in pair.checked().items() if name.startswith("source ")]

    east.has(datasets)
    no_postgresql, no_mysql, *rest = found()
    assert no_postgresql[0] == "bad" and no_postgresql[1].startswith("pg_dumpall on east failed: ") and no_postgresql[1].endswith("is PostgreSQL running there?")
    assert no_mysql[0] == "bad" and no_mysql[1].startswith("mariadb-dump on east failed: ") and "is MySQL or MariaDB running there" in no_mysql[1]
    assert rest == [("good", f"{east.folder}/app.db is a file, and readable"), ("good", f"{script} is there")]
    script.chmod(0o644)
    (east.folder / "app.db").unlink()
    assert found()[2:] == [("bad", f"{east.folder}/app.db on east is not a file that can be read"), ("bad", f"east has no program {script}")]
    assert found([{**datasets[0], "source": "postgresql:///other"}, {**datasets[3], "run": ["id"]}]) == [("bad", compare)] * 2
    assert east.refusals() == []
    east.write({"node": {}})
    assert [verdict for verdict, _ in found()] == ["bad"] * 4
    assert all("the settings of hasync here cannot be read" in words for _, words in found())


@pytest.mark.parametrize("end", ["west's timeout", "interrupted", "the connection is lost", "east's timeout"])
def test_a_dump_that_says_nothing_does_not_outlive_the_run(pair, east, end):
    begun = east.folder / "begun"
    datasets = [{"name": "said", "type": "command", "run": ["sh", "-c", f"echo $$ >{begun}.new; mv {begun}.new {begun}; exec sleep 600"]}]
    east.has(datasets, timeout="10s" if end == "east's timeout" else "1h")
    pair.set("sync", datasets=datasets, timeout="25s" if end == "west's timeout" else "1h")
    running = pair.start("sync")
    wait_for(begun)
    sleeping = pathlib.Path("/proc") / begun.read_text().strip()
    assert sleeping.exists()
    if end == "interrupted":
        running.terminate()
    if end == "the connection is lost":
        east.ssh.drop_connections()
    _, errors = running.communicate(timeout=60)
    assert running.returncode != 0
    if end == "east's timeout":
        assert "sh on east failed with exit status 1: hasync: sh here: no end after 1" in errors
    deadline = time.monotonic() + 60
    while sleeping.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_a_dump_left_behind_to_print_comes_too(pair, east):
    datasets = [{"name": "said", "type": "command", "run": ["bash", "-c", "exec > >(sleep 1; cat); echo all of it"]}]
    east.has(datasets)
    pair.set("sync", datasets=datasets)
    pair.ok("sync")
    assert (pair.current / "said" / "dump").read_text() == "all of it\n"


@pytest.mark.parametrize("end, told", [("stopped", "interrupted"), ("out of time", "no end after 10 s")])
def test_a_dump_that_nobody_takes_is_ended(east, end, told):
    east.has([{"name": "said", "type": "command", "run": ["yes"]}], timeout="10s" if end == "out of time" else "1h")
    process = subprocess.Popen([HASYNC, "--config", str(east.config), "--state-dir", str(east.state), "agent", "serve"],
                               env={"SSH_ORIGINAL_COMMAND": "yes"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert select.select([process.stdout], [], [], 30)[0]
        if end == "stopped":
            process.terminate()
        process.wait(timeout=60)
        assert process.returncode != 0 and told in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("does, told", [
    ("kill -9 $$", "exit status 137: hasync: sh here: killed by signal 9 (Killed)"),
    ("echo oops >&2; exit 255", "exit status 1: oops"),
    ("/no/such/program", "exit status 127: sh: 1: /no/such/program: not found"),
    ("for i in $(seq 50000); do echo $i; done >&2; echo the cause >&2; exit 3", "exit status 3: the cause")])
def test_how_a_dump_failed_is_told_and_not_taken_for_the_connection(pair, east, does, told):
    datasets = [{"name": "said", "type": "command", "run": ["sh", "-c", does]}]
    east.has(datasets)
    pair.set("sync", datasets=datasets)
    done = pair.run("sync")
    assert (done.returncode, done.stderr) == (1, f"hasync: dataset said: sh on east failed with {told}\n")


def test_a_dump_that_east_does_not_offer_is_refused_with_what_to_do(pair, east):
    for dataset in ({"type": "sqlite", "source": "/srv/other.db"}, {"type": "command", "run": ["other"]}):
        pair.set("sync", datasets=[{"name": "db", **dataset}])
        done = pair.run("sync")
        assert done.returncode == 6
        assert done.stderr.startswith("hasync: dataset db: east refuses this of our key: ")
        assert done.stderr.endswith("the dump of a dataset in the settings here; compare the datasets in the settings of both, and the versions of hasync\n")


def test_describes_sources(east):
    source = str(east.source)
    told = json.loads(east.serve(f"hasync agent describe --source {source}").stdout)
    assert (told["node"], told["role"], told["version"]) == ("east", "primary", "0.1.0")
    device = os.statvfs(source).f_fsid
    assert told["sources"] == [{"path": source, "there": True, "file_system": f"{device:016x}"}]
    (east.source).rename(east.folder / "gone")
    told = json.loads(east.serve(f"hasync agent describe --source {source}").stdout)
    assert told["sources"] == [{"path": source, "there": False, "file_system": ""}]


def test_a_dataset_that_east_does_not_have_is_told(pair, east):
    pair.set("sync", datasets=[*east.datasets, {"name": "etc", "source": "/etc"}])
    done = pair.run("sync")
    assert done.returncode == 6
    assert 'east refuses this of our key: hasync agent describe' in done.stderr
    assert '"/etc" is not the source of a dataset; compare the datasets in the settings of both' in done.stderr
    assert not pair.current.exists()


def refused_commands(east):
    source = east.source
    send = "rsync --server --sender -lre.iLsfxCIvu"
    return [
        "id", "sh", "sh -c id", f"cat {east.outside}/secret", "internal-sftp", "scp -f /etc/passwd", "hasync promote",
        "hasync agent serve", f"hasync agent describe --source {east.outside}",
        f"{send} . {source}/../", f"{send} . {source}/../outside/", f"{send} . {source}//", f"{send} . {source}/./", f"{send} . {source}",
        f"{send} . {source}2/", f"{send} . {source}/sub/", f"{send} . /", f"{send} . {source}/ {east.outside}/", f"{send} {east.outside}/ . {source}/",
        f"{send} . {source}/ -L", f"{send} . {source}/to-folder/",
        f"{send} -L . {source}/", f"{send} --copy-unsafe-links . {source}/", f"{send} --copy-links . {source}/", f"{send} -k . {source}/",
        f"{send} --files-from={east.outside}/secret . {source}/", f"{send} --files-from {east.outside}/secret . {source}/",
        f"{send} --log-file={east.folder}/written . {source}/", f"{send} --remove-source-files . {source}/", f"{send} --rsync-path=id . {source}/",
        f"{send} --rsh=id . {source}/", f"{send} --copy-dest={east.outside} . {source}/", f"{send} -s", "rsync --server --sender -se.LsfxCIvu",
        f"rsync --server -lre.iLsfxCIvu . {source}/", f"rsync --server --daemon --config={east.folder}/x .", f"rsync {source}/ {east.folder}/written",
        f"{send} . {source}/; id", f"{send} . {source}/\nid", f"{send} . {source}/ && id", f"{send} . $HOME/", f"{send} . `id`/", f"{send} . {source}/ > {east.folder}/written",
        f"{send} -C . {source}/", f"rsync --server --sender -lHcCre.iLsfxCIvu . {source}/", f"{send} --checksum={east.outside}/secret . {source}/",
        f"{send} --checksum-choice={east.outside}/secret . {source}/", f"{send} --checksum-choice . {source}/", f"{send} --checksum --compare-dest={east.outside} . {source}/",
        f"{send} . '{source}/", f"{send} . {source}*/", f"{send} --exclude-from={east.outside}/secret . {source}/",
        "\x1b[2Jsh", "x" * 5000]


def test_everything_else_is_refused_in_one_line_and_counted(east):
    commands = refused_commands(east)
    for command in commands:
        done = east.serve(command)
        assert (done.returncode, done.stdout) == (6, ""), command
        assert done.stderr.startswith("hasync: refused: ") and done.stderr.count("\n") == 1 and len(done.stderr) < 600, command
        assert done.stderr[:-1].isprintable() and SECRET not in done.stderr, command
    assert not (east.folder / "written").exists()
    assert east.refused() == len(commands)
    records = east.refusals()
    assert len(records) <= 3  # one a minute
    assert records[-1]["summary"].startswith('id from 192.0.2.7: "id" is not rsync or hasync, nor the dump of a dataset in the settings here; ')
    assert east.hasync("status")["refused_last_day"] == len(commands)


def test_through_ssh_there_is_no_shell_no_copying_and_no_forwarding(east, tmp_path):
    marker = east.folder / "written"
    for command, options in (("", ()), (f"touch {marker}", ()), (f"true; touch {marker}", ("-t",))):
        done = east.ask(command, *options)
        assert done.returncode == 6 and "hasync: refused: " in done.stderr, (command, options)
    assert east.ask("sftp", "-s").returncode == 6
    assert not marker.exists()
    before = east.refused()
    assert before == 4
    peer = east.ssh.peer()
    for protocol in ("-O", "-s"):
        copied = subprocess.run(["scp", protocol, "-P", str(peer["port"]), *east.argv()[3:], f"{peer['user']}@127.0.0.1:{east.outside}/secret", str(tmp_path / "copied")],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
        assert copied.returncode != 0 and not (tmp_path / "copied").exists()
    assert east.refused() == before + 2
    assert east.refusals()[-1]["summary"].startswith("a shell from 127.0.0.1: this key opens no shell")
    forwarded = east.ask("", "-W", f"127.0.0.1:{east.ssh.port}")
    assert forwarded.returncode != 0 and "SSH-2.0" not in forwarded.stdout
    assert "PTY allocation request failed" in east.ask("", "-tt").stderr


def test_a_list_of_files_leads_nowhere_else(east, tmp_path):
    reached = {}
    lists = {"up": "../outside/secret\n", "dot": "sub/./../../outside/secret\n", "through": "sub/../../outside/secret\n",
             "absolute": f"{east.outside}/secret\n", "file": "to-file\n", "folder": "to-folder/secret\n", "below": "to-folder/\n",
             "marked": "./to-folder/./secret\n", "good": "sub/f\n"}
    for name, text in lists.items():
        (tmp_path / "list").write_text(text)
        target = tmp_path / f"got-{name}"
        done = pull(east, target, "--files-from", str(tmp_path / "list"))
        assert not leaked(target, done), name
        reached[name] = sorted(str(path.relative_to(target)) for path in target.rglob("*") if not path.is_dir() or path.is_symlink()) if target.exists() else []
    assert reached["good"] == ["sub/f"]
    assert reached["file"] == ["to-file"]  # the link itself
    assert [name for name in lists if "secret" in " ".join(reached[name])] == []
    nul = b"sub/f\0../outside/secret\0to-folder/secret\0no\nthing\0"
    (tmp_path / "list").write_bytes(nul)
    done = pull(east, tmp_path / "nul", "--files-from", str(tmp_path / "list"), "--from0", "--no-implied-dirs", "--ignore-missing-args")
    assert not leaked(tmp_path / "nul", done) and (tmp_path / "nul" / "sub" / "f").exists()
    assert east.refused() == 0


def test_a_hostile_rsync_reads_and_writes_nothing_else(east, tmp_path):
    marker = east.folder / "written"
    for number, options in enumerate((["-L"], ["--copy-unsafe-links"], ["-k"], [f"--files-from=:{east.outside}/secret"], ["-s"], ["--remove-source-files"],
                                      [f"-M--log-file={marker}"], [f"--rsync-path=touch {marker}; rsync"], [f"--rsync-path=cat {east.outside}/secret #"])):
        target = tmp_path / str(number)
        done = pull(east, target, *options)
        assert done.returncode != 0 and not leaked(target, done), options
        assert "hasync: refused: " in done.stderr, options
        assert not target.exists() or list(target.iterdir()) == [], options
    assert not marker.exists() and (east.source / "sub" / "f").exists()
    # The filter goes over the connection: as a file of rules it may name what is outside, and what that holds is told as a fault.
    for number, rule in enumerate((": to-file", ": to-folder/secret", f": {east.outside}/secret", ": ../outside/secret", ":- to-file")):
        target = tmp_path / f"rule-{number}"
        done = pull(east, target, f"--filter={rule}")
        assert not leaked(target, done) and "Unknown filter rule" not in done.stderr, rule
    pushed = subprocess.run(["rsync", "-a", "-e", " ".join(east.argv()), f"{east.outside}/", f"{east.ssh.peer()['user']}@127.0.0.1:{east.source}/"],
                            capture_output=True, text=True, timeout=30)
    assert pushed.returncode != 0 and not (east.source / "secret").exists()


def test_rsync_starts_confined_with_a_clean_environment(east, tmp_path):
    (tmp_path / "rsync").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "rsync").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "LD_LIBRARY_PATH": str(tmp_path), "RSYNC_RSH": "id", "RSYNC_OLD_ARGS": "1",
                   "SSH_ORIGINAL_COMMAND": f"rsync --server --sender -lre.i . {east.source}/"}
    held = os.open(east.folder, os.O_RDONLY)
    process = subprocess.Popen([HASYNC, "--config", str(east.config), "--state-dir", str(east.state), "agent", "serve"], env=environment,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[held])
    try:
        proc = pathlib.Path(f"/proc/{process.pid}")
        assert select.select([process.stdout], [], [], 30)[0] and len(process.stdout.read1(4)) == 4  # the version of its protocol
        assert os.readlink(proc / "exe") == "/usr/bin/rsync"
        assert (proc / "environ").read_bytes() == b"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0"
        status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines() if ":\t" in line)
        assert status["NoNewPrivs"] == "1"
        assert str(held) not in os.listdir(proc / "fd")
    finally:
        os.close(held)
        process.kill()
        process.communicate()


def test_settings_that_cannot_be_read_open_nothing_and_show_nothing(east):
    east.write({"node": {"name": "east"}, "notify": {"smtp": {"password": SECRET}}})
    done = east.serve("hasync agent describe")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "hasync: the settings of hasync here cannot be read; on this server: hasync config check\n"
