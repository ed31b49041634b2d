"""Of files that have another name at the source than before, what they hold is not sent again."""
import os
import shutil

import pytest

from test_exactness import copy, is_exact_from_now_on, run_that_breaks_off
from test_resume import literal_bytes
from test_sharing import sharing_pair  # noqa: F401 (a fixture)
from trees import tree

KIB = 1 << 10


def fill(folder):
    folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        (folder / name).write_bytes(os.urandom((100 + number) * KIB))
    (folder / "below").mkdir()
    (folder / "below" / "one").write_bytes(os.urandom(100 * KIB))  # as large as the other "one"
    os.link(folder / "two", folder / "below" / "linked")
    os.utime(folder / "one", (1_000_000_000, 1_000_000_000))


def synced(pair):
    """What its newest point is, and that it is its source."""
    assert tree(pair.current / "app") == tree(pair.source)
    return pair.store / "points" / pair.current.readlink().name / "app"


def move_all(pair):
    fill(pair.source / "old")
    pair.ok("sync")
    first = synced(pair)
    before = tree(first)
    (pair.source / "old").rename(pair.source / "new")
    (pair.source / "new" / "three").chmod(0o600)
    os.utime(pair.source / "new" / "below" / "one")
    assert literal_bytes(pair) == 0
    newest = synced(pair)
    assert newest != first and tree(first) == before
    return first, newest


def test_a_folder_that_was_renamed_is_shared_with_the_point_before(pair):
    first, newest = move_all(pair)
    assert [(newest / "new" / name).stat().st_ino == (first / "old" / name).stat().st_ino for name in ("one", "two", "three", "below/one")] == [
        True, True, False, False]  # the last two have other attributes
    assert pair.json("points", "verify")["damaged"] == []
    assert pair.json("points", "verify")["unrecorded"] == 0


def test_a_run_tells_what_it_sent_and_not_what_had_only_moved(pair):
    fill(pair.source / "old")
    pair.ok("sync")
    (pair.source / "old").rename(pair.source / "new")
    (pair.source / "more").write_bytes(os.urandom(70 * KIB))
    assert pair.json("sync")["bytes_transferred"] == 70 * KIB


def test_a_folder_that_was_renamed_is_not_sent_again_over_ssh(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 1)
    move_all(pair)


def test_on_a_store_that_shares_blocks_it_is_not_sent_again_either(sharing_pair):  # noqa: F811
    move_all(sharing_pair[0])


def test_rotated_files_are_not_sent_again(pair):
    logs = [pair.source / name for name in ("log", "log.1", "log.2")]
    for number, path in enumerate(logs):
        path.write_bytes(os.urandom((300 - 100 * (number % 2) + number) * KIB))
    pair.ok("sync")
    logs[1].rename(logs[2])
    logs[0].rename(logs[1])
    logs[0].write_text("begun\n")
    assert literal_bytes(pair) == len("begun\n")
    synced(pair)


@pytest.mark.parametrize("same_time", [True, False])
def test_another_file_of_the_same_name_size_and_time_is_no_moved_one(pair, same_time):
    for name in ("old", "new"):
        (pair.source / name).mkdir()
    (pair.source / "old" / "file").write_bytes(os.urandom(100 * KIB))
    os.utime(pair.source / "old" / "file", (1_000_000_000, 1_000_000_000))
    pair.ok("sync")
    (pair.source / "old" / "file").unlink()
    (pair.source / "new" / "file").write_bytes(os.urandom(100 * KIB))
    if same_time:
        os.utime(pair.source / "new" / "file", (1_000_000_000, 1_000_000_000))
    assert literal_bytes(pair) == 100 * KIB
    synced(pair)
    pair.ok("points", "verify")


def rotate(pair):
    """What the log held is a copy by now, and another name is still the file that it was."""
    (pair.source / "log").write_bytes(os.urandom(100 * KIB))
    os.link(pair.source / "log", pair.source / "snapshot")
    pair.ok("sync")
    copy(pair.source / "log", pair.source / "log.1")
    (pair.source / "log").unlink()
    (pair.source / "log").write_text("begun")


def copy_each_name(pair):
    (pair.source / "old").mkdir()
    (pair.source / "old" / "a").write_bytes(os.urandom(100 * KIB))
    os.link(pair.source / "old" / "a", pair.source / "old" / "b")
    pair.ok("sync")
    (pair.source / "new").mkdir()
    for name in ("a", "b"):
        copy(pair.source / "old" / name, pair.source / "new" / name)
    shutil.rmtree(pair.source / "old")


@pytest.mark.parametrize("change", [rotate, copy_each_name])
def test_files_that_were_names_of_one_are_not_made_one_again_by_a_guess(pair, change):
    change(pair)
    is_exact_from_now_on(pair)


def test_what_moved_in_a_run_that_broke_off_is_not_made_one_with_what_is_there_again(pair, tmp_path):
    (pair.source / "old").mkdir()
    (pair.source / "old" / "a").write_bytes(os.urandom(100 * KIB))
    pair.ok("sync")
    (pair.source / "new").mkdir()
    (pair.source / "old" / "a").rename(pair.source / "new" / "a")
    run_that_breaks_off(pair, tmp_path)
    copy(pair.source / "new" / "a", pair.source / "old" / "a")
    is_exact_from_now_on(pair)
