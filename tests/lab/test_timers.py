"""Every 7 minutes, which no calendar can say: the scheduler ticks each minute, and the agent decides. West was off while two of these
moments passed, and makes good once; then it keeps to the grid, and what a long run was in the way of is recorded."""
import os
import time
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import pytest

from lab import ALLOWANCE_S, Lab, eventually, moment

MINUTE = timedelta(minutes=1)
START_S = 2  # the accuracy of the timers, and of cron
AHEAD = 15 * MINUTE  # how long west seems to have been off: its clock, seen from ours
APPLIED_BY_S = 48
RATE_KIB = 64
OUTLASTS_S = 72  # from one minute to well behind the next one


def now():
    return datetime.now(timezone.utc)


def until(instant):
    time.sleep(max(0, (instant - now()).total_seconds()))


def rfc3339(instant):
    return instant.strftime("%FT%TZ")


class Timetable(NamedTuple):
    """By our clock. The grid points by west's: 3 and 10 minutes after `off`, while it seems to be off; the next is at `due`."""
    off: datetime
    runs_before: int

    @property
    def not_due(self):
        return self.off + MINUTE

    @property
    def due(self):
        return self.off + 2 * MINUTE

    @property
    def outlasted(self):
        return self.off + 3 * MINUTE


SCHEDULERS = {"systemd": "systemd", "cron": "cron.d"}
TICKS = {"systemd": ("-u", "hasync-sync.service", "--grep", "^Starting"), "cron": ("-t", "CRON", "--grep", "agent sync")}


@pytest.fixture(scope="module", params=SCHEDULERS)
def scheduler(request):
    return request.param


@pytest.fixture(scope="module")
def lab(scheduler):
    with Lab(f"timers-{scheduler}-{os.getpid()}", os.environ["HASYNC_BUILD"]) as lab:
        yield lab


@pytest.fixture(scope="module")
def timetable(lab, scheduler):
    """West is off for a minute of ours, and comes back when by its clock two grid points have passed."""
    west = lab.west
    lab.fault("clock", "west", 0)
    if now().second > APPLIED_BY_S:
        until((now() + MINUTE).replace(second=0))
    off = (now() + MINUTE).replace(second=0, microsecond=0)
    west.hasync("config", "set", "sync.run_every=7m", f"sync.start_time={rfc3339(off + 3 * MINUTE - 70 * MINUTE)}")
    west.hasync("apply", "--scheduler", SCHEDULERS[scheduler])
    assert west.json("schedule")["next"][:3] == [rfc3339(off + minutes * MINUTE) for minutes in (3, 10, 17)]
    timetable = Timetable(off, len(scheduled(west)))
    lab.fault("power-cut", "west")
    lab.fault("clock", "west", int(AHEAD.total_seconds()))
    until(off + timedelta(seconds=1))
    lab.fault("boot", "west")
    return timetable


def scheduled(west):
    """Oldest first."""
    return [run for run in west.history("syncs") if run["details"]["trigger"] == "schedule"]


@pytest.fixture
def runs(timetable, west):
    """Those that the scheduler has brought about since west was off."""
    return lambda: scheduled(west)[timetable.runs_before:]


def ticks(west, scheduler):
    """When it asked the agent, by our clock."""
    told = west.tell("journalctl", "-q", "-b", "-o", "short-unix", *TICKS[scheduler], check=False)
    return [datetime.fromtimestamp(float(line.split()[0]), timezone.utc) for line in told.splitlines()]


def starts_at(run, instant):
    """The moment is ours."""
    return 0 <= (moment(run) - AHEAD - instant).total_seconds() <= START_S + ALLOWANCE_S


def test_after_down_time_one_run_makes_good_for_all_that_were_missed(timetable, runs):
    run, = eventually("it is made good", runs, seconds=45)
    assert moment(run) - AHEAD < timetable.not_due


def test_a_tick_that_is_not_due_runs_nothing(timetable, scheduler, west, runs):
    until(timetable.not_due)
    eventually("there is a tick", lambda: any(tick >= timetable.not_due for tick in ticks(west, scheduler)), seconds=START_S + ALLOWANCE_S)
    eventually("it is over", lambda: west.run("pgrep", "-f", "agent sync", check=False).returncode == 1)
    made_good, = runs()
    assert made_good["result"] == "unchanged"
    assert west.json("schedule")["next"][0] == rfc3339(timetable.due + AHEAD)


def test_at_the_next_grid_point_it_runs(timetable, east, west, runs):
    east.run("dd", "if=/dev/urandom", "of=/var/lib/app/long", "bs=1K", f"count={RATE_KIB * OUTLASTS_S}")
    west.hasync("config", "set", f"sync.bandwidth_limit={RATE_KIB}KiB/s")
    until(timetable.due)
    eventually("it runs", lambda: len(runs()) > 1, seconds=START_S + ALLOWANCE_S)
    _, run = runs()
    assert run["result"] == "running"
    assert starts_at(run, timetable.due)


def test_what_a_long_run_was_in_the_way_of_is_recorded_as_skipped(timetable, lab, scheduler, east, west, runs):
    west.hasync("config", "set", "sync.run_every=1m")
    west.hasync("apply", "--scheduler", SCHEDULERS[scheduler])
    until(timetable.outlasted + timedelta(seconds=1))
    assert runs()[1]["result"] == "running"
    eventually("the long run is over", lambda: runs()[1]["result"] != "running")
    _, long, skipped = runs()
    assert (long["result"], skipped["result"]) == ("success", "skipped")
    assert starts_at(skipped, timetable.outlasted)
    assert f"the sync run of {long['at']}" in skipped["summary"]
    assert west.status()["sync"]["last_result"] == "success" and west.status()["sync"]["failures"] == 0
    assert east.tell("sha256sum", "/var/lib/app/long").split()[0] == west.tell("sha256sum", "/srv/hasync/current/app/long").split()[0]
    assert lab.subjects() == ["[hasync west] test mail"]


def test_hooks_are_run_around_a_run_of_the_schedule(scheduler, west, runs):
    for when in ("before", "after"):
        west.hasync("hook", "add", when, "note", "--", "sh", "-c", 'echo "$HASYNC_HOOK $HASYNC_TRIGGER $HASYNC_RESULT" >>/var/tmp/hooks')
    west.hasync("apply", "--scheduler", SCHEDULERS[scheduler])
    before = len(runs())
    eventually("another run is over", lambda: [run["result"] for run in runs()][before:][:1] == ["unchanged"], seconds=60 + START_S + ALLOWANCE_S)
    assert west.tell("cat", "/var/tmp/hooks").splitlines()[:2] == ["before schedule ", "after schedule unchanged"]
