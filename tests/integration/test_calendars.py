"""Every calendar that hasync can write for systemd elapses when the model of the unit tests says, by systemd's own word."""
import datetime
import os
import pathlib
import re
import subprocess

import pytest

PROGRAM = os.environ.get("HASYNC_PRINT_CALENDARS") or str(pathlib.Path(os.environ["HASYNC"]).parents[1] / "tests" / "print_calendars")
COUNT = 3


def systemd_says(expressions, base):
    """Of each expression the next elapses after `base`, as systemd-analyze(1) tells them."""
    base = base.replace("T", " ").replace("Z", " UTC")
    told = subprocess.run(["systemd-analyze", "calendar", f"--base-time={base}", f"--iterations={COUNT}", *expressions],
                          env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr
    return [[datetime.datetime.strptime(at, "%Y-%m-%d %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%SZ")
             for at in re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC", block)] for block in told.stdout.split("\n\n")]


@pytest.mark.parametrize("base", ["2028-02-28T22:58:30Z", "2026-12-31T23:59:00Z", "2027-03-28T00:44:00Z", "1999-12-31T12:00:00Z"])
def test_systemd_takes_every_calendar_as_the_unit_tests_do(base):
    printed = subprocess.run([PROGRAM, base, str(COUNT)], capture_output=True, text=True, timeout=120, check=True).stdout
    model = {expression: elapses.split() for expression, elapses in (line.split("\t") for line in printed.splitlines())}
    # Ticks and steps within an hour, steps of hours, each minute of a day, and of a week.
    assert len(model) == sum(n for n in range(1, 61) if 60 % n == 0) + 60 * sum((2, 3, 4, 6, 8, 12)) + 1440 + 10080
    assert all(len(elapses) == COUNT for elapses in model.values())
    assert dict(zip(model, systemd_says(list(model), base), strict=True)) == model
