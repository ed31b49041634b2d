"""Datasets that are dumped at the same time: which are, and what becomes of all when one fails or somebody asks to stop."""
import os
import re
import select
import signal

import pytest

from conftest import wait_for
from servers import SshServer
from test_progress import Terminal


class Dumps:
    """A pair whose datasets are commands; their scripts have named pipes to meet at, and a file to leave a trace in."""

    def __init__(self, pair):
        self.pair = pair
        self.trace = pair.folder / "trace"
        pair.set("sync", datasets=[], timeout="60s")

    def pipe(self, name):
        os.mkfifo(self.pair.folder / name)

    def add(self, name, script):
        self.pair.settings["sync"]["datasets"].append({"name": name, "type": "command", "run": ["sh", "-c", f"cd '{self.pair.folder}'; {script}"]})
        self.pair.save()

    def add_that_meet(self, names, patience):
        """Each opens the pipe of the one before it, and its own for the one behind it; who meets nobody within so many seconds is alone."""
        for name, before, behind in zip(names, [None, *names], [*names[1:], None]):
            meet = "".join(f" timeout {patience} sh -c '{way}{pipe}' && echo {name} met {other} >>trace;"
                           for other, way, pipe in ((before, ": <", before), (behind, ": >", name)) if other)
            self.pipe(name)
            self.add(name, f"echo {name} begins >>trace;{meet} echo {name} ends | tee -a trace")

    def add_that_all_meet(self):
        """As many as can be at once; each tells every other that it is there, and none ends before it has heard from all."""
        names = [f"d{number}" for number in range(8)]
        for name in names:
            self.pipe(name)
            self.add(name, f"timeout 30 head -n 8 <>{name} >{name}.met & for each in {' '.join(names)}; do echo {name} >$each; done; wait; sort {name}.met")
        self.pair.set("sync", dumps_at_once=8)
        return names

    def hooked(self, dataset):
        self.pair.set("sync", **{when: [{"name": when, "dataset": dataset, "run": ["sh", "-c", f"echo {when} {dataset} >>{self.trace}"]}] for when in ("before", "after")})

    def traced(self):
        return self.trace.read_text().splitlines()

    def dump(self, name):
        return (self.pair.current / name / "dump").read_text()

    def runs(self, pid_file):
        """Whether the process that wrote its number there still does."""
        return os.path.exists(f"/proc/{int((self.pair.folder / pid_file).read_text())}")


@pytest.fixture
def dumps(pair):
    return Dumps(pair)


@pytest.fixture
def dumps_over_ssh(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 1)
    return Dumps(pair)


def test_two_are_dumped_at_the_same_time(dumps):
    dumps.add_that_meet(["one", "two"], patience=30)
    assert dumps.pair.json("sync")["result"] == "success"
    assert {"one met two", "two met one"} < set(dumps.traced())
    assert (dumps.dump("one"), dumps.dump("two")) == ("one ends\n", "two ends\n")


def test_as_many_as_the_settings_say_share_one_connection(dumps_over_ssh, ssh_pair):
    names = dumps_over_ssh.add_that_all_meet()
    assert dumps_over_ssh.pair.json("sync")["result"] == "success"
    assert {dumps_over_ssh.dump(name) for name in names} == {"".join(f"{name}\n" for name in names)}
    assert ssh_pair[1].logins() == 1


def test_where_the_peer_lets_fewer_share_one_the_others_make_their_own(pair, tmp_path):
    server = SshServer(tmp_path / "ssh")
    with (server.folder / "sshd_config").open("a") as config:
        config.write("MaxSessions 2\n")
    with server:
        pair.settings["peer"] = server.peer()
        server.describe("primary", 1)
        dumps = Dumps(pair)
        names = dumps.add_that_all_meet()
        assert pair.json("sync")["result"] == "success"
        assert {dumps.dump(name) for name in names} == {"".join(f"{name}\n" for name in names)}
        assert 1 < server.logins() <= 1 + len(names) - 2


def test_they_share_the_bandwidth(dumps):
    for name in ("one", "two"):
        dumps.add(name, "head -c 300000 /dev/zero")
    dumps.pair.set("sync", bandwidth_limit="400KiB/s")
    assert dumps.pair.json("sync")["result"] == "success"
    assert [len(dumps.dump(name)) for name in ("one", "two")] == [300000, 300000]
    in_the_pipes = 65536
    assert dumps.pair.history("syncs")[0]["duration_s"] >= (300000 - in_the_pipes) / (200 << 10)


def test_one_at_a_time_they_never_meet(dumps):
    dumps.add_that_meet(["one", "two", "three"], patience=1)
    dumps.pair.set("sync", dumps_at_once=1)
    assert dumps.pair.json("sync")["result"] == "success"
    assert dumps.traced() == [f"{name} {what}" for name in ("one", "two", "three") for what in ("begins", "ends")]


def test_one_with_hooks_of_its_own_is_dumped_by_itself_in_its_place(dumps):
    dumps.add_that_meet(["one", "two", "three"], patience=1)
    dumps.hooked("two")
    dumps.pair.set("sync", dumps_at_once=8)
    assert dumps.pair.json("sync")["result"] == "success"
    assert dumps.traced() == ["one begins", "one ends", "before two", "two begins", "two ends", "after two", "three begins", "three ends"]


def test_one_that_fails_ends_the_others_and_nothing_is_published(dumps):
    dumps.pipe("begun")
    dumps.add("one", "echo $$ >pid; echo >begun; exec sleep 600")
    dumps.add("two", "cat begun; [ ! -e bad ] || { echo why >&2; exit 3; }")
    dumps.add("three", "echo three >>trace; echo 3")
    (dumps.pair.folder / "bad").touch()
    assert dumps.pair.fails_to_sync() == "hasync: dataset two: sh on east failed with exit status 3: why\n"
    assert not dumps.runs("pid") and not dumps.trace.exists()
    assert [item["summary"] for item in dumps.pair.history("syncs")] == ["dataset two: sh on east failed with exit status 3: why"]
    # What was half made is in nobody's way.
    dumps.pair.settings["sync"]["datasets"][0]["run"] = ["sh", "-c", f"echo >{dumps.pair.folder}/begun; echo 1"]
    (dumps.pair.folder / "bad").unlink()
    dumps.pair.save()
    assert dumps.pair.json("sync")["result"] == "success"
    assert [dumps.dump(name) for name in ("one", "two", "three")] == ["1\n", "\n", "3\n"]


def test_what_one_that_fails_ends_is_ended_on_the_peer_too(dumps_over_ssh):
    dumps = dumps_over_ssh
    dumps.pipe("begun")
    dumps.pipe("held")
    held = os.open(dumps.pair.folder / "held", os.O_RDONLY | os.O_NONBLOCK)
    dumps.add("one", "exec 9>held; echo >begun; exec yes")
    dumps.add("two", "cat begun; exit 3")
    assert "dataset two: sh on east failed with exit status 3" in dumps.pair.fails_to_sync()
    assert select.select([held], [], [], 30)[0] and os.read(held, 1) == b""  # who had opened it is gone
    os.close(held)


@pytest.fixture
def endless(dumps):
    """Two that print something, and then wait."""
    for name in ("one", "two"):
        dumps.add(name, f"echo $$ >{name}.part; mv {name}.part {name}.pid; head -c 300000 /dev/zero; exec sleep 600")
    return dumps


def test_ctrl_c_ends_both_and_what_came_is_told(endless):
    run = Terminal(endless.pair, "sync", until="dumping one, two · 585.9 KiB".encode())
    assert run.code == 130
    assert re.search(r"interrupted after [\d.]+ m?s while dumping one, two, 585.9 KiB so far; nothing is published, and there is no point yet\r\n$", run.seen), run.seen
    assert not endless.runs("one.pid") and not endless.runs("two.pid")
    assert not (endless.pair.store / "dumps").exists() and not (endless.pair.store / "current").exists()


def test_a_request_to_stop_ends_both(endless):
    run = endless.pair.start("sync")
    for name in ("one", "two"):
        wait_for(endless.pair.folder / f"{name}.pid")
    run.send_signal(signal.SIGTERM)
    assert run.wait(60) == 130
    assert not endless.runs("one.pid") and not endless.runs("two.pid")
    assert endless.pair.history("syncs")[0]["result"] == "interrupted"


def test_a_dry_run_tells_of_each_in_the_order_of_the_settings(endless):
    endless.pair.settings["sync"]["datasets"].insert(1, {"name": "app", "source": str(endless.pair.source)})
    endless.pair.save()
    (endless.pair.source / "file").write_text("1")
    planned = endless.pair.json("sync", "--dry-run")["datasets"]
    assert [(each["name"], each["files_changed"]) for each in planned] == [("one", None), ("app", 1), ("two", None)]
    assert not (endless.pair.folder / "one.pid").exists()
