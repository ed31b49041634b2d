"""The lab keeps what it promises: it needs no more than a name, two of them do not meet, and nothing of them is left."""
import os
import pathlib
import subprocess

import pytest

from lab import SCRIPT, Lab, eventually


def traces():
    """What a lab could leave on this machine."""
    mounts = pathlib.Path("/proc/self/mounts").read_text()
    cgroups = subprocess.run(["find", "/sys/fs/cgroup", "-name", "hasync-lab-own-*"], capture_output=True, text=True).stdout
    links = subprocess.run(["ip", "-oneline", "link"], capture_output=True, text=True, check=True).stdout
    processes = subprocess.run(["pgrep", "-af", "hasync-lab/own-"], capture_output=True, text=True).stdout
    folders = [folder.name for folder in pathlib.Path("/run/hasync-lab").glob("own-*")]
    # ifb0 and ifb1 come with a module of the kernel, whenever anybody first asks for one of its kind.
    names = [name for line in links.splitlines() if not (name := line.split(":")[1].strip()).startswith("ifb")]
    return ["hasync-lab/own-" in mounts, cgroups, names, processes, folders]


@pytest.fixture(scope="module")
def labs():
    """Two, side by side; the second on cgroups v2, whatever this machine has."""
    before = traces()
    with Lab(f"own-one-{os.getpid()}", os.environ["HASYNC_BUILD"]) as one:
        os.environ["LAB_CGROUPS"] = "v2"
        with Lab(f"own-two-{os.getpid()}", os.environ["HASYNC_BUILD"]) as two:
            del os.environ["LAB_CGROUPS"]
            yield one, two
    eventually("nothing is left", lambda: traces() == before, 10)


def test_each_is_a_host_of_its_own(labs):
    for which in labs:
        assert [which.east.tell("hostname").strip(), which.west.tell("hostname").strip()] == ["east", "west"]
        assert which.east.tell("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")
        assert which.west.tell("cat", "/proc/1/comm").strip() == "systemd"
        assert which.east.tell("cat", "/etc/machine-id") != which.west.tell("cat", "/etc/machine-id")
        # What this machine's shells run first, over ssh too, could hold up a command there.
        assert which.east.run("sh", "-c", "cat /root/.bashrc /root/.profile", check=False).stdout == ""


def test_both_layouts_of_cgroups_work(labs):
    one, two = labs
    assert two.east.tell("stat", "-f", "-c", "%T", "/sys/fs/cgroup").strip() == "cgroup2fs"
    for which in labs:
        assert "/system.slice/ssh.service" in which.east.tell("systemctl", "status", "ssh", "--no-pager")


def test_they_do_not_meet(labs):
    one, two = labs
    assert one.network != two.network
    assert one.west.run("curl", "--max-time", "2", "--insecure", f"https://{two.network}.1/status", check=False).returncode != 0
    one.east.run("touch", "/etc/only-here", "/var/lib/app/only-here")
    for elsewhere in (one.west, two.east):
        assert elsewhere.run("test", "-e", "/etc/only-here", check=False).returncode == 1
    assert not pathlib.Path("/etc/only-here").exists()


def test_a_host_reaches_nothing_outside_its_lab(labs):
    one, _ = labs
    route, = one.east.tell("ip", "route").splitlines()
    assert route.startswith(f"{one.network}.0/24 dev eth0 ")


def test_a_host_cannot_set_the_clock_of_the_machine(labs):
    one, _ = labs
    for who in ([], ["systemd-run", "--wait", "--quiet", "--pipe"]):
        assert "Operation not permitted" in one.east.run(*who, "sh", "-c", 'date -s "@$(date +%s)"', check=False).stderr


def test_a_host_survives_its_power_cut_with_its_disk(labs):
    one, _ = labs
    one.west.run("touch", "/etc/written-before")
    one.fault("power-cut", "west")
    assert "west is off; to boot it: scripts/lab fault boot west" in one.command("run", "west", "true", check=False).stderr
    one.fault("boot", "west")
    one.west.run("test", "-e", "/etc/written-before")
    assert one.west.role() == "secondary"


def test_wrong_words_are_told_and_change_nothing(labs):
    one, _ = labs
    for words, told in [(("fault", "cut"), "fault cut takes 1 arguments, not 0"), (("fault", "melt", "east"), 'there is no fault "melt"'),
                        (("fault", "cut", "north"), 'a host is east or west, not "north"'), (("dance",), 'there is no command "dance"'),
                        (("fault", "clock", "east", "late"), 'not a number: "late"')]:
        done = one.command(*words, check=False)
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_it_is_not_started_twice(labs):
    one, _ = labs
    again = one.command("up", one.build, check=False)
    assert again.returncode == 1 and "is up already" in again.stderr
    assert one.east.serves()


def test_who_is_not_root_is_told_why_not():
    told = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", str(SCRIPT), "possible"], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (1, "the lab needs root\n")
