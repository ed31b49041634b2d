"""One pair of nodes on this machine: a primary that is a folder, and a standby with its own settings, state and store."""
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from servers import HttpServer, MailServer, SshServer  # noqa: E402
from town import Town  # noqa: E402

HASYNC = os.environ.get("HASYNC", "hasync")


class Pair:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.source = folder / "east"
        self.source.mkdir()
        self.live = folder / "live" / "app"
        self.store = folder / "store"
        self.config = folder / "hasync.yaml"
        self.state = folder / "state"
        self.settings = {
            "node": {"name": "west"},
            "peer": {"name": "east", "transport": "local"},
            "sync": {"store": str(self.store),
                     "datasets": [{"name": "app", "source": str(self.source), "live": str(self.live)}]},
            "heartbeat": {"interval": "1s", "failures": 2, "recheck_interval": "1s", "timeout": "1s",
                          "probes": [{"name": "file", "type": "command", "run": ["test", "-e", str(self.source)]}]},
            "failover": {"action": "standby"},
            "notify": {},
        }
        self.save()

    def save(self):
        # JSON is YAML.
        self.config.write_text(json.dumps(self.settings, indent=1))
        self.config.chmod(0o600)

    def set(self, section, **values):
        self.settings[section].update(values)
        self.save()

    def environment(self, **more):
        return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.folder), "TZ": "UTC", "LC_ALL": "C.UTF-8",
                "HASYNC_CONFIG": str(self.config), "HASYNC_STATE_DIR": str(self.state), **more}

    def run(self, *words, env=None, timeout=120, **options):
        return subprocess.run([HASYNC, *map(str, words)], env=self.environment(**(env or {})), capture_output=True, text=True,
                              errors="surrogateescape", stdin=subprocess.DEVNULL, timeout=timeout, **options)

    def start(self, *words, env=None):
        return subprocess.Popen([HASYNC, *map(str, words)], env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def ok(self, *words, **options):
        done = self.run(*words, **options)
        assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *words, **options):
        return json.loads(self.ok(*words, "--json", **options))

    def checked(self, env=None):
        """What check finds, by the name of what it tried."""
        return {each["name"]: each for each in json.loads(self.run("check", "--json", env=env).stdout)["checks"]}

    def fails_to_sync(self, *words, env=None, code=1):
        """The message of a run that failed, and published nothing."""
        before = self.current.is_symlink() and self.current.readlink()
        done = self.run("sync", *words, env=env)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert (self.current.is_symlink() and self.current.readlink()) == before
        assert not any((self.store / name).exists() for name in ("incoming", "incoming.list", "dumps"))
        return done.stderr

    @property
    def current(self):
        return self.store / "current"

    def history(self, kind="all"):
        return self.json("history", kind, "--limit", 1000)["items"]


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


@pytest.fixture
def town(pair):
    with HttpServer() as server, MailServer() as mail:
        yield Town(pair, server, mail)


@pytest.fixture
def ssh_pair(pair, tmp_path):
    """The same, with east behind a real sshd."""
    with SshServer(tmp_path / "ssh") as server:
        pair.settings["peer"] = server.peer()
        pair.save()
        yield pair, server


def shim(folder, name, body):
    """A program of that name which is a shell script, first in the PATH that is given back."""
    shims = folder / "shims"
    shims.mkdir(exist_ok=True)
    (shims / name).write_text(f"#!/bin/sh\n{body}\n")
    (shims / name).chmod(0o755)
    return f"{shims}:/usr/bin:/bin:/usr/sbin:/sbin"


def slow_rsync(folder):
    """An rsync that waits, after it has written all, until it is told to go on: its PATH, and the files that say so."""
    begun, go = folder / "begun", folder / "go"
    return shim(folder, "rsync", f'''/usr/bin/rsync "$@" || exit
case "$*" in *--dry-run*) ;; *) : >{begun}; while [ ! -e {go} ]; do sleep 0.05; done ;; esac'''), begun, go


def wait_for(path, seconds=30):
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)
