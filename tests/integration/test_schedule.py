"""What is coming, and why a moment is or is not a run."""
import datetime
import json
import sqlite3

import pytest

from test_manual import undocumented

MINUTE = 60_000


def ms(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def text(at):
    return datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Past:
    """A schedule in force since yesterday, every 15 minutes, and whatever is recorded of it."""

    def __init__(self, pair):
        self.pair = pair
        pair.ok("status")
        pair.ok("agent", "heartbeat")  # starts the store
        self.now = ms(datetime.datetime.now(datetime.timezone.utc).isoformat())
        self.anchor = (self.now // (15 * MINUTE) - 96) * 15 * MINUTE
        self.do("DELETE FROM attempts")
        self.apply(self.anchor, 15 * MINUTE, self.anchor - MINUTE)

    def do(self, sql, *values):
        with sqlite3.connect(self.pair.state / "hasync.db") as database:
            database.execute(sql, values)

    def apply(self, anchor, every, applied_at):
        self.do("UPDATE node SET anchor = ?, run_every = ?, applied_at = ?, scheduler = 'crontab'", anchor, every, applied_at)

    def ran(self, number, result="success", after=1000, length=14_000, note=""):
        at = self.due(number) + after
        self.do("INSERT INTO sync_runs (started, finished, trigger, result, note) VALUES (?, ?, 'schedule', ?, ?)", at, at + length, result, note)

    def due(self, number):
        return self.anchor + number * 15 * MINUTE

    def explain(self, number):
        told = self.pair.json("schedule", "explain", text(self.due(number)))
        assert (told["is_run"], told["number"]) == (True, number)
        return told["fate"], told["record"]

    def lines(self, number):
        return self.pair.ok("schedule", "explain", text(self.due(number))).splitlines()


@pytest.fixture
def past(pair):
    return Past(pair)


def test_a_moment_is_placed_on_the_grid(past):
    anchor, third = text(past.anchor), text(past.due(3))
    assert past.lines(3)[0] == f"{third} is a run: the 3rd after the anchor {anchor}, every 15 min (anchor + 3 × 15 min)"
    assert past.lines(0)[0] == f"{anchor} is a run: the anchor itself, from which every 15 min is counted"
    told = past.pair.json("schedule", "explain", text(past.due(3) + 5 * MINUTE))
    assert (told["is_run"], told["number"], told["before"], told["after"], told["fate"]) == (False, None, third, text(past.due(4)), None)
    assert told["why"] == f"no run: 5 min after the run at {third}, 10 min before the one at {text(past.due(4))}"
    told = past.pair.json("schedule", "explain", text(past.anchor - 90 * 1000))
    assert told["why"] == f"no run: it is 1 min 30 s before the first run, the anchor {anchor}" and told["before"] is None


def test_what_became_of_a_run_is_told_as_far_as_it_is_recorded(past):
    past.ran(10)
    past.ran(11, result="skipped", length=0, note="a sync run (pid 7) holds the lock")
    past.ran(12, result="failed", after=90_000, note="ssh: no route to host")
    past.do("INSERT INTO attempts (at, alive, duration, failures, uptime, boot, evidence) VALUES (?, 1, 3, 0, 5, 'b', 'web 3 ms')", past.due(14) + 1)
    past.ran(20)
    run = f"sync run 1 (schedule) started at {text(past.due(10) + 1000)}, 1 s later: success, took 14 s"
    assert past.explain(10) == ("ran", run)
    assert past.explain(11) == ("skipped", "skipped: a sync run (pid 7) holds the lock")
    assert past.explain(12)[0] == "ran" and past.explain(12)[1].endswith("1 min 30 s later: failed, took 14 s; ssh: no route to host")
    made_good = f"sync run 4 (schedule) made good for it at {text(past.due(20) + 1000)}, "
    assert past.explain(13)[0] == "missed"
    assert past.explain(13)[1].startswith(f"no run started: nothing is recorded of that time: this node, or its scheduler, was down; {made_good}1 h 45 min later")
    assert past.explain(14)[1].startswith("no run started: no run is recorded, though heartbeats are")
    assert past.explain(21)[1].endswith("none has made good for it yet")
    assert past.lines(10) == [past.lines(10)[0], f"  {run}", f"  the next run after it is {text(past.due(11))}"]
    told = past.pair.json("schedule", "explain", text(past.due(10)))
    assert told["run"] == {"id": 1, "trigger": "schedule", "started": text(past.due(10) + 1000), "duration_s": 14.0, "result": "success", "note": ""}


def test_a_run_that_was_held_back_says_by_what(past):
    event = "INSERT INTO events (at, kind, summary) VALUES (?, ?, ?)"
    past.do(event, past.due(10) - MINUTE, "paused", "automatic action not paused → until hasync resume (new disks)")
    past.do(event, past.due(12) + MINUTE, "resumed", "automatic action until hasync resume → not paused")
    past.do(event, past.due(20), "paused", f"automatic action not paused → until {text(past.due(22))}")
    past.do("INSERT INTO failovers (at, finished, kind, trigger, result, term, guards, forced) VALUES (?, ?, 'promotion', 'operator', 'done', 1, '', '')",
            past.due(30) - MINUTE, past.due(30) + MINUTE)
    past.do("INSERT INTO failovers (at, finished, kind, trigger, result, term, guards, forced) VALUES (?, ?, 'demotion', 'operator', 'done', 2, '', '')",
            past.due(35) - MINUTE, past.due(35))
    paused = f"no run started: this node was paused since {text(past.due(10) - MINUTE)}; "
    assert [past.explain(number)[1].startswith(paused) for number in (9, 10, 12, 13)] == [False, True, True, False]
    paused = f"no run started: this node was paused since {text(past.due(20))}, until {text(past.due(22))}; "
    assert [past.explain(number)[1].startswith(paused) for number in (19, 20, 21, 22)] == [False, True, True, False]
    assert past.explain(30)[1].startswith(f"no run started: this node was in a promotion since {text(past.due(30) - MINUTE)} (failover 1)")
    primary = f"no run started: this node was primary, which pulls from nobody, until {text(past.due(35))}; "
    assert [past.explain(number)[1].startswith(primary) for number in (29, 31, 34, 35)] == [False, True, True, False]


def test_what_is_to_come_says_what_stands_in_its_way(past):
    assert past.explain(110) == ("coming", "")
    past.ran(96, after=0)
    past.pair.ok("pause", "--for", "12h")
    fate, record = past.explain(110)
    assert fate == "coming" and record.startswith("as things stand no run will start: this node is paused since ")
    assert past.explain(200) == ("coming", "")  # the pause is over by then
    past.pair.ok("resume")
    (past.pair.source / "f").write_text("1")
    past.pair.ok("sync")
    past.pair.ok("promote")
    assert past.explain(200)[1].startswith("as things stand no run will start: this node is primary, which pulls from nobody, since ")


def test_a_run_of_now_is_due_until_the_agent_has_run(past):
    (past.pair.source / "f").write_text("1")
    past.anchor = past.now // (7 * 24 * 60 * MINUTE) * 7 * 24 * 60 * MINUTE
    past.apply(past.anchor, 7 * 24 * 60 * MINUTE, past.anchor)
    fate, record = past.explain(0)
    assert fate == "due" and record.startswith("it is due now, and no run has started yet")
    past.pair.ok("agent", "sync")
    fate, record = past.explain(0)
    assert fate == "ran" and record.startswith("sync run 1 (schedule) started at ") and ": success, took " in record


def test_what_was_before_the_schedule_or_is_forgotten_is_said_to_be(past):
    past.do("UPDATE node SET applied_at = ?", past.due(5) + 1)
    assert past.explain(5) == ("not applied", f"this schedule was put into force later, at {text(past.due(5))}")
    assert past.explain(6)[0] == "missed"
    past.anchor -= 100 * 24 * 60 * MINUTE
    past.apply(past.anchor, 15 * MINUTE, past.anchor)
    assert past.explain(5) == ("forgotten", "what became of it is forgotten: history is kept for 90 d")


def test_before_and_after_a_change_are_shown_with_what_differs(past):
    pair = past.pair
    plain = pair.json("schedule", "--count", 3)
    assert plain["after_apply"] is None and plain["applied"] is True
    assert plain["next"] == [text(past.due(number)) for number in (97, 98, 99)] or plain["next"] == [text(past.due(number)) for number in (98, 99, 100)]
    pair.set("sync", run_every="45m")
    told = pair.json("schedule")
    assert told["every_s"] == 900.0 and told["after_apply"]["every_s"] == 2700.0 and told["after_apply"]["why"] == ["run_every is 45 min, in force is 15 min"]
    assert "  the settings say otherwise: run_every is 45 min, in force is 15 min\n" in pair.ok("schedule")
    coming = pair.json("schedule", "explain", text(past.due(400)))["after_apply"]
    assert coming["why"] == told["after_apply"]["why"] and coming["anchor"] == told["after_apply"]["anchor"]
    lines = past.lines(400)
    assert lines[-2] == "the settings say otherwise: run_every is 45 min, in force is 15 min" and lines[-1].startswith("  after hasync apply it would be ")
    assert past.lines(3)[-1] == lines[-2]


def test_all_that_explain_says_is_in_the_manual_page(past):
    past.ran(10)
    past.pair.set("sync", run_every="45m")
    told = past.pair.json("schedule", "explain", text(past.due(10)))
    assert told["run"] and told["after_apply"] and undocumented(told) == []
    assert undocumented(past.pair.json("schedule")) == []


def test_the_list_begins_where_it_is_asked_to(past):
    pair = past.pair
    first = text(past.due(1000))
    assert pair.json("schedule", "--from", first, "--count", 2)["next"] == [first, text(past.due(1001))]
    assert pair.json("schedule", "--from", first.replace("Z", ".001Z"), "--count", 1)["next"] == [text(past.due(1001))]
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    told = pair.json("schedule", "--from", "23:59", "--count", 1)["next"]
    assert today < told[0][:10] or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d") != today
    last = pair.json("schedule", "--from", "9999-12-31T23:40:00Z")["next"]
    assert len(last) == 1 and last[0].startswith("9999-12-31T23:")
    assert "no run that a date can be written for" in pair.ok("schedule", "--from", "9999-12-31T23:59:59Z")


def test_each_moment_has_the_local_time_of_its_own(past):
    berlin = {"env": {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}}
    past.anchor = ms("2026-01-01T00:00:00Z")
    past.apply(past.anchor, 30 * MINUTE, past.anchor)
    assert past.pair.ok("schedule", "--from", "2027-03-28T00:30:00Z", "--count", 2, **berlin).splitlines()[1:4] == [
        "  Sun 28 Mar 00:30 UTC (01:30 CET)", "  (the clock here goes forward 1 h, from CET to CEST)", "  Sun 28 Mar 01:00 UTC (03:00 CEST)"]
    assert past.pair.ok("schedule", "--from", "2027-10-31T00:30:00Z", "--count", 2, **berlin).splitlines()[1:4] == [
        "  Sun 31 Oct 00:30 UTC (02:30 CEST)", "  (the clock here goes back 1 h, from CEST to CET)", "  Sun 31 Oct 01:00 UTC (02:00 CET)"]
    assert past.pair.ok("schedule", "--from", "2027-12-31T23:30:00Z", "--count", 1, **berlin).splitlines()[1] == "  Fri 31 Dec 23:30 UTC (Sat 1 Jan 00:30 CET)"
    assert past.pair.ok("schedule", "explain", "2027-03-28T00:50:00Z", **berlin).splitlines()[0] == (
        "2027-03-28T00:50:00Z (01:50 CET) is no run: 20 min after the run at 2027-03-28T00:30:00Z (01:30 CET), "
        "10 min before the one at 2027-03-28T01:00:00Z (03:00 CEST)")


@pytest.mark.parametrize("words,told", [
    (["explain", "2026-11-24"], '"2026-11-24" is neither a time of today, as 02:45, nor a moment, as 2026-11-24T02:45:00Z; both UTC'),
    (["--from", "now"], '"now" is neither a time of today, as 02:45, nor a moment, as 2026-11-24T02:45:00Z; both UTC'),
    (["explain", "2026-11-24T02:45:00+01:00"],
     '"2026-11-24T02:45:00+01:00" is not a UTC time: it must end in Z, other offsets are not accepted (write 2026-11-24T02:00:00Z)'),
    (["explain", "2027-02-29T00:00:00Z"], '"2027-02-29T00:00:00Z" is not a UTC time: there is no such time (write 2026-11-24T02:00:00Z)'),
    (["explain", "10000-01-01T00:00:00Z"], '"10000-01-01T00:00:00Z" is not a UTC time: the form is wrong (write 2026-11-24T02:00:00Z)'),
    (["--count", "3", "explain", "02:45"], "--from and --count list runs; hasync schedule explain takes one TIME"),
])
def test_a_bad_time_is_refused(pair, words, told):
    refused = pair.run("schedule", *words)
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", f"hasync: {told}\n")


def test_an_anchor_that_no_date_says_is_refused(pair):
    for start, told in (("10000-01-01T00:00:00Z", "the form is wrong"), ("2026-02-30T00:00:00Z", "there is no such time"), ("2026-11-24T02:00:30Z", "is not a whole minute")):
        pair.set("sync", start_time=start)
        refused = pair.run("schedule")
        assert refused.returncode == 3 and told in refused.stderr
    for start in ("0000-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:00Z"):
        pair.set("sync", start_time=start)
        told = json.loads(pair.ok("schedule", "--json"))
        assert told["anchor"] == start
    assert told["next"] == ["9999-12-31T23:59:00Z"]
