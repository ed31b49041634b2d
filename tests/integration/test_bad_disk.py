"""Disks that are full by quota, or that fail, on either side: nothing is published, and the message says what it was."""
import contextlib
import os
import re
import sqlite3
import subprocess

import pytest

from conftest import HASYNC, shim
from own_host import keep_mounts_to_ourselves, needs_root
from test_sharing import mounted, store_on
from trees import tree

MIB = 1 << 20
pytestmark = needs_root


def unmount(folder):
    subprocess.run(["umount", str(folder)], check=True, timeout=60)


def mount_image(image, folder):
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True, timeout=60)


def test_a_source_that_cannot_be_read_fails_the_run_and_names_the_file(pair):
    with mounted("ext4", pair.folder / "disk", 64 * MIB) as disk:
        source = disk / "source"
        source.mkdir()
        (source / "small").write_text("1")
        (source / "large").write_bytes(os.urandom(40 * MIB))
        pair.set("sync", datasets=[{"name": "app", "source": str(source)}])
        pair.ok("sync")
        point, before = pair.current.readlink(), tree(pair.current / "app")
        (source / "large").touch()
        unmount(disk)
        image = disk.with_suffix(".image")
        size = image.stat().st_size
        mount_image(image, disk)
        os.truncate(image, size // 3)  # as if the rest of the disk had gone
        told = pair.fails_to_sync()
        os.truncate(image, size)
        assert "not everything could be read or written, so nothing is published" in told
        assert f"{source}/large" in told and "Input/output error" in told
        assert pair.current.readlink() == point and tree(pair.current / "app") == before


@contextlib.contextmanager
def disk_that_fails(folder, size, room):
    """A file system that believes in more room than the disk under it can write."""
    keep_mounts_to_ourselves()
    below = folder.with_name(f"{folder.name}-below")
    below.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(below)], check=True, timeout=60)
    try:
        image = below / "image"
        with image.open("wb") as file:
            file.truncate(size)
        subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", str(image)], check=True, timeout=60)
        folder.mkdir()
        mount_image(image, folder)
        try:
            yield folder
        finally:
            unmount(folder)
    finally:
        unmount(below)


@contextlib.contextmanager
def store_too_large_for_its_disk(pair):
    """A point is in it, and the next does not fit."""
    with disk_that_fails(pair.folder / "failing", 128 * MIB, 24 * MIB) as disk:
        store_on(pair, disk)
        (pair.source / "f").write_text("1")
        pair.ok("sync")
        (pair.source / "large").write_bytes(os.urandom(60 * MIB))
        yield disk


def test_a_store_whose_disk_loses_what_was_written_publishes_nothing(pair):
    with store_too_large_for_its_disk(pair):
        point = pair.current.readlink()
        told = pair.run("sync")
        assert told.returncode == 1, told
        assert "I/O error" in told.stderr or "Input/output error" in told.stderr
        assert pair.current.readlink() == point
        assert tree(pair.current / "app")[b"f"][4] == b"1"


def test_an_error_of_the_disk_that_somebody_elses_sync_heard_of_first_publishes_nothing(pair):
    with store_too_large_for_its_disk(pair) as disk:
        point = pair.current.readlink()
        heard = pair.folder / "heard"
        works_again = f"mount -o remount,size=200M {disk}-below"
        shims = shim(pair.folder, "rsync", f"""/usr/bin/rsync "$@"
ended=$?
[ ! -e {pair.store}/incoming/app/large ] || {{ sync -f {disk} 2>>{heard}; {works_again}; }}
exit $ended""")
        told = pair.run("sync", env={"PATH": f"{shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin"})
        assert "error syncing" in heard.read_text()
        assert told.returncode == 1 and f"cannot write {pair.store} to disk: " in told.stderr, told
        assert pair.current.readlink() == point and not (pair.store / "incoming").exists() and not (pair.store / "interrupted").exists()


def test_what_an_interrupted_run_could_not_bring_to_disk_is_of_no_use_to_the_next(pair):
    with store_too_large_for_its_disk(pair):
        no_answer = 30  # rsync(1)
        shims = shim(pair.folder, "rsync", f'/usr/bin/rsync "$@"\nended=$?\n[ ! -e {pair.store}/incoming/app/large ] || exit {no_answer}\nexit $ended')
        told = pair.fails_to_sync(env={"PATH": f"{shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin"})
        assert f"; what came is dropped: cannot write {pair.store} to disk: " in told
        assert not (pair.store / "interrupted").exists()


def test_a_copy_of_a_database_that_has_no_room_is_not_begun(pair):
    with mounted("ext4", pair.folder / "state", 64 * MIB) as state:
        path = pair.folder / "app.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE t (x)")
            database.execute("INSERT INTO t VALUES (zeroblob(?))", (80 * MIB,))
            database.commit()
        # It is the system's word that there is no room that is wanted, not SQLite's, for which the disk had to be filled first.
        told = subprocess.run([HASYNC, "--state-dir", state, "agent", "dump", "sqlite", path], capture_output=True, text=True, timeout=60)
        assert told.returncode == 1 and told.stdout == ""
        assert re.search(rf"no room for the copy of {path} that is made in {state}: 80\.\d MiB needed, \d+\.\d MiB free", told.stderr), told.stderr


WHOLE = '/usr/bin/rsync "$@"'
# As far as more than the disk can hold, and then rsync keeps what it has (rsync(1), --partial-dir).
A_PART = """/usr/bin/rsync --bwlimit=40000 "$@" & pid=$!
while [ $(cat {store}/incoming/app/.large.* 2>/dev/null | wc -c) -lt 45000000 ]; do sleep 0.05; done
kill -TERM $pid; wait $pid"""


@pytest.mark.parametrize("had", [WHOLE, A_PART], ids=["whole", "a part"])
def test_what_a_killed_run_wrote_to_a_disk_that_failed_is_written_anew(pair, had):
    """Whether the disk has it only the killed run could have heard; somebody else's sync did."""
    with store_too_large_for_its_disk(pair) as disk:
        heard, lock = pair.folder / "heard", pair.store / "lock"
        works_again = f"mount -o remount,size=200M {disk}-below"
        shims = shim(pair.folder, "rsync", f"""case "$*" in *--dry-run*) exec /usr/bin/rsync "$@" ;; esac
{had.replace("{store}", str(pair.store))}
kill -9 $PPID; sync -f {disk} 2>{heard}; {works_again}""")
        assert pair.run("sync", env={"PATH": f"{shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin"}).returncode == -9
        subprocess.run(["flock", lock, "true"], check=True, timeout=60)  # until the shim has ended
        assert "error syncing" in heard.read_text()
        pair.ok("sync")
        unmount(disk)
        mount_image(disk.with_name(f"{disk.name}-below") / "image", disk)
        assert tree(pair.current / "app") == tree(pair.source)


def test_what_a_killed_run_left_does_not_make_a_new_name_of_a_large_file_take_room(pair):
    with mounted("ext4", pair.folder / "disk", 64 * MIB) as disk:
        store_on(pair, disk)
        (pair.source / "a").write_bytes(os.urandom(30 * MIB))
        os.link(pair.source / "a", pair.source / "b")
        (pair.source / "g").write_text("1")
        pair.ok("sync")
        (pair.source / "g").write_text("22")
        killed = shim(pair.folder, "rsync", """/usr/bin/rsync "$@" || exit\ncase "$*" in *--dry-run*) ;; *) kill -9 $PPID ;; esac""")
        assert pair.run("sync", env={"PATH": killed}).returncode == -9
        subprocess.run(["flock", pair.store / "lock", "true"], check=True, timeout=60)
        os.link(pair.source / "a", pair.source / "c")
        pair.ok("sync")
        assert tree(pair.current / "app") == tree(pair.source)


def test_on_btrfs_what_a_run_that_broke_off_shares_with_the_newest_point_makes_no_room(pair):
    with mounted("btrfs", pair.folder / "disk", 256 * MIB) as disk:
        store_on(pair, disk)
        (pair.source / "old").write_bytes(os.urandom(100 * MIB))
        pair.ok("sync")
        (pair.source / "new").write_bytes(os.urandom(MIB))
        breaking = shim(pair.folder, "rsync", """/usr/bin/rsync "$@" || exit\ncase "$*" in *--dry-run*) ;; *) exit 12 ;; esac""")
        assert pair.run("sync", env={"PATH": f"{breaking}:/usr/sbin"}).returncode == 1 and any((pair.store / "interrupted").iterdir())
        (pair.source / "new").write_bytes(os.urandom(130 * MIB))
        assert "no room: 130.0 MiB are to come" in pair.fails_to_sync()


def test_room_is_asked_for_files_whose_attributes_change(pair):
    with mounted("ext4", pair.folder / "disk", 24 * MIB) as disk:
        store_on(pair, disk)
        (pair.source / "large").write_bytes(os.urandom(12 * MIB))
        pair.ok("sync")
        (pair.source / "large").chmod(0o600)
        assert "no room: 12.0 MiB are to come" in pair.fails_to_sync()


def test_a_store_without_inodes_enough_is_not_begun_with(pair):
    with mounted("ext4", pair.folder / "disk", 64 * MIB, "-N", "100") as disk:
        store_on(pair, disk)
        (pair.source / "f").write_text("1")
        pair.ok("sync")
        point = pair.current.readlink()
        for number in range(150):
            (pair.source / f"more{number}").touch()
        told = pair.fails_to_sync()
        assert "no room: 150 files are to come" in told and " inodes free, of which each needs one" in told
        told = pair.fails_to_sync("--force=room")
        assert f"no room left in the store {pair.store}" in told and " MiB and " in told and told.rstrip().endswith("free)"), told
        assert pair.current.readlink() == point
        for number in range(1, 150):
            (pair.source / f"more{number}").unlink()
            os.link(pair.source / "more0", pair.source / f"more{number}")  # takes no inode
        pair.ok("sync")


def test_a_quota_says_so_with_the_room_that_is_left(pair):
    with mounted("btrfs", pair.folder / "disk") as disk:
        store_on(pair, disk)
        subprocess.run(["btrfs", "quota", "enable", str(disk)], check=True, timeout=60)
        (pair.source / "f").write_text("1")
        pair.ok("sync")
        point = pair.current.readlink()
        (pair.source / "large").write_bytes(os.urandom(20 * MIB))
        # A new subvolume has no limit; it gets one before rsync writes to it.
        shims = shim(pair.folder, "rsync", f"[ ! -d {pair.store}/incoming ] || btrfs qgroup limit 4M {pair.store}/incoming || exit 1\nexec /usr/bin/rsync \"$@\"")
        told = pair.fails_to_sync(env={"PATH": f"{shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin"})
        assert f"no room left in the store {pair.store}" in told and " free)" in told
        assert pair.current.readlink() == point and not (pair.store / "interrupted").exists()
