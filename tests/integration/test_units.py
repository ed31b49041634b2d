"""The units that apply writes, judged by the real systemd-analyze(1); and cron entries, carried out by the real cron(8)."""
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import HASYNC
from own_host import folder_of, in_own_namespace, needs_root, systemctl  # noqa: F401  (a fixture)

# As of a server: nothing below /tmp or a home folder, where the sandbox must be wider.
PLACE = "/mnt"
# The most exposure that systemd-analyze security may see (0: none, 10: all). What is left of a sync is that it is root, has a network,
# and restores owners, attributes and devices.
EXPOSURE = {"sync": 3.1, "heartbeat": 3.4, "notify": 2.0, "housekeeping": 1.1}
# A beat that runs programs of the operator has no sandbox.
UNCONFINED = 9.6


@pytest.fixture
def server(pair):
    """The pair as it would be on a server, with all its files in /mnt."""
    shutil.copy(HASYNC, pair.folder / "hasync")
    pair.settings["sync"].update(store=f"{PLACE}/store", datasets=[{"name": "app", "source": "/srv/east", "live": "/srv/app"}])
    pair.settings["heartbeat"]["probes"] = [{"name": "ssh", "type": "tcp", "host": "127.0.0.1", "port": 22}]
    pair.save()
    return pair


def judged(pair, shims):
    """What verify says of all units, and the exposure of each."""
    script = f"""mount --bind {pair.folder} {PLACE}
cd /etc/systemd/system
"$@" >/dev/null
systemd-analyze verify --man=no ./hasync-*
for job in {' '.join(EXPOSURE)}; do systemd-analyze security --offline=yes --no-pager ./hasync-$job.service | tail -n 1; done
exit 0"""
    done = in_own_namespace(pair, "--config", f"{PLACE}/hasync.yaml", "--state-dir", f"{PLACE}/state", "apply", "--scheduler", "systemd",
                            shims=shims, before=script, program=f"{PLACE}/hasync")
    assert done.returncode == 0, done.stderr
    exposures = re.findall(r"level for (?:\./)?hasync-(\w+)\.service: ([0-9.]+)", done.stdout)
    assert len(exposures) == len(EXPOSURE), done.stdout + done.stderr
    return done.stderr, {job: float(exposure) for job, exposure in exposures}


@needs_root
def test_the_units_are_sound_and_expose_little(server, systemctl):
    said, exposures = judged(server, systemctl[0])
    assert said == ""
    assert {job for job, exposure in exposures.items() if exposure > EXPOSURE[job]} == set(), exposures


@needs_root
def test_steps_free_the_heartbeat_and_nothing_else(server, systemctl):
    server.set("failover", promote=[{"name": "start app", "run": ["true"]}])
    said, exposures = judged(server, systemctl[0])
    assert said == ""
    assert EXPOSURE["heartbeat"] < exposures["heartbeat"] <= UNCONFINED
    assert {job for job, exposure in exposures.items() if job != "heartbeat" and exposure > EXPOSURE[job]} == set(), exposures


ODD = "100% of $HOME's \"odd\" \\% place"
# systemd takes no quotes and no backslash in the path of a program.
ODD_PROGRAM = {"systemd": "100% of $HOME/hasync %h", "cron.d": f"{ODD}/hasync", "crontab": f"{ODD}/hasync"}


@pytest.fixture
def odd(pair):
    """Program, settings, state and store below a folder whose name has all that schedulers and shells take for their own."""
    place = pair.folder / ODD
    place.mkdir()
    pair.config, pair.state, pair.store = place / "hasync.yaml", place / "state %i", place / "store $$"
    pair.set("sync", store=str(pair.store), start_time="2020-01-01T00:00:00Z", run_every="1m")
    (pair.source / "f").write_text("1")
    return pair


def apply_from_odd_places(odd, scheduler, shims=None):
    program = odd.folder / ODD_PROGRAM[scheduler]
    program.parent.mkdir(exist_ok=True)
    shutil.copy(HASYNC, program)
    done = in_own_namespace(odd, "apply", "--scheduler", scheduler, program=program, shims=shims)
    assert done.returncode == 0, done.stderr


@needs_root
def test_units_hold_odd_paths(odd, systemctl):
    apply_from_odd_places(odd, "systemd", systemctl[0])
    units = sorted(folder_of(odd, "/etc/systemd/system").glob("hasync-*"))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, units)], capture_output=True, text=True, timeout=120)
    assert (verified.returncode, verified.stderr) == (0, "")
    sync = (folder_of(odd, "/etc/systemd/system") / "hasync-sync.service").read_text()
    assert f'"-{odd.store}"'.replace('"odd"', '"\'"\'"odd"\'"\'"').replace("%", "%%") in sync


@needs_root
@pytest.mark.parametrize("scheduler", ["cron.d", "crontab"])
def test_the_real_cron_starts_the_agent_from_odd_paths_with_its_poor_path(odd, scheduler):
    """Right when it starts, cron carries out the @reboot entry."""
    apply_from_odd_places(odd, scheduler)
    with_database = f"sqlite3 '{odd.folder}/database'"
    os.symlink(odd.state / "hasync.db", odd.folder / "database")
    # The next whole minute is due; the clock of the state is moved instead of waiting for it.
    script = f"""mount -t tmpfs run /run
{with_database} 'UPDATE node SET applied_at = applied_at - 120000'
env -i PATH=/usr/bin:/bin /usr/sbin/cron -f &
for turn in $(seq 200); do
  [ "$({with_database} "SELECT count(*) FROM sync_runs WHERE result = 'success'")" = 0 ] || exit 0
  sleep 0.1
done
exit 1"""
    assert in_own_namespace(odd, before=script, cron=False).returncode == 0
    assert (odd.store / "current" / "app" / "f").read_text() == "1"


@needs_root
def test_a_program_that_systemd_would_not_start_is_refused(odd, systemctl):
    program = odd.folder / ODD / "hasync"
    shutil.copy(HASYNC, program)
    done = in_own_namespace(odd, "apply", "--scheduler", "systemd", program=program, shims=systemctl[0])
    assert done.returncode == 1 and "install hasync elsewhere, or choose another with --scheduler" in done.stderr
    assert list(folder_of(odd, "/etc/systemd/system").iterdir()) == []


@needs_root
def test_a_path_that_no_entry_can_hold_is_refused(pair):
    odd = pair.folder / "a\nb"
    odd.mkdir()
    pair.set("sync", store=str(odd / "store"))
    done = in_own_namespace(pair, "apply", "--scheduler", "cron.d")
    assert done.returncode == 1
    assert done.stderr == f"hasync: {pair.folder}/a\\nb/store has a control character in it, which no entry of a scheduler can hold; rename it\n"
