"""How far a run is: a live line on a terminal, nothing of it elsewhere, and a summary for who interrupts it."""
import contextlib
import fcntl
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import termios

import pytest

from conftest import HASYNC, shim
from test_sync import make_due


class Terminal:
    """A run whose stdout and stderr are a terminal; `seen` is all that was written to it."""

    def __init__(self, pair, *words, columns=100, until=None, **environment):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen([HASYNC, *words], env=pair.environment(**{"TERM": "xterm", **environment}), stdin=follower, stdout=follower, stderr=follower,
                                        start_new_session=True)
        os.close(follower)
        self.seen = b""
        while chunk := self.read(leader):
            self.seen += chunk
            if until and until in self.seen:
                self.process.send_signal(signal.SIGINT)
                until = None
        os.close(leader)
        self.code = self.process.wait(60)
        self.seen = self.seen.decode()

    @staticmethod
    def read(leader):
        try:
            return os.read(leader, 65536)
        except OSError:  # nobody is at the other end any more
            return b""

    @property
    def frames(self):
        return re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", self.seen)


@pytest.fixture
def slow(pair):
    """Two datasets that take two seconds."""
    media = pair.folder / "media"
    media.mkdir()
    for each in (pair.source / "one", pair.source / "two", media / "three", media / "four"):
        each.write_bytes(os.urandom(1 << 19))
    pair.settings["sync"]["datasets"].append({"name": "media", "source": str(media)})
    pair.set("sync", bandwidth_limit="1MiB")
    return pair


def test_a_terminal_sees_one_line_for_all_datasets(slow):
    run = Terminal(slow, "sync")
    assert run.code == 0
    assert run.frames[:2] == ["asking the peer", "comparing app with its source"]
    far = [re.match(r"fetching (\w+) \((\d) of 2\) [█░]+ +(\d+) % · (.*) of 2.0 MiB", frame) for frame in run.frames if frame.startswith("fetching")]
    assert all(far), run.frames
    assert {each[1] for each in far} == {"app", "media"} and {each[2] for each in far} == {"1", "2"}
    percents = [int(each[3]) for each in far]
    assert percents == sorted(percents) and percents[0] < 50 and percents[-1] == 100
    assert any("/s · " in frame and frame.endswith(" left") for frame in run.frames)
    assert run.frames[-1].startswith("writing to disk")
    record = slow.history("syncs")[0]
    assert re.fullmatch(r"4 changed, 0 deleted, 2.0 MiB sent at [\d.]+ [KM]iB/s; 4 files, 2.0 MiB", record["summary"]) and record["duration_s"] > 1
    # The line is taken away, and what follows begins at its start.
    assert re.search(r"\r\x1b\[Kpoint [^\r\n]+\r\n$", run.seen) and run.seen.count("\n") == 1


def test_it_fits_a_narrow_terminal(slow):
    run = Terminal(slow, "sync", columns=33)
    assert run.code == 0 and max(len(frame) for frame in run.frames) <= 32
    assert any(frame.startswith("fetching media (2 of 2) 100 %") for frame in run.frames), run.frames


def test_who_interrupts_it_is_told_what_was_done(slow):
    first = slow.json("sync")["point"]
    for name in ("one", "two"):
        (slow.source / name).write_bytes(os.urandom(1 << 19))
    run = Terminal(slow, "sync", until=b"fetching app")
    assert run.code == 130
    told = re.search(r"\r\x1b\[Khasync: (interrupted after [\d.]+ m?s while fetching app, \d[^;]* of 1.0 MiB, from which the next run goes on; nothing is published, current stays (\S+))\r\n$", run.seen)
    assert told and told[2] == first, run.seen
    assert slow.history("syncs")[0]["summary"] == told[1] and slow.history("syncs")[0]["result"] == "interrupted"
    assert slow.current.readlink().name == first and not (slow.store / "incoming").exists()


def test_of_a_dump_it_is_told_how_much_came(pair):
    pair.set("sync", datasets=[{"name": "db", "type": "command", "run": ["sh", "-c", "head -c 300000 /dev/urandom; exec sleep 60"]}])
    run = Terminal(pair, "sync", until="dumping db · 293.0 KiB".encode())
    assert run.code == 130
    assert re.search(r"interrupted after [\d.]+ m?s while dumping db, 293.0 KiB so far; nothing is published, and there is no point yet\r\n$", run.seen), run.seen


@pytest.mark.parametrize("words,environment", [(["sync", "--no-progress"], {}), (["sync"], {"TERM": "dumb"}), (["agent", "sync"], {})],
                         ids=["not wanted", "a terminal that cannot", "an agent"])
def test_a_terminal_that_is_not_to_be_drawn_on_is_not(pair, words, environment):
    (pair.source / "f").write_text("1")
    make_due(pair)
    run = Terminal(pair, *words, **environment)
    assert run.code == 0 and "\r\x1b" not in run.seen and "fetching" not in run.seen
    assert run.seen == "" or words[0] == "sync"


def test_where_there_is_no_terminal_a_short_run_says_nothing(pair):
    (pair.source / "f").write_text("1")
    assert pair.run("sync").stderr == ""


def test_only_who_keeps_a_log_is_told_by_the_minute(pair, tmp_path):
    """rsync is asked how far it is where somebody is to be told: not by an agent under cron, which mails whatever is said."""
    path = shim(tmp_path, "rsync", f'echo "$@" >>{tmp_path}/argv; exec /usr/bin/rsync "$@"')

    def asks(*words, **environment):
        make_due(pair)
        with contextlib.closing(sqlite3.connect(pair.state / "hasync.db")) as database, database:
            database.execute("DELETE FROM sync_runs")
        (pair.source / "f").write_text(os.urandom(4).hex())
        (tmp_path / "argv").unlink(missing_ok=True)
        with open(tmp_path / "stderr", "wb") as errors:
            journal = os.fstat(errors.fileno())
            environment = {name: value.format(journal) for name, value in environment.items()}
            subprocess.run([HASYNC, *words], env=pair.environment(PATH=path, **environment), stdout=subprocess.DEVNULL, stderr=errors, check=True, timeout=60)
        assert "fetching" not in (tmp_path / "stderr").read_text()  # it took no minute
        return "--info=progress2" in (tmp_path / "argv").read_text()

    assert not asks("agent", "sync")
    assert not asks("agent", "sync", JOURNAL_STREAM="1:2")  # of a service around it, whose stderr goes elsewhere now
    assert asks("agent", "sync", JOURNAL_STREAM="{0.st_dev}:{0.st_ino}")
    assert asks("agent", "sync", "--verbose")
    assert asks("sync")
    assert not asks("sync", "--no-progress")
