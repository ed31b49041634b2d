"""Hooks: what this server runs before and after a sync, and before and after each dataset of it."""
import fcntl
import json
import signal
import sqlite3
import time

import pytest

from conftest import shim, slow_rsync, wait_for

FACTS = ("HOOK", "NODE", "PEER", "RUN", "TRIGGER", "DATASET", "STORE", "POINT", "RESULT", "MESSAGE")


class Hooked:
    """A pair with the datasets app, a folder, and db, a dump, and hooks that leave a trace."""

    def __init__(self, pair):
        self.pair = pair
        self.trace = pair.folder / "trace"
        (pair.source / "file").write_text("one")
        self.dump = pair.folder / "dump"
        self.dump.write_text("a dump")
        pair.settings["sync"]["datasets"].append({"name": "db", "type": "command", "run": ["cat", str(self.dump)]})
        hooks = [("run", None), ("app", "app"), ("db", "db")]
        pair.set("sync", **{when: [self.hook(f"{when} {name}", **({"dataset": dataset} if dataset else {})) for name, dataset in hooks]
                            for when in ("before", "after")})

    def hook(self, name, body="", **more):
        told = "|".join(f"$HASYNC_{fact}" for fact in FACTS)
        script = self.pair.folder / f"{name.replace(' ', '-')}.sh"
        script.write_text(f'#!/bin/sh\necho "{name}|{told}" >>{self.trace}\n{body}\n')
        script.chmod(0o755)
        return {"name": name, "run": [str(script)], **more}

    def set(self, name, body, **more):
        """What that hook does besides."""
        for when in ("before", "after"):
            for hook in self.pair.settings["sync"][when]:
                if hook["name"] == name:
                    hook.update(self.hook(name, body, **more))
        self.pair.save()

    def ran(self):
        """What was run since this was last asked for: name, and what it was told."""
        lines = self.trace.read_text().splitlines() if self.trace.exists() else []
        self.trace.unlink(missing_ok=True)
        return [(name, dict(zip(FACTS, told))) for name, *told in (line.split("|") for line in lines)]

    def results(self):
        return [(name, told["RESULT"]) for name, told in self.ran() if name.startswith("after")]


@pytest.fixture
def hooked(pair):
    return Hooked(pair)


def test_hooks_are_run_around_the_run_and_around_each_dataset_and_are_told_of_it(hooked):
    point = hooked.pair.json("sync")["point"]
    ran = hooked.ran()
    assert [name for name, _ in ran] == ["before run", "before app", "before db", "after db", "after app", "after run"]
    for name, told in ran:
        when, level = name.split()
        assert (told["HOOK"], told["NODE"], told["PEER"], told["RUN"], told["TRIGGER"]) == (when, "west", "east", "1", "operator")
        assert (told["STORE"], told["POINT"]) == (str(hooked.pair.store), point)
        assert (told["DATASET"], told["MESSAGE"]) == ("" if level == "run" else level, "")
        assert told["RESULT"] == ("" if when == "before" else "success")


def test_a_dataset_is_looked_at_after_its_hook_before_and_not_after_its_hook_after(hooked):
    """As those need it that mount what is pulled, or stop who writes."""
    source, aside = hooked.pair.source, hooked.pair.folder / "aside"
    source.rename(aside)
    source.mkdir()
    hooked.set("before app", f"rmdir {source} && mv {aside} {source}", dataset="app")
    hooked.set("after app", f"mv {source} {aside} && mkdir {source}", dataset="app")
    hooked.set("before db", f"echo fresh >{hooked.dump}", dataset="db")
    hooked.set("after db", f": >{hooked.dump}", dataset="db")
    assert hooked.pair.json("sync")["result"] == "success"
    assert (hooked.pair.current / "app" / "file").read_text() == "one"
    assert (hooked.pair.current / "db" / "dump").read_text() == "fresh\n"
    assert not (source / "file").exists() and hooked.dump.read_text() == ""
    assert hooked.pair.json("sync")["result"] == "unchanged"


def test_the_run_is_published_and_recorded_and_nothing_is_locked_for_a_promotion_when_its_hooks_after_are_run(hooked):
    pair = hooked.pair
    hooked.set("after run", f"readlink {pair.current}; cp {pair.state}/hasync.db* {pair.folder}; "
               f"flock --nonblock {pair.state}/role.lock true && ! flock --nonblock {pair.store}/lock true")
    assert (pair.state / "role.lock").exists() or pair.ok("sync")
    hooked.pair.source.joinpath("file").write_text("another")
    told = pair.json("sync")
    assert (told["result"], told["note"]) == ("success", "")
    with sqlite3.connect(pair.folder / "hasync.db") as copy:
        assert copy.execute("SELECT result, point FROM sync_runs ORDER BY id DESC LIMIT 1").fetchone() == ("success", told["point"])


def test_what_is_unchanged_held_or_failed_is_told(hooked):
    pair = hooked.pair
    pair.ok("sync")
    hooked.ran()
    pair.ok("sync")
    assert hooked.results() == [("after db", "unchanged"), ("after app", "unchanged"), ("after run", "unchanged")]

    (pair.source / "file").unlink()
    hooked.dump.write_text("another")
    for _ in range(2):  # the second finds the point held already
        assert pair.run("sync").returncode == 6
        ran = hooked.ran()
        assert [(name, told["RESULT"]) for name, told in ran[3:]] == [("after db", "success"), ("after app", "held"), ("after run", "held")]
        assert "holds no file" in ran[4][1]["MESSAGE"] and "is held: " in ran[5][1]["MESSAGE"]

    hooked.dump.unlink()
    pair.fails_to_sync()
    ran = hooked.ran()
    assert [name for name, _ in ran] == ["before run", "before app", "before db", "after app", "after db", "after run"]
    assert {(told["RESULT"], told["POINT"]) for _, told in ran[3:]} == {("failed", "")}
    assert all("dataset db: cat on east failed with exit status 1" in told["MESSAGE"] for _, told in ran[3:])


@pytest.mark.parametrize("failing, ran", [
    ("before run", ["before run", "after run"]),
    ("before app", ["before run", "before app", "after app", "after run"]),
    ("before db", ["before run", "before app", "before db", "after app", "after db", "after run"]),
])
def test_one_before_that_fails_fails_the_run_and_those_after_what_has_begun_follow(hooked, failing, ran):
    level = failing.split()[1]
    hooked.set(failing, "echo much; echo no such volume >&2; exit 3", **({} if level == "run" else {"dataset": level}))
    told = hooked.pair.fails_to_sync()
    assert f'the hook "{failing}" (sync.before) failed: ' in told and told.endswith(": exit status 3: no such volume\n")
    steps = hooked.ran()
    assert [name for name, _ in steps] == ran
    assert all(told["RESULT"] == "failed" and "no such volume" in told["MESSAGE"] for name, told in steps if name.startswith("after"))
    assert hooked.pair.history("syncs")[0]["summary"] == told.removeprefix("hasync: ").strip()


def test_nothing_is_asked_of_the_peer_when_a_hook_before_the_run_fails(hooked):
    hooked.set("before run", "exit 1")
    path = shim(hooked.pair.folder, "rsync", f": >{hooked.pair.folder}/asked")
    hooked.pair.fails_to_sync(env={"PATH": path})
    assert not (hooked.pair.folder / "asked").exists()


def test_one_that_cannot_be_started_or_takes_too_long_has_failed(hooked):
    hooked.pair.settings["sync"]["before"] = [{"name": "gone", "run": ["/no/such/program"]}, {"name": "a folder", "run": ["/usr"]},
                                              {"name": "nowhere", "run": ["no-such-program"]}, {"name": "found", "run": ["true"]}]
    hooked.pair.save()
    assert '"gone" (sync.before) failed: cannot start /no/such/program: No such file or directory' in hooked.pair.fails_to_sync()
    checked = {name: each["verdict"] for name, each in hooked.pair.checked().items()}
    assert [checked[f"hook before: {name}"] for name in ("gone", "a folder", "nowhere", "found")] == ["bad", "bad", "bad", "good"]
    assert checked["hook after: after app"] == "good"
    assert "sync.before.gone.run: /no/such/program: No such file or directory" in hooked.pair.run("config", "check").stderr

    # It ignores TERM, prints without end and leaves a child that holds the pipe.
    hooked.pair.settings["sync"]["before"] = [hooked.hook("stubborn", "trap '' TERM; sleep 99 & yes", timeout="1s")]
    hooked.pair.save()
    assert "no end after " in hooked.pair.fails_to_sync()


def test_one_after_that_fails_leaves_the_result_and_is_told(town):
    pair = town.pair
    pair.set("sync", after=[{"name": "thaw", "dataset": "app", "run": ["sh", "-c", "echo still frozen >&2; exit 1"]},
                            {"name": "ping", "run": ["/no/such/ping"]}])
    for run in range(2):
        (pair.source / "f").write_text(f"data {run}")
        done = pair.run("sync", "--json")
        told = json.loads(done.stdout)
        assert (done.returncode, told["result"]) == (0, "success")
        complaints = done.stderr.splitlines()
        assert [line.split(" failed: ")[0] for line in complaints] == ['hasync: warning: the hook "thaw" (sync.after)',
                                                                      'hasync: warning: the hook "ping" (sync.after)']
        assert "exit status 1: still frozen" in complaints[0] and "cannot start /no/such/ping" in complaints[1]
        note = pair.history("syncs")[0]["summary"]
        assert note.endswith(told["note"]) and "still frozen; the hook \"ping\" (sync.after) failed: cannot start" in note
    # Once a day.
    assert [subject for subject in town.subjects() if "HOOK" in subject] == ["[hasync west] HOOK FAILED after a sync"]
    assert [item["result"] for item in pair.history("events")] == ["hook failed"]


def test_the_refusals_that_come_first_run_no_hook(hooked):
    pair = hooked.pair
    pair.ok("sync")
    hooked.ran()
    with open(pair.store / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert pair.run("sync").returncode == 5
    pair.ok("promote")
    assert pair.run("sync").returncode == 6
    assert hooked.ran() == []


def test_a_dry_run_lists_them_and_runs_none(hooked):
    told = hooked.pair.ok("sync", "--dry-run")
    assert [line for line in told.splitlines() if line.startswith("hook ")] == [
        "hook before the run: before run", "hook before app: before app", "hook before db: before db",
        "hook after the run: after run", "hook after app: after app", "hook after db: after db"]
    hooks = hooked.pair.json("sync", "--dry-run")["hooks"]
    assert (hooks[0]["when"], hooks[0]["dataset"], hooks[4]["when"], hooks[4]["dataset"]) == ("before", None, "after", "app")
    assert hooks[0]["argv"] == hooked.pair.settings["sync"]["before"][0]["run"]
    assert not hooked.trace.exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_runs_those_after_to_their_end(hooked, stop):
    """The signal goes to hasync alone, as systemd sends it; what it started has a group of its own on a terminal, too."""
    pair = hooked.pair
    hooked.set("after app", "sleep 0.5; echo done >>" + str(pair.folder / "slow"), dataset="app")
    path, begun, _ = slow_rsync(pair.folder)
    process = pair.start("sync", env={"PATH": path})
    wait_for(begun)
    process.send_signal(stop)
    assert process.wait(30) == 130
    assert hooked.results() == [("after db", "success"), ("after app", "interrupted"), ("after run", "interrupted")]
    assert (pair.folder / "slow").exists()
    assert pair.history("syncs")[0]["result"] == "interrupted"


def test_a_hook_before_is_ended_by_a_request_to_stop(hooked):
    hooked.set("before app", f": >{hooked.pair.folder}/begun; sleep 99", dataset="app")
    process = hooked.pair.start("sync")
    wait_for(hooked.pair.folder / "begun")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    assert hooked.results() == [("after app", "interrupted"), ("after run", "interrupted")]


def test_what_a_hook_leaves_running_keeps_no_lock_and_holds_nothing_up(hooked):
    pair, go = hooked.pair, hooked.pair.folder / "go"
    left = f"( : >{pair.folder}/left; while [ ! -e {go} ]; do sleep 0.05; done ) &"
    hooked.set("before run", left)
    hooked.set("after app", left, dataset="app")
    began = time.monotonic()
    try:
        for _ in range(2):
            pair.ok("sync")
            assert (pair.folder / "left").exists()
        assert time.monotonic() - began < 60
    finally:
        go.touch()


def test_hooks_are_edited_like_every_other_list(hooked):
    pair = hooked.pair
    pair.ok("hook", "add", "after", "ping", "--dataset", "db", "--timeout", "5s", "--", "true", "--all")
    assert pair.json("config", "show", "--json")  # it reads
    assert pair.ok("config", "get", "sync.after.ping.run").strip() == '["true", "--all"]'
    assert pair.ok("config", "get", "sync.before.before app.dataset").strip() == "app"
    pair.ok("hook", "remove", "after", "ping")
    refused = pair.run("dataset", "remove", "db")
    assert refused.returncode == 3 and "sync.before.before db.dataset: there is no dataset db" in refused.stderr
