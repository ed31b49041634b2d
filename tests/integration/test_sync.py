"""Sync runs with the real rsync, local and through a real sshd."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from conftest import HASYNC, shim, slow_rsync, wait_for
from servers import ResettingServer, SilentServer
from trees import fill, tree

ROOT = os.geteuid() == 0


def test_a_point_is_the_source_exactly(pair):
    fill(pair.source)
    told = pair.json("sync")
    assert told["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)
    assert os.stat(pair.current / "app" / "sparse").st_blocks * 512 < 1 << 20


def test_hard_links_stay_links_within_a_point(pair):
    (pair.source / "one").write_text("x")
    os.link(pair.source / "one", pair.source / "two")
    (pair.source / "other").write_text("x")
    pair.ok("sync")
    point = pair.current / "app"
    assert os.stat(point / "one").st_ino == os.stat(point / "two").st_ino != os.stat(point / "other").st_ino


def test_nothing_changed_publishes_nothing_and_moves_the_data_age_on(pair):
    (pair.source / "f").write_text("1")
    first = pair.json("sync")
    second = pair.json("sync")
    assert (first["result"], second["result"]) == ("success", "unchanged")
    assert second["point"] == first["point"]
    points = pair.json("points", "list")["points"]
    assert len(points) == 1 and points[0]["at"] > first["started"]


def test_unchanged_files_are_shared_and_changed_attributes_never_leak_into_an_older_point(pair):
    (pair.source / "same").write_text("same")
    (pair.source / "mode").write_text("mode")
    (pair.source / "mode").chmod(0o644)
    pair.ok("sync")
    old = pair.current.resolve() / "app"
    (pair.source / "mode").chmod(0o600)
    before = tree(old)
    pair.ok("sync")
    new = pair.current.resolve() / "app"
    assert new != old
    assert tree(old) == before
    assert stat.S_IMODE(os.stat(new / "mode").st_mode) == 0o600
    assert os.stat(new / "same").st_ino == os.stat(old / "same").st_ino


def test_a_change_within_the_same_second_and_size_is_seen(pair):
    (pair.source / "f").write_text("1")
    os.utime(pair.source / "f", ns=(0, 5_000_000_000))
    pair.ok("sync")
    (pair.source / "f").write_text("2")
    os.utime(pair.source / "f", ns=(0, 5_000_000_001))
    assert pair.json("sync")["result"] == "success"
    assert (pair.current / "app" / "f").read_text() == "2"


def test_deleted_and_excluded_files_are_not_in_the_new_point(pair):
    pair.settings["sync"]["datasets"][0]["exclude"] = ["cache/"]
    pair.save()
    (pair.source / "cache").mkdir()
    (pair.source / "cache" / "big").write_text("x")
    (pair.source / "gone").write_text("x")
    (pair.source / "stays").write_text("x")
    pair.ok("sync")
    assert sorted(os.listdir(pair.current / "app")) == ["gone", "stays"]
    (pair.source / "gone").unlink()
    assert pair.json("sync")["files_deleted"] == 1
    assert os.listdir(pair.current / "app") == ["stays"]
    assert pair.json("sync")["result"] == "unchanged"


def test_only_keep_points_are_kept(pair):
    pair.set("sync", keep=2)
    for each in range(4):
        (pair.source / "f").write_text(f"content {each}")
        pair.ok("sync")
    listed = pair.json("points", "list")["points"]
    assert len(listed) == 2 and listed[0]["current"]
    assert sorted(os.listdir(pair.store / "points")) == sorted(point["id"] for point in listed)
    assert not (pair.store / "trash").exists()


def test_a_second_dataset_is_part_of_the_same_point(pair, tmp_path):
    other = tmp_path / "etc"
    other.mkdir()
    (other / "conf").write_text("c")
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    pair.settings["sync"]["datasets"].append({"name": "etc", "source": str(other)})
    pair.save()
    assert pair.json("sync")["result"] == "success"
    assert sorted(os.listdir(pair.current)) == ["app", "etc"]
    shutil.rmtree(other)
    failed = pair.run("sync")
    assert failed.returncode == 1
    assert failed.stderr == f"hasync: dataset etc: east has no folder {other}; is it mounted?\n"
    assert sorted(os.listdir(pair.current)) == ["app", "etc"]


def test_a_missing_source_fails_and_nothing_is_lost(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    before = os.readlink(pair.current)
    pair.source.rename(pair.source.with_name("elsewhere"))
    failed = pair.run("sync")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == f"hasync: dataset app: east has no folder {pair.source}; is it mounted?\n"
    assert os.readlink(pair.current) == before
    assert pair.history("syncs")[0]["result"] == "failed"


def test_a_source_that_is_a_single_file_is_refused(pair):
    pair.source.rmdir()
    pair.source.write_text("a file")
    failed = pair.run("sync")
    assert failed.returncode == 1
    assert failed.stderr == f"hasync: dataset app: {pair.source} on east is not a folder; name the folder it is in, and exclude the rest\n"


def test_an_empty_source_is_not_taken_for_data_at_the_first_sync_either(pair):
    held = pair.run("sync")
    assert held.returncode == 6 and "holds no file; is it mounted?" in held.stderr
    assert not pair.current.exists()
    pair.ok("sync", "--force=empty-source")
    assert pair.current.exists()


def test_a_source_unmounted_between_plan_and_transfer_is_refused(pair, tmp_path):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (pair.source / "f").write_text("22")
    path = shim(tmp_path, "rsync", f'/usr/bin/rsync "$@" || exit\ncase "$*" in *--dry-run*) rm -f {pair.source}/f ;; esac')
    assert pair.run("sync", env={"PATH": path}).returncode == 6
    assert (pair.current / "app" / "f").read_text() == "1"


def test_an_unreadable_file_fails_the_run(pair, tmp_path):
    if ROOT:
        pytest.skip("root reads everything")
    (pair.source / "f").write_text("1")
    (pair.source / "f").chmod(0)
    failed = pair.run("sync")
    assert failed.returncode == 1 and "nothing is published" in failed.stderr
    assert not pair.current.exists()


def test_rsync_missing(pair, tmp_path):
    (pair.source / "f").write_text("1")
    failed = pair.run("sync", env={"PATH": str(tmp_path)})
    assert (failed.returncode, failed.stderr) == (1, "hasync: dataset app: cannot start rsync: No such file or directory\n")


@pytest.mark.parametrize("body,told", [
    ("kill -9 $$", "dataset app: rsync was killed by signal 9 (Killed)"),
    ("exit 12", "dataset app: rsync failed with exit status 12: "),
    ("echo 'rsync: broken pipe' >&2; exit 23", "dataset app: not everything could be read or written, so nothing is published: rsync: broken pipe"),
    ("trap '' TERM; while :; do sleep 0.1; done", "dataset app: the run took longer than sync.timeout 10s and was ended"),
])
def test_rsync_killed_failing_or_hanging(pair, tmp_path, body, told):
    pair.set("sync", timeout="10s")
    failed = pair.run("sync", env={"PATH": shim(tmp_path, "rsync", body)})
    assert failed.returncode == 1
    assert failed.stderr == f"hasync: {told}\n"
    assert not pair.current.exists()


def test_vanished_files_are_a_success_with_a_note(pair, tmp_path):
    """The sender's open(2) of one finds nothing, though it was listed."""
    for name in ("f", "gone", "h"):
        (pair.source / name).write_text(name)
    calls = "open,openat,openat2"
    body = f'exec strace -f -qq -o /dev/null -P gone -e trace={calls} -e inject={calls}:error=ENOENT /usr/bin/rsync "$@"'
    told = json.loads(pair.ok("sync", "--json", env={"PATH": shim(tmp_path, "rsync", body)}))
    assert (told["result"], told["note"]) == ("success", "dataset app: some files vanished while they were read")
    assert sorted(os.listdir(pair.current / "app")) == ["f", "h"]
    assert pair.json("points", "verify")["damaged"] == []
    assert pair.json("sync")["result"] == "success" and tree(pair.current / "app") == tree(pair.source)


@pytest.mark.skipif(not ROOT, reason="mounting a small tmpfs needs root")
def test_a_full_store_publishes_nothing_and_says_how_much_room_there_is(pair):
    """It is asked before anything is sent; what holes take cannot be known then, and may be forced."""
    pair.store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(pair.store)], check=True)
    try:
        (pair.source / "f").write_text("1")
        pair.ok("sync")
        (pair.source / "big").write_bytes(os.urandom(4 << 20))
        refused = pair.run("sync")
        assert refused.returncode == 1
        assert f"no room: 4.0 MiB are to come, and the store {pair.store} has " in refused.stderr
        failed = pair.run("sync", "--force=room")
        assert failed.returncode == 1
        assert f"dataset app: no room left in the store {pair.store}; make room there, or lower sync.keep (" in failed.stderr
        assert os.listdir(pair.current / "app") == ["f"]
        assert not (pair.store / "incoming").exists()
        (pair.source / "big").unlink()
        with open(pair.source / "hole", "wb") as file:
            file.truncate(4 << 20)
        pair.ok("sync", "--force=room")
    finally:
        subprocess.run(["umount", str(pair.store)], check=True)


@pytest.mark.skipif(not ROOT, reason="a read-only mount needs root")
def test_a_read_only_store_is_told_and_can_still_be_promoted_from(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (pair.source / "f").write_text("2")
    mounted = ["unshare", "--mount", "sh", "-c", f'mount --bind {pair.store} {pair.store} && mount -o remount,ro,bind {pair.store} && exec "$@"', "sh", HASYNC]
    failed = subprocess.run([*mounted, "sync"], env=pair.environment(), capture_output=True, text=True, timeout=60)
    assert failed.returncode == 1 and "Read-only file system" in failed.stderr and failed.stderr.count("\n") == 1
    assert (pair.current / "app" / "f").read_text() == "1"
    promoted = subprocess.run([*mounted, "promote"], env=pair.environment(), capture_output=True, text=True, timeout=60)
    assert promoted.returncode == 0 and (pair.live / "f").read_text() == "1"


@pytest.mark.skipif(not ROOT, reason="mounting a small tmpfs needs root")
def test_a_full_disk_under_the_state_is_told(pair):
    pair.state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(pair.state)], check=True)
    try:
        (pair.source / "f").write_text("1")
        pair.ok("status")
        with contextlib.suppress(OSError), open(pair.state / "filler", "wb") as filler:
            while True:
                filler.write(b"x" * 4096)
                filler.flush()
        failed = pair.run("sync")
        assert failed.returncode == 1 and failed.stderr.count("\n") == 1
        assert f"store {pair.state}/hasync.db: cannot " in failed.stderr and "is its file system full or failing? Make room there" in failed.stderr
        assert not pair.current.exists()
        (pair.state / "filler").unlink()
        pair.ok("sync")
    finally:
        subprocess.run(["umount", str(pair.state)], check=True)


def test_a_store_that_cannot_be_made_is_told(pair, tmp_path):
    pair.set("sync", store=str(tmp_path / "no" / "store"))
    failed = pair.run("sync")
    assert (failed.returncode, failed.stderr) == (1, f"hasync: there is no folder {tmp_path}/no for the store; make it, or set sync.store\n")
    (tmp_path / "file").write_text("")
    pair.set("sync", store=str(tmp_path / "file"))
    assert pair.run("sync").stderr == f"hasync: the store {tmp_path}/file is a file, not a folder; set sync.store\n"


def test_a_second_run_is_skipped_and_names_the_holder(pair, tmp_path):
    (pair.source / "f").write_text("1")
    path, begun, go = slow_rsync(tmp_path)
    first = pair.start("sync", env={"PATH": path})
    wait_for(begun)
    second = pair.run("sync")
    assert second.returncode == 5
    assert f"(pid {first.pid})" in second.stderr
    go.touch()
    assert first.wait(30) == 0
    assert sorted(item["result"] for item in pair.history("syncs")) == ["skipped", "success"]


@pytest.mark.parametrize("words", [["sync"], ["agent", "sync"]], ids=" ".join)
def test_sigterm_ends_the_run_cleanly_and_is_recorded(pair, tmp_path, words):
    (pair.source / "f").write_text("1")
    path, begun, _ = slow_rsync(tmp_path)
    make_due(pair)
    running = pair.start(*words, env={"PATH": path})
    wait_for(begun)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=30)
    # Of a run that nobody watches rsync was not asked how far it is.
    far = ", 1 B of 1 B, from which the next run goes on" if words == ["sync"] else ""
    assert running.returncode == 130
    assert re.fullmatch(rf"hasync: interrupted after [\d.]+ m?s while fetching app{far}; nothing is published, and there is no point yet\n", errors), errors
    record = pair.history("syncs")[0]
    assert record["result"] == "interrupted" and f"hasync: {record['summary']}\n" == errors
    assert not pair.current.exists() and not (pair.store / "incoming").exists()


def make_due(pair):
    """As `apply` would have recorded an hour ago."""
    pair.ok("status")
    with sqlite3.connect(pair.state / "hasync.db") as database:
        hour_ago = int(time.time() - 3600) * 1000
        database.execute("UPDATE node SET anchor = ?, run_every = 60000, applied_at = ?, scheduler = 'crontab'", (hour_ago, hour_ago))


def test_an_orphaned_rsync_still_blocks_the_next_run(pair, tmp_path):
    (pair.source / "f").write_text("1")
    path, begun, go = slow_rsync(tmp_path)
    killed = pair.start("sync", env={"PATH": path})
    wait_for(begun)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    assert pair.run("sync").returncode == 5
    go.touch()
    deadline = time.monotonic() + 30
    while (done := pair.run("sync")).returncode == 5:
        assert time.monotonic() < deadline
    assert done.returncode == 0
    results = [item["result"] for item in pair.history("syncs")]
    assert results[0] == "success" and results[-1] == "interrupted"


def test_a_run_killed_after_publishing_is_known_as_a_success(pair):
    (pair.source / "f").write_text("1")
    point = pair.json("sync")["point"]
    subprocess.run(["sqlite3", str(pair.state / "hasync.db"), f"UPDATE sync_runs SET result = 'running'; DELETE FROM points WHERE id = '{point}'"], check=True)
    assert pair.json("sync")["result"] == "unchanged"
    assert [item["result"] for item in pair.history("syncs")] == ["unchanged", "success"]
    assert pair.json("points", "list")["points"][0]["id"] == point


def test_a_lost_database_is_rebuilt_from_the_store(pair):
    (pair.source / "f").write_text("1")
    point = pair.json("sync")["point"]
    shutil.rmtree(pair.state)
    assert pair.json("why")["would_promote"] is True
    assert pair.json("sync")["point"] == point


def test_dry_run_changes_nothing(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (pair.source / "g").write_text("2")

    def stored():  # without what those who read a database share in memory
        return {name: entry for name, entry in tree(pair.store).items() if name != b"catalog.db-shm"}

    before = stored()
    told = pair.json("sync", "--dry-run")
    assert told["would_change"] and told["datasets"][0]["files_changed"] == 1
    assert stored() == before and len(pair.history("syncs")) == 1


def test_a_pause_holds_back_the_agent_and_not_the_operator(pair):
    (pair.source / "f").write_text("1")
    pair.ok("pause", "--reason", "disk swap")
    pair.ok("agent", "sync")
    assert pair.history("syncs") == []
    pair.ok("sync")


def test_sync_over_ssh_is_exact(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 3)
    fill(pair.source)
    assert pair.json("sync")["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)
    # By pulling from it, this node follows the primary's term.
    assert pair.json("status")["term"] == 3
    server.describe("primary", 4)
    guard = {guard["name"]: guard for guard in pair.json("why")["guards"]}["peer-term"]
    assert guard["verdict"] == "fail" and "east told term 4" in guard["evidence"] and "ours is 3" in guard["evidence"]
    pair.ok("sync")
    assert pair.json("why")["would_promote"] is True


# Becomes the parent of what the program leaves behind, and looks right when it has ended.
LEAVES = """
import ctypes, os, pathlib, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
status = subprocess.run(sys.argv[1:]).returncode
left = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
is_over = lambda stat: stat.rpartition(")")[2].split()[0] == "Z"
alive = [pid for pid in left if not is_over(pathlib.Path(f"/proc/{pid}/stat").read_text())]
print(*(pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\\0", " ") for pid in alive), file=sys.stderr)
sys.exit(status)
"""


def test_the_connection_ends_before_the_run_does(ssh_pair):
    """Else systemd would kill it, and log a warning."""
    pair, server = ssh_pair
    server.describe("primary", 3)
    fill(pair.source)
    done = subprocess.run([sys.executable, "-c", LEAVES, HASYNC, "sync"], env=pair.environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "\n")


def test_a_run_makes_one_connection_for_all_it_asks_and_leaves_none(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 3)
    fill(pair.source)
    pair.set("sync", datasets=[{"name": name, "source": str(pair.source)} for name in ("one", "two")])
    pair.ok("sync")
    assert server.logins() == 1
    assert not (pair.state / "peer.socket").exists()


def test_a_run_that_is_interrupted_leaves_no_connection_either(ssh_pair, tmp_path):
    pair, server = ssh_pair
    server.describe("primary", 3)
    begun = tmp_path / "begun"
    (server.bin / "rsync").write_text(f"#!/bin/sh\n: >{begun}\nexec sleep 60\n")
    (server.bin / "rsync").chmod(0o755)
    running = pair.start("sync")
    wait_for(begun)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30)
    assert running.returncode != 0
    assert not (pair.state / "peer.socket").exists()


@pytest.mark.parametrize("there", [True, False])
def test_ciphers_of_aes_gcm_come_first_where_both_have_instructions_for_aes(ssh_pair, there):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    here = re.search(r"^(flags|Features)\b.* aes\b", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE) is not None
    server.describe("primary", 1, has_aes=there)
    pair.ok("sync")  # now it is known of the peer
    said = pair.folder / "said"
    pair.ok("sync", env={"PATH": shim(pair.folder, "ssh", f'echo "$*" >>"{said}"\nexec /usr/bin/ssh "$@"')})
    master, = (line for line in said.read_text().splitlines() if " -M " in line)
    chosen = re.findall(r" -c (\S+)", master)
    assert ["-gcm" in each.split(",")[0] for each in chosen] == ([True] if here and there else [])


@pytest.mark.parametrize("limit, run, compresses", [("10MiB", ["seq", "1000"], True), ("20MiB", ["seq", "1000"], False), ("10MiB", None, False)])
def test_dumps_come_compressed_over_a_slow_link(ssh_pair, limit, run, compresses):
    pair, server = ssh_pair
    server.describe("primary", 1)
    (pair.source / "f").write_text("1")
    pair.settings["sync"]["datasets"] += [{"name": "numbers", "type": "command", "run": run}] if run else []
    pair.set("sync", bandwidth_limit=limit)
    said = pair.folder / "said"
    pair.ok("sync", env={"PATH": shim(pair.folder, "ssh", f'exec /usr/bin/ssh -v -E "{said}" "$@"')})
    assert set(re.findall(r" compression: (\S+)", said.read_text())) == {"zlib@openssh.com" if compresses else "none"}


def test_a_run_that_cannot_share_a_connection_makes_one_for_each_program(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 3)
    fill(pair.source)
    too_long = pair.state.parent / ("s" * 80)
    pair.state.rename(too_long) if pair.state.exists() else too_long.mkdir()
    pair.state = too_long
    pair.ok("sync")
    assert server.logins() == 4  # describe, plan, transfer, look again
    assert tree(pair.current / "app") == tree(pair.source)


def test_a_peer_that_is_not_primary_is_not_pulled_from(ssh_pair):
    pair, server = ssh_pair
    server.describe("secondary", 0)
    (pair.source / "f").write_text("1")
    refused = pair.run("sync")
    assert refused.returncode == 6
    assert refused.stderr == "hasync: east says that it is secondary (term 0): only a primary is pulled from; see hasync status on both\n"


def test_a_primary_left_behind_by_a_promotion_is_not_pulled_from(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 2)
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    server.describe("primary", 1)
    refused = pair.run("sync")
    assert refused.returncode == 6
    assert refused.stderr == ("hasync: east is primary of term 1, and this node knows of a promotion to term 2: what east has may be older; "
                              "if it is right all the same: hasync sync --force=peer-term\n")
    pair.ok("sync", "--dry-run", "--force=peer-term")
    assert pair.json("status")["term"] == 2 and pair.run("sync").returncode == 6
    pair.ok("sync", "--force=peer-term")
    assert pair.json("status")["term"] == 1
    pair.ok("sync")


def test_a_peer_that_is_another_node_is_not_pulled_from(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 0, node="north")
    (pair.source / "f").write_text("1")
    refused = pair.run("sync")
    assert (refused.returncode, refused.stderr) == (6, "hasync: the node at 127.0.0.1 calls itself north, not east; set peer.host or peer.name right\n")
    assert "calls itself north" in pair.run("check").stdout


def test_a_peer_without_hasync_is_pulled_from_with_a_note_but_not_taken_over_from(ssh_pair):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    told = pair.json("sync")
    assert (told["result"], told["note"]) == ("success", "east has no hasync in its PATH; install it there too")
    why = pair.json("why")
    assert why["would_promote"] is False
    server.describe("primary", 0)
    pair.ok("sync")
    (server.bin / "hasync").unlink()  # once it has told who it is, it must tell it
    assert (pair.run("sync").returncode, pair.run("sync").stderr) == (1, "hasync: east has no hasync in its PATH; install it there too\n")
    assert {guard["name"]: guard["verdict"] for guard in why["guards"]}["peer-term"] == "unknown"


@pytest.mark.parametrize("said, status, told", [
    ("echo 'hasync: /etc/hasync/hasync.yaml:3:1: settings are wrong' >&2", 3, "hasync: hasync on east: exit status 3: hasync: /etc/hasync/hasync.yaml:3:1: settings are wrong\n"),
    ("echo 'hasync: --source is not known' >&2", 2, "hasync: hasync on east does not know agent describe --source, so it is older than this one; install the same version on both\n"),
    ("echo '{}'", 0, "hasync: the peer's description of itself is not understood: {}\n")])
def test_a_peer_whose_hasync_does_not_tell_who_it_is_is_not_pulled_from_even_at_first(ssh_pair, said, status, told):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    (server.bin / "hasync").write_text(f"#!/bin/sh\n{said}\nexit {status}\n")
    (server.bin / "hasync").chmod(0o755)
    refused = pair.run("sync")
    assert (refused.returncode, refused.stderr) == (1, told)
    assert not pair.current.exists()


@pytest.mark.parametrize("fault,told", [
    ("key", "the ssh host key of east (127.0.0.1) has changed: either it was installed anew, or someone is in between. "
            "Compare its fingerprint on east itself, then replace the old key in known_hosts"),
    ("unknown", "the ssh host key of east (127.0.0.1) is not known here; put it into known_hosts after comparing its fingerprint"),
    ("identity", "east (127.0.0.1) refuses the ssh key for user"),
    ("refused", "east (127.0.0.1) refuses ssh connections; is sshd running there, and is peer.port right?"),
    ("name", "the name no-such-host.invalid of east is not known; check peer.host and the name server"),
    ("silent", "east (127.0.0.1) does not answer to ssh; is it up, and is the network?"),
    ("reset", "east (127.0.0.1) closed the connection before ssh could begin; is it sshd that listens on peer.port, and does it let this address in?"),
])
def test_each_fault_of_ssh_has_its_own_words(ssh_pair, fault, told):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    if fault == "key":
        server.trust("other_key")
    elif fault == "unknown":
        server.known_hosts.write_text("")
    elif fault == "identity":
        pair.set("peer", identity_file=str(server.folder / "other_key"))
    elif fault == "refused":
        server.__exit__()
    elif fault == "name":
        pair.set("peer", host="no-such-host.invalid")
    with SilentServer() as silent, ResettingServer() as resetting:
        if fault in ("silent", "reset"):
            port = {"silent": silent, "reset": resetting}[fault].port
            pair.set("peer", port=port)
            server.known_hosts.write_text(server.known_hosts.read_text().replace(str(server.port), str(port)))
        failed = pair.run("sync")
    assert failed.returncode == 4
    assert failed.stderr.startswith(f"hasync: {told}")
    item = pair.history("syncs")[0]
    assert item["result"] == "failed" and item["summary"].startswith(told) and not pair.current.exists()


def test_a_peer_without_rsync_is_told(ssh_pair):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    shim(server.folder, "rsync", 'echo "sh: rsync: not found" >&2; exit 127')
    (server.folder / "shims" / "rsync").rename(server.bin / "rsync")
    failed = pair.run("sync")
    assert (failed.returncode, failed.stderr) == (1, "hasync: dataset app: east has no rsync; install it there\n")


def test_a_connection_lost_in_the_middle_publishes_nothing(ssh_pair, tmp_path):
    pair, server = ssh_pair
    server.describe("primary", 0)
    (pair.source / "f").write_bytes(os.urandom(4 << 20))
    pair.set("sync", bandwidth_limit="100KiB/s")
    begun = tmp_path / "begun"
    # rsync's third word bundles its options up to "e."; with an n among them it is the plan.
    (server.bin / "rsync").write_text(f'#!/bin/sh\ncase "$3" in *n*e.*) ;; *) : >{begun} ;; esac\nexec /usr/bin/rsync "$@"\n')
    (server.bin / "rsync").chmod(0o755)
    running = pair.start("sync")
    wait_for(begun)
    server.drop_connections()
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 4 and re.match(
        r"hasync: dataset app: (east \(127\.0\.0\.1\) closed the ssh connection; .+|the ssh connection to east \(127\.0\.0\.1\) broke off)\n$", errors), errors
    assert errors.count("\n") == 1 and pair.history("syncs")[0]["result"] == "failed"
    assert not pair.current.exists() and not (pair.store / "incoming").exists()
