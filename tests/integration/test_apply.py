"""Save and apply with the real systemd tools and the real crontab(1), into folders and a crontab of the test's own."""
import datetime
import json
import os
import re
import sqlite3
import subprocess
import time

import pytest

from own_host import folder_of, in_own_namespace, needs_root, systemctl  # noqa: F401  (a fixture)


@needs_root
def test_systemd_units_are_installed_once_and_pass_the_real_verifier(pair, systemctl):
    shims, log = systemctl
    checked = in_own_namespace(pair, "apply", "--scheduler", "systemd", "--check", "--json", shims=shims)
    assert json.loads(checked.stdout)["changed"] is True and not log.exists()
    first = in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    assert first.returncode == 0, first.stderr
    assert "detection  within 4 s (1 s interval + 2 × 1 s timeout + 1 × 1 s re-check)" in first.stdout and "next runs" in first.stdout
    units = pair.folder / "private" / "etc-systemd-system"
    assert len(list(units.glob("hasync-*"))) == 8
    names = "hasync-sync.timer hasync-heartbeat.timer hasync-notify.timer hasync-housekeeping.timer"
    assert log.read_text().splitlines() == ["daemon-reload", f"enable {names}", f"restart {names}"]
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, sorted(units.glob("hasync-*")))], capture_output=True, text=True, timeout=120)
    assert (verified.returncode, re.findall(r".*hasync.*", verified.stderr)) == (0, [])
    again = in_own_namespace(pair, "apply", "--scheduler", "systemd", "--json", shims=shims)
    assert json.loads(again.stdout) == {"schema": "hasync.changes/1", "changed": False, "diff": []}
    assert len(log.read_text().splitlines()) == 3

    pair.set("sync", run_every="45m")
    changed = in_own_namespace(pair, "apply", "--scheduler", "systemd", "--diff", shims=shims)
    assert "run every" in changed.stdout and "+# A tick" in changed.stdout
    assert log.read_text().splitlines()[3:] == ["daemon-reload", "enable hasync-sync.timer", "restart hasync-sync.timer"]


@needs_root
def test_an_apply_that_failed_half_way_is_finished_by_the_next(pair, systemctl):
    shims, log = systemctl
    (pair.folder / "broken").write_text("enable")
    failed = in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    assert failed.returncode == 1 and "Failed to connect to bus" in failed.stderr
    assert pair.json("schedule")["applied"] is False
    (pair.folder / "broken").unlink()
    again = in_own_namespace(pair, "apply", "--scheduler", "systemd", "--json", shims=shims)
    assert json.loads(again.stdout)["changed"] is True
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["daemon-reload", "enable", "restart"]
    assert json.loads(in_own_namespace(pair, "apply", "--scheduler", "systemd", "--json", shims=shims).stdout)["changed"] is False


@needs_root
def test_timers_that_somebody_stopped_are_started_again_and_check_tells(pair, systemctl):
    shims, _ = systemctl
    in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    assert "✓ schedule             systemd, every 15 min" in in_own_namespace(pair, "check", shims=shims).stdout
    (pair.folder / "enabled" / "hasync-sync.timer").unlink()
    checked = in_own_namespace(pair, "check", shims=shims)
    assert checked.returncode == 1
    assert "✗ schedule             what systemd has is not what the settings say: they were changed, or an apply was not finished; " \
        "to see the difference: hasync apply --check --diff" in checked.stdout
    done = in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    assert "timers     not in force → enabled and started" in " ".join(done.stdout.split()).replace("timers not", "timers     not")


@needs_root
def test_a_start_time_that_has_passed_is_no_difference_to_what_is_installed(pair, systemctl):
    pair.set("sync", start_time="02:00")
    in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=systemctl[0])
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE node SET anchor = anchor - 86400000, applied_at = applied_at - 86400000")
    assert "✓ schedule" in in_own_namespace(pair, "check", shims=systemctl[0]).stdout


@needs_root
def test_a_host_without_systemd_keeps_the_schedule_it_has(pair, systemctl):
    shims, log = systemctl
    entry = pair.folder / "private" / "etc-cron.d" / "hasync"
    assert in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=shims).returncode == 0
    (pair.folder / "broken").write_text("all")
    refused = in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    assert refused.returncode == 1
    assert refused.stderr == ("hasync: systemd does not run here: exit status 1: Failed to connect to bus; "
                              "choose another with --scheduler, as cron.d or crontab\n")
    assert entry.exists() and pair.json("schedule")["applied"] is True
    entry.unlink()
    assert "✗ schedule             what cron.d has is not what the settings say" in in_own_namespace(pair, "check", shims=shims).stdout


@needs_root
def test_units_left_where_systemd_no_longer_runs_are_removed(pair, systemctl):
    shims, _ = systemctl
    in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    (pair.folder / "broken").write_text("all")
    done = in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=shims)
    assert done.returncode == 0, done.stderr
    assert list((pair.folder / "private" / "etc-systemd-system").iterdir()) == []


@needs_root
def test_an_anchor_of_a_wrong_clock_is_taken_anew(pair, systemctl):
    in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=systemctl[0])
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE node SET anchor = anchor + 129600000000, applied_at = applied_at + 129600000000")  # 1500 days
    assert json.loads(in_own_namespace(pair, "apply", "--scheduler", "cron.d", "--json", shims=systemctl[0]).stdout)["changed"] is True
    anchor = datetime.datetime.fromisoformat(pair.json("schedule")["anchor"].replace("Z", "+00:00"))
    assert anchor - datetime.datetime.now(datetime.timezone.utc) < datetime.timedelta(minutes=16)


@needs_root
def test_another_scheduler_takes_the_entries_of_the_first_away(pair, systemctl):
    shims, log = systemctl
    private = pair.folder / "private"
    in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    done = in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=shims)
    assert done.returncode == 0, done.stderr
    assert list((private / "etc-systemd-system").iterdir()) == []
    entry = private / "etc-cron.d" / "hasync"
    assert entry.read_text().endswith("agent housekeeping\n") and entry.stat().st_mode & 0o777 == 0o644
    assert any(line.startswith("disable --now hasync-sync.timer") for line in log.read_text().splitlines())
    done = in_own_namespace(pair, "apply", "--scheduler", "crontab", shims=shims)
    assert done.returncode == 0, done.stderr
    assert not entry.exists()
    crontab = private / "var-spool-cron" / "crontabs" / "root"
    assert "# BEGIN hasync" in crontab.read_text()
    crontab.write_text(crontab.read_text() + "5 5 * * * mine\n")
    pair.set("sync", run_every="1m")
    in_own_namespace(pair, "apply", "--scheduler", "crontab", shims=shims)
    assert crontab.read_text().count("# BEGIN hasync") == 1 and crontab.read_text().endswith("# END hasync\n5 5 * * * mine\n")
    in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=shims)
    # crontab(1) writes three lines of its own first, one with the name of the file that it was given.
    assert crontab.read_text().splitlines()[3:] == ["5 5 * * * mine"]


@needs_root
def test_the_line_cron_would_run_works_with_crons_poor_path(pair, systemctl):
    (pair.source / "f").write_text("1")
    half_a_day_ago = time.strftime("2020-01-01T%H:%M:00Z", time.gmtime(time.time() - 12 * 3600))
    pair.set("sync", start_time=half_a_day_ago, run_every="1d")
    in_own_namespace(pair, "apply", "--scheduler", "cron.d", shims=systemctl[0])
    lines = (pair.folder / "private" / "etc-cron.d" / "hasync").read_text().splitlines()
    command, = {line.partition(" root ")[2].lstrip() for line in lines if line.endswith(" agent sync")}
    pair.ok("agent", "sync")
    assert pair.history("syncs") == []  # nothing is due that was due before it was applied
    subprocess.run(["sqlite3", str(pair.state / "hasync.db"), "UPDATE node SET applied_at = applied_at - 86400000"], check=True)
    done = subprocess.run(["/bin/sh", "-c", command.replace("\\%", "%")], env={"PATH": "/usr/bin:/bin", "HOME": "/root"},
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [run["result"] for run in pair.history("syncs")] == ["success"]


def test_a_broken_setting_applies_nothing(pair):
    pair.set("sync", run_every="8d")
    done = pair.run("apply", "--scheduler", "crontab", "--check")
    assert done.returncode == 3 and "sync.run_every: 8d is out of range" in done.stderr
    pair.set("sync", run_every="5m")
    assert pair.run("apply", "--scheduler", "anacron").stderr == 'hasync: unknown scheduler "anacron"; one of systemd, systemd-user, cron.d, crontab\n'


def elapses(expression, base, count):
    done = subprocess.run(["systemd-analyze", "calendar", f"--base-time={base}", f"--iterations={count}", expression],
                          capture_output=True, text=True, timeout=60, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    return re.findall(r"(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)


@needs_root
@pytest.mark.parametrize("every", ["1m", "5m", "15m", "20m", "1h", "6h", "12h", "1d", "7d"])
def test_the_calendar_systemd_understands_is_the_grid(pair, systemctl, every):
    pair.set("sync", run_every=every, start_time="2026-11-24T02:07:00Z")
    in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=systemctl[0])
    timer = (pair.folder / "private" / "etc-systemd-system" / "hasync-sync.timer").read_text()
    expression = re.search(r"OnCalendar=(.*)", timer).group(1)
    grid = pair.json("schedule", "--count", "30")["next"]
    base = grid[0].replace("T", " ").replace("Z", " UTC")
    assert [f"{at.replace(' ', 'T')}Z" for at in elapses(expression, base, 29)][:29] == grid[1:]


@needs_root
def test_every_pair_of_start_and_interval_ticks_at_least_when_it_is_due(pair, systemctl):
    for every in ("45m", "7h", "3d", "7m", "90m"):
        pair.set("sync", run_every=every, start_time="2026-11-24T02:07:00Z")
        in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=systemctl[0])
        timer = (pair.folder / "private" / "etc-systemd-system" / "hasync-sync.timer").read_text()
        assert "# A tick" in timer
        expression = re.search(r"OnCalendar=(.*)", timer).group(1)
        for due in pair.json("schedule", "--count", "5")["next"]:
            before = subprocess.run(["date", "-u", "-d", f"{due} - 1 second", "+%F %T UTC"], capture_output=True, text=True, check=True).stdout.strip()
            assert elapses(expression, before, 1)[0].replace(" ", "T") + "Z" == due


@needs_root
def test_status_and_check_say_that_the_settings_were_changed_since(pair, systemctl):
    def needed():
        told = json.loads(in_own_namespace(pair, "status", "--json", shims=systemctl[0]).stdout)["apply_needed"]
        in_words = "NOT WHAT THE SETTINGS SAY" in in_own_namespace(pair, "status", shims=systemctl[0]).stdout
        checked = "✗ schedule" in in_own_namespace(pair, "check", shims=systemctl[0]).stdout
        assert told == in_words == checked
        return told

    def apply():
        assert in_own_namespace(pair, "apply", "--scheduler", "systemd", shims=systemctl[0]).returncode == 0

    # So that nothing that is named has a way of its own to make the sandbox wider.
    pair.settings["heartbeat"]["probes"] = [{"name": "ssh", "type": "tcp", "host": "127.0.0.1", "port": 22}]
    pair.save()
    assert json.loads(in_own_namespace(pair, "status", "--json").stdout)["apply_needed"] is True
    apply()
    assert not needed()
    for section, change in [("sync", {"store": str(pair.folder / "other")}),
                            ("failover", {"promote": [{"name": "x", "run": ["true"]}]}),
                            ("heartbeat", {"interval": "2s"}),
                            ("sync", {"run_every": "45m"}),
                            ("sync", {"start_time": "2026-11-24T02:07:00Z"})]:
        pair.set(section, **change)
        assert needed(), change
        apply()
        assert not needed(), change
    (folder_of(pair, "/etc/systemd/system") / "hasync-notify.service").unlink()
    assert needed()
