"""kill -9 of apply and uninstall at the calls that change something: each file is old or new, whole; what is not finished is told; and
the next time it is finished."""
import json
import signal
import subprocess

import pytest

from conftest import HASYNC
from own_host import PLACES, folder_of, in_own_namespace, needs_root, systemctl  # noqa: F401  (a fixture)

# What changes files and the database, or starts a program that does, and how many of a kind are taken for alike; killed on its entry.
CALLS = {"mkdir": 1, "rename": 1, "unlink": 6, "fsync": 7, "fdatasync": 3, "pwrite64": 8, "clone": 1, "clone3": 1, "vfork": 1, "pidfd_open": 1}
STATE = ("private", "loaded", "enabled", "state")
NOTHING = {"schema": "hasync.changes/1", "changed": False, "diff": []}


class Host:
    """One with the real crontab(1), and what systemd would be in a shim."""

    def __init__(self, pair, shims):
        self.pair, self.shims = pair, shims

    def hasync(self, *words):
        return in_own_namespace(self.pair, *words, shims=self.shims)

    def killed_at(self, call, turn, words):
        """Whether there was such a call. The program that hasync has just started goes on to its end, as it would. Under strace,
        LeakSanitizer cannot work."""
        and_wait = 'ASAN_OPTIONS=detect_leaks=0 strace "$@"; code=$?; while pgrep -x systemctl >/dev/null || pgrep -x crontab >/dev/null; do sleep 0.02; done; exit $code'
        done = in_own_namespace(self.pair, "-c", and_wait, "sh", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                                "-e", f"inject={call}:signal=KILL:when={turn}", HASYNC, *words, shims=self.shims, program="sh")
        assert done.returncode in (0, 128 + signal.SIGKILL), done.stderr
        return done.returncode != 0

    def files(self):
        """What each file in the places of the schedulers holds; but for the time of its making, which crontab(1) writes into its file."""
        found = {}
        for place in PLACES:
            for path in folder_of(self.pair, place).rglob("*"):
                if not path.is_dir():
                    lines = path.read_text().splitlines() if path.exists() else []
                    found[str(path)] = [line for line in lines if not line.startswith("# (")]
        return found

    def applied(self):
        told = self.pair.json("schedule")
        return told["applied"] and (told["anchor"], told["every_s"])

    def in_force(self):
        """What systemd goes by; of what is not enabled it forgets what it has read."""
        loaded, enabled = ((self.pair.folder / name).iterdir() for name in ("loaded", "enabled"))
        enabled = {path.name for path in enabled}
        return {path.name: path.read_text() for path in loaded if enabled}, enabled

    def all(self):
        return self.files(), self.applied(), self.in_force()

    def keep(self):
        kept = self.pair.folder / "kept"
        kept.mkdir()
        subprocess.run(["cp", "-a", *(str(self.pair.folder / each) for each in STATE), str(kept)], check=True)

    def restore(self):
        for each in STATE:
            subprocess.run(["rsync", "-a", "--delete", f"{self.pair.folder}/kept/{each}/", f"{self.pair.folder}/{each}/"], check=True)


@pytest.fixture
def host(pair, systemctl):
    pair.settings["heartbeat"]["probes"] = [{"name": "ssh", "type": "tcp", "host": "127.0.0.1", "port": 22}]
    pair.set("sync", start_time="2020-01-01T00:00:00Z")
    host = Host(pair, systemctl[0])
    assert host.hasync("apply", "--scheduler", "systemd").returncode == 0
    return host


@needs_root
@pytest.mark.parametrize("words", [("apply", "--scheduler", "systemd"), ("apply", "--scheduler", "crontab"), ("uninstall",)], ids=lambda words: words[-1])
def test_a_kill_leaves_each_file_old_or_new_and_the_next_run_finishes(host, words):
    host.pair.set("sync", run_every="45m")
    host.pair.set("heartbeat", interval="2s")
    host.keep()
    old = host.all()
    assert host.hasync(*words).returncode == 0
    new = host.all()
    killed = set()
    for call, alike in CALLS.items():
        turn = 1
        host.restore()
        while host.killed_at(call, turn, words):
            where = f"{call} {turn}"
            killed.add(call)
            files, applied, in_force = host.all()
            assert {path: text for path, text in files.items() if ".hasync-" not in path and text not in (old[0].get(path), new[0].get(path))} == {}, where
            assert applied in (old[1], new[1]), where
            if words[0] == "apply" and (files, applied, in_force) != new:
                assert "✗ schedule" in host.hasync("check").stdout, where
                assert json.loads(host.hasync("status", "--json").stdout)["apply_needed"] is True, where
            again = host.hasync(*words)
            assert again.returncode == 0, (where, again.stderr)
            assert host.all() == new, where
            assert json.loads(host.hasync(*words, "--json").stdout) == NOTHING, where
            host.restore()
            turn += alike
    assert {"pwrite64", "pidfd_open"} <= killed and killed & {"rename", "unlink"}
