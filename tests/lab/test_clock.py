"""The clock of one host is an hour off, or jumps while east does not answer. No outage is made of it, and none is missed; who looks is
told. West's clock was ahead during a sync: the points and runs of that hour are no reason to forget or to hide what came later."""
import contextlib
import re
import time

import pytest

from lab import ALLOWANCE_S, Customers, eventually, moment

HOUR = 3600
FAILURES = 3
OFF = [("east", HOUR, "ahead of"), ("east", -HOUR, "behind"), ("west", HOUR, "behind"), ("west", -HOUR, "ahead of")]
JUMPS = [HOUR, -HOUR]


@contextlib.contextmanager
def clock_of(host, seconds):
    host.lab.fault("clock", host.name, seconds)
    try:
        yield
    finally:
        host.lab.fault("clock", host.name, 0)


@pytest.fixture(scope="module", autouse=True)
def pair(lab):
    lab.fault("clock", "west", 0)
    lab.fault("clock", "east", 0)
    lab.west.hasync("sync")
    lab.west.beat_every_second(FAILURES, failover__action="promote")
    # An attempt fails because it is told to, never because this machine is busy; and there is time for a jump between two.
    lab.west.set(heartbeat__timeout="5s", heartbeat__recheck_interval="3s")


def attempts(west, result):
    return {each["at"] for each in west.history("heartbeats") if each["result"] == result}


def guard(west, name):
    return {each["name"]: each for each in west.json("why")["guards"]}[name]


def newest_episode(west):
    episodes = [item for item in west.json("history", "--limit", 1000)["items"] if item["kind"] == "heartbeat"]
    return max(episodes, key=lambda episode: int(episode["details"]["id"]))


def writes(east, note):
    east.run("sh", "-c", 'echo "$0" >/var/lib/app/note', note)


def points(west):
    """Newest first."""
    return [point["id"] for point in west.json("points", "list")["points"]]


def current(west):
    return west.tell("readlink", "/srv/hasync/current").strip().rpartition("/")[2]


@pytest.mark.parametrize("name, seconds, told", OFF)
def test_a_clock_that_is_an_hour_off_is_told_and_changes_nothing(lab, west, name, seconds, told):
    subjects, failed = lab.subjects(), attempts(west, "failed")
    with clock_of(getattr(lab, name), seconds):
        alive = attempts(west, "alive")
        peer, = (each for each in west.json("check")["checks"] if each["name"] == "peer")
        assert peer["verdict"] == "warning"
        assert re.fullmatch(f"the clock of east is (1 h|59 min 5. s) {told} ours; set up NTP on both", peer["evidence"])
        west.hasync("sync")
        assert 0 <= west.status()["data_age_s"] < 60 and guard(west, "data-age")["verdict"] == "pass"
        eventually("west has heard east three times", lambda: len(attempts(west, "alive") - alive) >= 3)
    assert attempts(west, "failed") == failed
    assert west.history("failovers") == [] and west.role() == "secondary"
    assert lab.subjects() == subjects


def test_who_only_looks_at_the_status_learns_of_it(east, west):
    with clock_of(east, HOUR):
        west.hasync("sync")
        assert re.search("the clock of east is (1 h|59 min 5. s) ahead of ours", west.tell("hasync", "status"))


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_jump_between_two_failed_attempts_makes_no_outage_of_them(lab, west, seconds):
    west.hasync("sync")
    subjects, before = lab.subjects(), attempts(west, "failed")
    lab.fault("errors", "east", FAILURES - 1)
    eventually("the first attempt fails", lambda: attempts(west, "failed") - before)
    with clock_of(west, seconds):
        eventually("it is over", lambda: newest_episode(west)["result"] == "outage over")
        failed = sorted(map(moment, ({"at": at} for at in attempts(west, "failed") - before)))
        assert len(failed) == FAILURES - 1 and (failed[1] - failed[0]).total_seconds() > HOUR - 60
        assert newest_episode(west)["summary"] == "2 failed attempts: web HTTP 500, expected 200"
    assert west.history("failovers") == [] and west.role() == "secondary"
    assert lab.subjects() == subjects


@pytest.fixture
def stands_by(west):
    west.set(failover__action="standby")
    yield
    west.set(failover__action="promote")


@pytest.mark.parametrize("seconds", JUMPS)
def test_an_outage_is_detected_in_time_whatever_the_clock_does(lab, west, stands_by, seconds):
    west.hasync("sync")
    before, decided, told = attempts(west, "failed"), len(west.history("failovers")), len(lab.mails())
    lab.fault("errors", "east", FAILURES)
    began = time.monotonic()
    eventually("the first attempt fails", lambda: attempts(west, "failed") - before)
    with clock_of(west, seconds):
        eventually("it is detected", lambda: len(west.history("failovers")) > decided)
        assert time.monotonic() - began <= west.status()["heartbeat"]["detection_bound_s"] + ALLOWANCE_S
        eventually("both are told", lambda: len(lab.mails()) == told + 2)
    assert lab.subjects()[told:] == ["[hasync west] east IS GONE: west stays in standby", "[hasync west] east answers again"]
    assert len(attempts(west, "failed") - before) == FAILURES
    assert west.role() == "secondary"


@pytest.fixture(scope="module")
def ahead(lab):
    """The point that was made while west's clock was an hour ahead; then it is right again."""
    with clock_of(lab.west, HOUR):
        writes(lab.east, "ahead")
        lab.west.hasync("sync")
        return current(lab.west)


def test_right_again_west_does_not_trust_the_age_of_a_point_of_the_future_and_says_why(ahead, west):
    assert current(west) == ahead
    assert guard(west, "data-age")["verdict"] == "unknown"
    assert guard(west, "data-age")["evidence"].endswith("this node's clock was set back, limit 1 h")
    assert west.status()["failover"]["blocking"] == ["data-age"]


def test_a_held_point_is_told_with_its_reason(ahead, lab, west):
    with lab.broken("unmount", "east", until="mount"):
        assert west.hasync("sync", check=False).returncode == 6
        assert "holds no file" in west.tell("hasync", "status")
    held, = eventually("it is told", lambda: lab.mails("POINT HELD"))
    assert "holds no file" in held.text


def test_what_it_tells_of_the_age_of_the_data_is_no_negative_number(ahead, lab):
    held, = lab.mails("POINT HELD")
    assert not re.search(r"-\d+ (h|min|s)\b", held.text), held.text


def test_the_next_sync_is_the_newest_and_current(ahead, lab, east, west):
    writes(east, "right again")
    west.hasync("sync")
    assert current(west) < ahead
    assert west.tell("cat", "/srv/hasync/current/app/note") == "right again\n"
    assert west.json("why")["would_promote"] and 0 <= west.status()["data_age_s"] < 60
    assert len(eventually("it is told", lambda: lab.mails("sync works again"))) == 1


def test_and_is_listed_first(ahead, west):
    assert points(west)[0] == current(west)


def test_and_is_the_last_success_that_status_tells(ahead, west):
    newest = max(west.history("syncs"), key=lambda run: int(run["details"]["id"]))
    assert west.status()["sync"]["last_success"] == newest["at"]


def test_the_oldest_points_are_pruned_not_those_with_the_lowest_names(ahead, east, west):
    made = [current(west)]
    for note in ("second", "third"):
        time.sleep(1)  # a name of its own, in whole seconds
        writes(east, note)
        west.hasync("sync")
        made.append(current(west))
    assert sorted(points(west)) == sorted(made)


def by_schedule(west):
    return len([run for run in west.history("syncs") if run["details"]["trigger"] == "schedule"])


@pytest.fixture
def apply_schedule(west):
    """Nothing is started by it: what a scheduler does is done by this test alone."""
    def apply(run_every):
        west.set(sync__start_time="2026-01-01T00:00:00Z", sync__run_every=run_every)
        west.run("systemctl", "stop", "hasync-sync.timer")
    yield apply
    west.sync_by_hand_only()


def test_a_run_of_the_future_makes_one_run_due_not_one_with_every_tick(ahead, west, apply_schedule):
    before = by_schedule(west)
    with clock_of(west, -HOUR):
        apply_schedule("7m")
    with clock_of(west, HOUR):
        west.hasync("sync")
    west.hasync("agent", "sync")
    west.hasync("agent", "sync")
    assert by_schedule(west) == before + 1


def test_a_schedule_that_was_applied_while_the_clock_was_ahead_is_kept_when_it_is_right(ahead, west, apply_schedule):
    before = by_schedule(west)
    with clock_of(west, HOUR):
        apply_schedule("1m")
    with clock_of(west, 120):
        west.hasync("agent", "sync")
    assert by_schedule(west) == before + 1


@pytest.fixture(scope="module")
def jumped(lab):
    """An outage right after west's clock went two hours forward."""
    lab.west.hasync("sync")
    decided = len(lab.west.history("failovers"))
    with clock_of(lab.west, 2 * HOUR):
        lab.fault("errors", "east", FAILURES)
        eventually("west has decided", lambda: len(lab.west.history("failovers")) > decided)
        refused = max(lab.west.history("failovers"), key=lambda item: int(item["details"]["id"]))
        eventually("east answers again", lambda: newest_episode(lab.west)["result"] == "outage over")
        return refused


def test_data_that_seems_too_old_after_a_jump_is_not_promoted_and_people_are_told(jumped, lab, west):
    assert (jumped["kind"], jumped["result"]) == ("standby", "refused")
    assert jumped["summary"].startswith("data-age: 2 h old, limit 1 h")
    refused, = eventually("it is told", lambda: lab.mails("promotion REFUSED"))
    assert "data-age: 2 h old, limit 1 h" in refused.text
    assert west.role() == "secondary"
    assert west.json("why")["would_promote"]


def test_with_its_clock_an_hour_behind_west_takes_over_in_time(lab, east, west):
    west.set(heartbeat__timeout="2s")
    with clock_of(west, -HOUR), Customers(east) as customers:
        acknowledged = customers.notes_of_at_least(20)
        eventually("the dump has them", lambda: east.has_dumped(max(acknowledged)))
        west.hasync("sync")
        bound = west.status()["heartbeat"]["detection_bound_s"]
        lab.fault("power-cut", "east")
        began = time.monotonic()
        eventually("west is primary", lambda: west.role() == "primary")
        assert time.monotonic() - began <= bound + ALLOWANCE_S
        eventually("west serves", west.serves)
        assert acknowledged.items() <= west.notes().items()
    assert lab.subjects("PROMOTED") == ["[hasync west] PROMOTED: west is now primary (term 1)"]
