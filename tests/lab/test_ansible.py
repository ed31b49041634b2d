"""Two fresh servers become a pair by etc/ansible alone: real ansible-playbook, over ssh, with the inventory and plays that are there."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from lab import Lab, eventually

BUILD = pathlib.Path(os.environ["HASYNC_BUILD"])
ANSIBLE = pathlib.Path(__file__).parents[2] / "etc" / "ansible"
PASSWORD = "correct horse"
CHANGED = {"sync": {"run_every": "30m"}, "heartbeat": {"interval": "20s"}}
BUSY = 5
UNITS = [f"hasync-{name}.timer" for name in ("heartbeat", "housekeeping", "notify", "sync")]
# Whatever a play could change: files with mode, owner, time and content, what is left in /tmp, packages, timers, what hasync recorded.
STATE = """
find /etc /root/.ssh /var/cache/hasync.deb /usr/bin/hasync ! -type d -printf '%p %m %u:%g %T@ %l\\n' 2>/dev/null | sort
find /etc /root/.ssh -type f -exec sha256sum {} + | sort
find /tmp -mindepth 1 -maxdepth 1 ! -name 'systemd-private-*'
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n'
systemctl show --property=Id,ActiveState,UnitFileState,ActiveEnterTimestampMonotonic """ + " ".join(UNITS) + """
[ ! -e /var/lib/hasync ] || { hasync schedule --json | grep -vE '"(next|anchor)"'; hasync agent describe | grep -v '"at"'; }
"""  # a quarter of an hour may pass meanwhile, by which the next run and the anchor are others


def state(host):
    return host.tell("sh", "-c", STATE)


class Run:
    def __init__(self, done):
        self.code, self.told = done.returncode, done.stdout + done.stderr
        recap = re.findall(r"^(east|west)\.example\.net\s*: ok=\d+\s+changed=(\d+) +unreachable=(\d+) +failed=(\d+)", self.told, re.M)
        self.changed = {name: int(changed) for name, changed, _, _ in recap}
        self.failed = {name for name, _, _, failed in recap if failed != "0"}

    def succeeded(self):
        assert self.code == 0 and not self.failed, self.told
        return self


class Controller:
    """In the gateway: reaches both hosts as their people do."""

    def __init__(self, lab, package):
        self.lab, self.home = lab, lab.folder / "controller"
        self.home.mkdir()
        hosts = [lab.east, lab.west]
        keys = [f"{host.name} {host.tell('cat', '/etc/ssh/ssh_host_ed25519_key.pub')}" for host in hosts]
        (self.home / "known_hosts").write_text("".join(keys))
        (self.home / "ssh_config").write_text("".join(f"""Host {host.name}.example.net
  HostName {host.address}
  HostKeyAlias {host.name}
  UserKnownHostsFile {self.home}/known_hosts
  IdentityFile {lab.folder}/people
  IdentitiesOnly yes
  ConnectTimeout 2
""" for host in hosts))
        self.variables = {"ansible_python_interpreter": "/usr/bin/python3", "hasync_package": str(package),
                          "hasync_smtp_password": PASSWORD, "hasync_authorized_from": [f"{lab.network}.0/24"]}

    def play(self, playbook, *options, **variables):
        file = self.home / "variables.json"
        file.write_text(json.dumps({**self.variables, **variables}))
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                       "ANSIBLE_SSH_COMMON_ARGS": f"-F {self.home}/ssh_config", "PYTHONDONTWRITEBYTECODE": "1"}
        self.lab.note(f"ansible-playbook {playbook} {' '.join(options)} {variables or ''}")
        return Run(self.lab.gateway.run("sh", "-c", 'cd "$0" && exec ansible-playbook "$@"', ANSIBLE, playbook, "--extra-vars", f"@{file}",
                                        *options, check=False, timeout=300, env=environment))


@pytest.fixture(scope="module")
def lab():
    with Lab(f"ansible-{os.getpid()}", "--bare") as lab:
        yield lab


@pytest.fixture(scope="module")
def controller(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cpack", "-G", "DEB", "-B", folder, "--config", BUILD / "CPackConfig.cmake"], check=True, capture_output=True,
                   timeout=120)
    package, = folder.glob("*.deb")
    return Controller(lab, package)


@pytest.fixture
def unchanged(east, west):
    """Says whether both hosts are as they were."""
    before = state(east), state(west)

    def compare():
        assert (state(east), state(west)) == before
    return compare


def test_a_check_of_fresh_hosts_tells_what_would_be_and_changes_nothing(controller, unchanged):
    run = controller.play("site.yml", "--check", "--diff").succeeded()
    assert run.changed["east"] > 0 and run.changed["west"] > 0
    assert "+  run_every: 15m" in run.told and "+restrict,command=" in run.told
    unchanged()


def test_the_first_run_makes_a_pair(controller, lab, east, west):
    run = controller.play("site.yml").succeeded()
    assert run.changed["east"] > 0 and run.changed["west"] > 0
    assert PASSWORD not in run.told
    assert "run every: (none) → 15m" in run.told
    assert [host.role() for host in (east, west)] == ["primary", "secondary"]
    for host in (east, west):
        modes = host.tell("find", "/etc/hasync", "-mindepth", 1, "-printf", "%m %u %P\n").splitlines()
        assert set(modes) == {"640 root hasync.yaml", "600 root smtp.password", "700 root ssh", "600 root ssh/id_ed25519",
                              "644 root ssh/id_ed25519.pub", "644 root ssh/known_hosts"}
        assert host.tell("systemctl", "is-active", *UNITS).split() == ["active"] * len(UNITS)
        people, peer = host.tell("cat", "/root/.ssh/authorized_keys").splitlines()
        assert peer.startswith(f'restrict,command="/usr/bin/hasync agent serve",from="{lab.network}.0/24" ssh-ed25519 ')


def test_the_exchanged_keys_let_west_pull_and_nothing_more(east, west):
    east.run("sh", "-c", "echo from east >/var/lib/app/greeting")
    pulled = eventually("no run of the schedule is in the way", lambda: (run := west.hasync("sync", check=False)).returncode != BUSY and run)
    assert pulled.returncode == 0, pulled.stderr
    assert west.tell("cat", "/srv/hasync/current/app/greeting") == "from east\n"
    status = west.status()
    assert (status["role"], status["peer"], status["recovery_point"]["files"] > 0) == ("secondary", "east", True)
    for host, peer in ((west, east), (east, west)):
        ssh = ["ssh", "-F", "none", "-i", "/etc/hasync/ssh/id_ed25519", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
               "-o", "UserKnownHostsFile=/etc/hasync/ssh/known_hosts", "-o", "GlobalKnownHostsFile=none", f"{peer.name}.example.net"]
        assert json.loads(host.tell(*ssh, "hasync", "agent", "describe"))["node"] == peer.name
        refused = host.run(*ssh, "cat", "/etc/shadow", check=False)
        said = eventually("it is in the journal there", lambda: peer.run("journalctl", "--quiet", "--identifier=hasync", "--output=cat", "--grep=^refused", check=False).stdout)
        assert f"refused cat /etc/shadow from {host.address}: " in said
        assert (refused.returncode, refused.stdout) == (6, "") and "hasync: refused: cat /etc/shadow: " in refused.stderr
        assert "PTY allocation request failed" in host.run(*ssh[:-1], "-tt", ssh[-1], "true", check=False).stderr


def test_the_second_run_changes_nothing(controller, unchanged):
    assert controller.play("site.yml").succeeded().changed == {"east": 0, "west": 0}
    unchanged()


def test_a_check_of_changed_variables_tells_what_would_be_and_changes_nothing(controller, unchanged):
    run = controller.play("site.yml", "--check", "--diff", hasync_package="", hasync_host_settings=CHANGED).succeeded()
    assert run.changed == {"east": 2, "west": 2}  # the settings, the schedule
    assert "-  run_every: 15m" in run.told and "+  run_every: 30m" in run.told
    assert "run every: 15m → 30m" in run.told and "hasync-heartbeat.timer: there → changed" in run.told
    assert ".service: there" not in run.told
    unchanged()


@pytest.mark.parametrize("mode", [["--check"], []])
def test_wrong_variables_of_one_host_fail_as_hasync_says_and_change_neither(controller, unchanged, mode):
    wrong = "{{ {'sync': {'run_evry': '30m'}} if inventory_hostname == 'west.example.net' else {'sync': {'keep': 5}} }}"
    run = controller.play("site.yml", *mode, hasync_package="", hasync_host_settings=wrong)
    assert run.code != 0 and run.failed == {"west"}, run.told
    assert re.search(r'/etc/hasync/hasync\.yaml:\d+:3: unknown key "run_evry" in sync', run.told)
    assert "^^^^^^^^" in run.told and "did you mean run_every?" in run.told
    unchanged()


def test_module_free_a_check_tells_what_would_be_and_changes_nothing(controller, unchanged):
    run = controller.play("module-free.yml", "--check", "--diff").succeeded()
    assert run.changed == {"east": 1, "west": 1}
    assert "-  run_every: 15m" in run.told and "+  run_every: 30m" in run.told and "heartbeat.interval  30s → 20s" in run.told
    unchanged()


def test_module_free_wrong_settings_fail_as_hasync_says_and_change_nothing(controller, unchanged):
    run = controller.play("module-free.yml", hasync_assignments=["sync.keep=5", "sync.run_every=15"])
    assert run.code != 0 and run.failed == {"east", "west"}, run.told
    assert 'sync.run_every: "15" has no unit; did you mean 15m?' in run.told
    unchanged()


def test_module_free_the_first_run_changes_and_the_second_does_not(controller, east, west):
    assert controller.play("module-free.yml").succeeded().changed == {"east": 2, "west": 2}
    for host in (east, west):
        assert host.json("schedule")["every_s"] == 1800
        assert "OnUnitActiveSec=20s" in host.tell("cat", "/etc/systemd/system/hasync-heartbeat.timer")
    assert controller.play("module-free.yml").succeeded().changed == {"east": 0, "west": 0}


def test_while_one_host_is_off_the_other_can_be_changed(lab, controller, west):
    lab.fault("power-cut", "east")
    run = controller.play("site.yml", "--limit", "west.example.net", hasync_package="").succeeded()
    assert run.changed == {"west": 2}  # back to the settings of the inventory
    assert west.json("schedule")["every_s"] == 900
