"""Scheduled runs that meet a peer which does not answer for a while, over a real sshd."""
import os
import re
import signal
import sqlite3
import time

import pytest

from conftest import wait_for

MINUTE = 60_000


class Scheduled:
    """A pair over ssh with a schedule, and a peer that comes and goes."""

    def __init__(self, pair, server):
        self.pair, self.server = pair, server
        server.describe("primary", 0)
        (pair.source / "file").write_text("one")
        pair.set("sync", retry_interval="1s")
        pair.ok("status")  # the node begins

    def due(self, ago_ms=0, every_ms=7 * 24 * 60 * MINUTE):
        """A run is due since then, and the next so much later."""
        since = int(time.time() * 1000) - ago_ms
        with sqlite3.connect(self.pair.state / "hasync.db", timeout=30) as database:
            database.execute("UPDATE node SET anchor = ?, run_every = ?, applied_at = ?, scheduler = 'crontab'", (since, every_ms, since))
        database.close()

    def silence(self):
        self.server.process.kill()
        self.server.process.wait()

    def answer(self):
        self.server.__enter__()

    def agent(self):
        self.due()
        return self.pair.start("agent", "sync", "--verbose")

    def tell_people(self):
        """By mail that stays in the outbox."""
        self.pair.set("notify", email={"to": ["ops@example.com"]}, smtp={"url": "smtp://127.0.0.1:9", "tls": "none", "timeout": "1s"})

    def subjects(self):
        return [mail["subject"] for mail in self.pair.json("notify", "queue")["mails"]]

    def runs(self):
        return self.pair.history("syncs")

    def wait_for_note(self, words):
        deadline = time.monotonic() + 30
        while not any(words in run["summary"] for run in self.runs()):
            assert time.monotonic() < deadline, self.runs()
            time.sleep(0.05)


@pytest.fixture
def scheduled(ssh_pair):
    return Scheduled(*ssh_pair)


def test_a_run_waits_for_a_peer_that_does_not_answer_yet(scheduled):
    pair = scheduled.pair
    scheduled.silence()
    process = scheduled.agent()
    scheduled.wait_for_note("attempt 1 failed")
    told = pair.ok("status")
    assert re.search(r"AT IT since .* · attempt 1 failed: east \(127\.0\.0\.1\) refuses ssh connections", told), told
    scheduled.answer()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    (run,) = scheduled.runs()
    assert run["result"] == "success" and (pair.current / "app" / "file").read_text() == "one"
    noted = re.search(r"attempt 1 failed: east \(127.0.0.1\) refuses ssh connections; is sshd running there, and is peer.port right\?; again in 1 s",
                      run["summary"])
    assert noted and "sync: " + noted.group() in said


def test_a_success_after_all_says_nothing_where_nobody_watches(scheduled):
    scheduled.silence()
    scheduled.due()
    process = scheduled.pair.start("agent", "sync")
    scheduled.wait_for_note("attempt 1 failed")
    scheduled.answer()
    assert process.communicate(timeout=60) == ("", "") and process.returncode == 0


def test_a_connection_that_breaks_off_in_the_middle_is_begun_anew(scheduled):
    pair, trace = scheduled.pair, scheduled.pair.folder / "trace"
    hook = pair.folder / "hook"
    hook.write_text(f'#!/bin/sh\necho "$HASYNC_HOOK ${{HASYNC_DATASET:-run}} $HASYNC_RESULT" >>{trace}\n')
    hook.chmod(0o755)
    hooks = [{"name": "run", "run": [str(hook)]}, {"name": "app", "dataset": "app", "run": [str(hook)]}]
    pair.set("sync", bandwidth_limit="1MiB", before=hooks, after=hooks)
    (pair.source / "large").write_bytes(os.urandom(2 << 20))
    process = scheduled.agent()
    wait_for(pair.store / "incoming" / "app")
    deadline = time.monotonic() + 30
    while not any((pair.store / "incoming" / "app").glob(".large.*")):  # rsync's, while it comes in
        assert time.monotonic() < deadline
        time.sleep(0.01)
    scheduled.server.drop_connections()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    (run,) = scheduled.runs()
    assert run["result"] == "success" and re.search("attempt 1 failed: dataset app: .*; again in 1 s", run["summary"]), run
    assert (pair.current / "app" / "large").read_bytes() == (pair.source / "large").read_bytes()
    assert trace.read_text().splitlines() == ["before run ", "before app ", "after app failed", "before app ", "after app success", "after run success"]


def test_a_refused_key_is_tried_once(scheduled):
    pair = scheduled.pair
    (scheduled.server.folder / "authorized_keys").write_text("")
    process = scheduled.agent()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 4 and "refuses the ssh key" in said
    (run,) = scheduled.runs()
    assert run["result"] == "failed" and "attempt" not in run["summary"]
    assert (scheduled.server.folder / "log").read_text().count("Connection closed by authenticating user") == 1
    assert pair.json("status")["sync"]["last_result"] == "failed"


def test_an_operator_is_told_at_once(scheduled):
    pair = scheduled.pair
    pair.set("sync", retry_interval="1h")
    scheduled.silence()
    scheduled.due()
    done = pair.run("sync", timeout=60)
    assert done.returncode == 4 and "attempt" not in done.stderr


def test_the_last_attempt_is_before_the_next_run_and_people_are_told_once(scheduled):
    pair = scheduled.pair
    scheduled.tell_people()
    scheduled.silence()
    scheduled.due(ago_ms=MINUTE - 5000, every_ms=MINUTE)
    done = pair.run("agent", "sync", timeout=60)
    assert done.returncode == 4
    last = re.search(r"refuses ssh connections; .* \(the last of (\d) attempts in [\d.]+ s\)\n", done.stderr)
    assert last and 2 <= int(last.group(1)) <= 3, done.stderr
    (run,) = scheduled.runs()
    assert run["result"] == "failed" and run["summary"] in done.stderr
    assert scheduled.subjects() == ["[hasync west] SYNC FAILED: the data of east is not coming in"]


def test_no_attempt_begins_when_the_time_of_the_run_is_over(scheduled):
    scheduled.pair.set("sync", retry_interval="11s", timeout="10s")
    scheduled.silence()
    scheduled.due()
    done = scheduled.pair.run("agent", "sync")
    assert done.returncode == 4 and "attempt" not in scheduled.runs()[0]["summary"]


@pytest.mark.parametrize("what, code, result, why", [
    (["promote"], 6, "failed", "there is no other attempt: west is primary"),
    (["pause"], 4, "failed", "refuses ssh connections"),
], ids=["promote", "pause"])
def test_what_an_operator_does_meanwhile_is_not_held_up_and_ends_the_run(scheduled, what, code, result, why):
    pair = scheduled.pair
    pair.ok("sync")
    scheduled.tell_people()
    scheduled.silence()
    process = scheduled.agent()
    scheduled.wait_for_note("attempt 1 failed")
    pair.ok(*what)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    run = scheduled.runs()[0]
    assert run["result"] == result and re.search(why, run["summary"]) is not None, run
    assert ("[hasync west] SYNC FAILED: the data of east is not coming in" in scheduled.subjects()) == (what == ["pause"])


def test_a_run_that_waits_can_be_stopped(scheduled):
    scheduled.pair.set("sync", retry_interval="1h")
    scheduled.silence()
    process = scheduled.agent()
    scheduled.wait_for_note("attempt 1 failed")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    assert scheduled.runs()[0]["result"] == "interrupted"
