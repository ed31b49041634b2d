"""What a run that did not come to its end had fetched is not fetched again."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import wait_for
from own_host import keep_mounts_to_ourselves, needs_root
from trees import tree

MIB = 1 << 20


def kill_all(pair, running):
    running.kill()
    subprocess.run(["pkill", "-KILL", "-f", str(pair.store)], check=False, timeout=30)  # rsync, too


ENDS = {"connection lost": lambda pair, running, server: server.drop_connections(),
        "interrupted": lambda pair, running, server: running.send_signal(signal.SIGINT),
        "killed": lambda pair, running, server: kill_all(pair, running)}


def slow_rsync(server, begun):
    """The peer's rsync says when it begins to send, not to plan, and what it sent in the end."""
    (server.bin / "rsync").write_text(f'#!/bin/sh\ncase "$3" in *n*e.*) ;; *) : >{begun} ;; esac\nexec /usr/bin/rsync "$@"\n')
    (server.bin / "rsync").chmod(0o755)


@pytest.fixture
def resuming(ssh_pair, tmp_path):
    pair, server = ssh_pair
    server.describe("primary", 1)
    slow_rsync(server, tmp_path / "begun")
    return pair, server, tmp_path / "begun"


def end_in_the_middle(pair, server, begun, end, there):
    """A run that is ended once `there` says that it came so far."""
    pair.set("sync", bandwidth_limit="12MiB/s")
    running = pair.start("sync")
    wait_for(begun)
    there()
    ENDS[end](pair, running, server)
    running.communicate(timeout=60)
    assert running.returncode != 0
    pair.set("sync", bandwidth_limit=0)
    begun.unlink()


def literal_bytes(pair):
    """What had to be sent as it is in the next run, as rsync counts."""
    program = shutil.which("rsync", path="/usr/bin:/bin")
    shims = pair.folder / "counting"
    shims.mkdir()
    (shims / "rsync").write_text(f'#!/bin/sh\n{program} "$@" | tee -a {shims}/said\n')
    (shims / "rsync").chmod(0o755)
    pair.ok("sync", env={"PATH": f"{shims}:/usr/local/bin:/usr/bin:/bin"})
    return sum(int(number.replace(",", "")) for number in re.findall(r"Literal data: ([\d,]+)", (shims / "said").read_text()))


def part_of(pair, name):
    """rsync's own file for what it has of `name` so far."""
    return next(iter(sorted((pair.store / "incoming").rglob(f".{name}.*"))), None)


def wait_until_large(pair, name, size):
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(FileNotFoundError):
            if (part := part_of(pair, name)) and part.stat().st_size >= size:
                return
        assert time.monotonic() < deadline, f"{name} did not grow"
        time.sleep(0.02)


@pytest.mark.parametrize("end", ENDS)
def test_of_a_large_file_what_came_is_not_sent_again(resuming, end):
    pair, server, begun = resuming
    (pair.source / "large").write_bytes(os.urandom(40 * MIB))
    end_in_the_middle(pair, server, begun, end, lambda: wait_until_large(pair, "large", 6 * MIB))
    assert not pair.current.exists()
    assert literal_bytes(pair) < 35 * MIB
    assert tree(pair.current / "app") == tree(pair.source)
    assert not (pair.store / "interrupted").exists()
    assert pair.json("points", "verify")["damaged"] == []


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("first", ["first copy", "changes"])
def test_whole_files_that_came_are_not_sent_again(resuming, end, first):
    pair, server, begun = resuming
    (pair.source / "always").write_text("1")
    if first == "changes":
        pair.ok("sync")
        begun.unlink()
    for number in range(8):
        (pair.source / f"file {number}").write_bytes(os.urandom(MIB))
    (pair.source / "zzz").write_bytes(os.urandom(24 * MIB))  # comes last
    os.link(pair.source / "file 1", pair.source / "hard")
    before = pair.current.exists() and pair.current.readlink()
    end_in_the_middle(pair, server, begun, end, lambda: wait_until_large(pair, "zzz", 1))
    assert (pair.current.exists() and pair.current.readlink()) == before
    assert literal_bytes(pair) < 26 * MIB
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("points", "verify")["damaged"] == []
    assert pair.json("points", "verify")["unrecorded"] == 0
    assert not (pair.store / "interrupted").exists()


def test_what_a_killed_run_had_is_not_trusted(resuming):
    pair, server, begun = resuming
    (pair.source / "file").write_bytes(os.urandom(MIB))
    (pair.source / "zzz").write_bytes(os.urandom(12 * MIB))
    end_in_the_middle(pair, server, begun, "killed", lambda: wait_until_large(pair, "zzz", 1))
    came = pair.store / "incoming" / "app" / "file"
    was = came.stat()
    with came.open("r+b") as file:  # as a disk may have it that the machine went down with, or that failed
        file.write(bytes(MIB // 2))
    os.utime(came, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert literal_bytes(pair) < 13 * MIB
    assert tree(pair.current / "app") == tree(pair.source)


@needs_root
@pytest.mark.parametrize("end", ["interrupted", "killed"])
def test_what_came_is_not_asked_room_for_again(resuming, end):
    pair, server, begun = resuming
    small = pair.folder / "small"
    small.mkdir()
    keep_mounts_to_ourselves()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", str(small)], check=True, timeout=30)
    try:
        pair.store = small / "store"
        pair.set("sync", store=str(pair.store))
        (pair.source / "aaa").write_bytes(os.urandom(16 * MIB))
        (pair.source / "zzz").write_bytes(os.urandom(12 * MIB))
        end_in_the_middle(pair, server, begun, end, lambda: wait_until_large(pair, "zzz", 1))
        # What is not trusted would stand beside what comes, and goes first.
        assert literal_bytes(pair) < (14 * MIB if end == "interrupted" else 29 * MIB)
    finally:
        subprocess.run(["umount", str(small)], check=True, timeout=30)


@needs_root
def test_what_fills_the_disk_does_not_stay(resuming):
    pair, server, begun = resuming
    small = pair.folder / "small"
    small.mkdir()
    keep_mounts_to_ourselves()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(small)], check=True, timeout=30)
    try:
        pair.store = small / "store"
        pair.set("sync", store=str(pair.store))
        (pair.source / "sparse").write_bytes(os.urandom(12 * MIB))
        assert "no room left" in pair.fails_to_sync("--force=room")
        assert not (pair.store / "interrupted").exists()
    finally:
        subprocess.run(["umount", str(small)], check=True, timeout=30)
