"""The units in the hands of a real systemd: a sandboxed sync brings data as they are, and a sandboxed beat puts them in place; what the
sandbox forbids is told with its remedy; nothing is left by uninstall, of the system's manager and of a user's own."""
import json

from lab import eventually

ODD = "/var/lib/app/odd"
MAKE_ODD = f"""mkdir {ODD} && cd {ODD}
echo 1 >setuid && chown app:77 setuid && chmod 6755 setuid
echo 2 >attributes && setfacl -m u:4242:rw attributes
setfattr -n user.a -v 1 attributes && setfattr -n trusted.a -v 2 attributes && setfattr -n security.NTACL -v 3 attributes
cp /bin/true capable && setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 capable
mknod null c 1 3 && mknod loop b 7 0 && mkfifo pipe && ln -s nowhere link"""


def look(host, folder):
    """Owner, mode, device and name of each, and all attributes, as text."""
    return host.tell("sh", "-c", f"cd {folder} && find . -printf '%U %G %M %s %p %l\\n' | sort && stat -c '%n %t %T' * && "
                                 "getfattr -h -d -m - -e hex -- * && cat setuid attributes")


def sync_by_timer_unit(west, check=True):
    """What the timer would start, right now: the next due moment is not waited for, the records are moved into the past instead."""
    west.run("sqlite3", "/var/lib/hasync/hasync.db", "UPDATE node SET applied_at = applied_at - 864000000; "
             "UPDATE sync_runs SET started = started - 86400000")
    west.run("systemctl", "start", "hasync-sync.service", check=check)
    return west.history("syncs")[-1]


def test_a_sandboxed_sync_brings_owners_modes_attributes_and_devices(east, west):
    west.set(sync__run_every="1d", sync__start_time="2020-01-01T00:00:00Z", sync__keep=5)
    east.run("sh", "-ec", MAKE_ODD)
    assert sync_by_timer_unit(west)["result"] == "success"
    assert look(west, "/srv/hasync/current/app/odd") == look(east, ODD)
    assert "Killing process" not in west.tell("journalctl", "--quiet", "--unit=hasync-sync", "--output=cat")  # nothing outlived it


def test_a_store_that_apply_has_not_seen_is_told_with_its_remedy(west):
    west.hasync("config", "set", "sync.store=/srv/other")
    failed = sync_by_timer_unit(west, check=False)
    assert failed["result"] == "failed"
    assert "cannot make the folder /srv/other: Read-only file system; " in failed["summary"] and failed["summary"].endswith("hasync apply")
    assert west.status()["apply_needed"] is True
    west.hasync("apply")
    assert sync_by_timer_unit(west)["result"] == "success" and west.status()["apply_needed"] is False


def test_a_sandboxed_beat_promotes(lab, east, west):
    """Without steps: the copy is made to a folder that nobody has made yet."""
    west.run("sed", "-i", "/^  promote:/d; /^  demote:/d; /- { name: start app/d; /- { name: stop app/d", "/etc/hasync/hasync.yaml")
    west.set(**{"sync__datasets__app__live": "/var/lib/new/deep/app"})
    wanted = look(east, ODD)
    west.beat_every_second(failover__action="promote")
    assert "ProtectSystem=full" in west.tell("systemctl", "cat", "hasync-heartbeat.service")
    with lab.broken("cut", "east"):
        eventually("west takes over", lambda: west.role() == "primary")
    assert look(west, "/var/lib/new/deep/app/odd") == wanted
    assert west.tell("stat", "-c", "%a", "/var/lib/new/deep").strip() == "755"


PLACES = ("/etc/systemd/system", "/etc/cron.d", "/var/spool/cron")


def listing(west, *places):
    """Of everything there: its name, mode, owner and content."""
    return west.tell("sh", "-c", 'find "$@" -printf "%p %M %u %l\\n" -type f -exec cat {} + | sort', "sh", *places).splitlines()


def test_uninstall_leaves_nothing_of_the_systems_timers(west):
    installed = listing(west, *PLACES)
    west.hasync("uninstall")
    before = listing(west, *PLACES)
    assert "hasync-" not in west.tell("systemctl", "list-timers", "--all", "--no-pager") + west.tell("ls", PLACES[0])
    west.hasync("apply")
    assert listing(west, *PLACES) == installed
    west.hasync("uninstall")
    assert listing(west, *PLACES) == before
    assert json.loads(west.tell("hasync", "uninstall", "--json"))["changed"] is False


USER = """node: { name: west }
peer: { name: east, transport: local }
sync: { store: /home/ops/store, start_time: "2020-01-01T00:00:00Z", run_every: 1d, datasets: [ { name: app, source: /home/ops/source } ] }
heartbeat: { interval: 1s, probes: [ { name: ssh, type: tcp, host: 127.0.0.1, port: 22 } ] }
"""


def test_the_timers_of_an_ordinary_user(west):
    def as_user(*words):
        return west.tell("setpriv", "--reuid=4343", "--regid=4343", "--clear-groups", "env", "HOME=/home/ops", *words)

    def hasync(*words):
        return as_user("hasync", "--config", "/home/ops/hasync.yaml", "--state-dir", "/home/ops/state", *words)

    west.run("sh", "-ec", 'useradd -m -u 4343 -U ops; cd /home/ops; printf "%s" "$0" >hasync.yaml; chmod 0600 hasync.yaml; mkdir source state; '
                          "chmod 0700 state; echo 1 >source/f; chown -R ops: .; chmod 6755 source/f; systemctl start user@4343", USER)
    before = set(listing(west, "/home/ops"))
    hasync("apply", "--scheduler", "systemd-user")
    folder = "/home/ops/.config/systemd/user"
    assert as_user("sh", "-c", f"XDG_RUNTIME_DIR=/run/user/4343 systemd-analyze --user verify --man=no {folder}/hasync-* 2>&1") == ""
    eventually("the beat beats", lambda: json.loads(hasync("status", "--json"))["heartbeat"]["state"] == "alive", seconds=10)
    as_user("sqlite3", "/home/ops/state/hasync.db", "UPDATE node SET applied_at = applied_at - 864000000")
    as_user("env", "XDG_RUNTIME_DIR=/run/user/4343", "systemctl", "--user", "start", "hasync-sync", "hasync-notify", "hasync-housekeeping")
    assert west.tell("stat", "-c", "%U %a", "/home/ops/store/current/app/f") == "ops 6755\n"
    hasync("uninstall")
    # These stay: store and state, and systemd's own notes of when a timer last ran.
    west.run("rm", "-r", "/home/ops/store", "/home/ops/.local")
    west.run("find", "/home/ops/state", "-mindepth", 1, "-delete")
    assert set(listing(west, "/home/ops")) == before
    assert json.loads(hasync("uninstall", "--json"))["changed"] is False
