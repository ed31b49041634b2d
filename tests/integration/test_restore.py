"""`points restore`: what comes out of a point is exact and private, and it is there whole or not at all."""
import json
import os
import signal
import stat
import subprocess

import pytest

from conftest import shim, wait_for
from trees import fill, fill_as_root, tree

ROOT = os.geteuid() == 0


@pytest.fixture
def filled(pair):
    """A point of two datasets."""
    fill(pair.source)
    if ROOT:
        fill_as_root(pair.source)
    os.link(pair.source / "a" / "one", pair.source / "a" / "linked")
    os.link(pair.source / "a" / "one", pair.source / "linked elsewhere")
    (pair.source / "a" / "deep").mkdir(mode=0o750)
    (pair.source / "a" / "deep" / "f").write_text("deep")
    os.symlink("a", pair.source / "to a")
    for name in ("a/deep", "a"):
        os.utime(pair.source / name, ns=(1, 987_654_321_123_456_789))
    other = pair.folder / "other"
    other.mkdir()
    (other / "f").write_text("other")
    pair.settings["sync"]["datasets"].append({"name": "other", "source": str(other)})
    pair.save()
    pair.other = other
    pair.first = pair.json("sync")["point"]
    pair.to = pair.folder / "restored"
    return pair


def slow_cp(folder):
    """A cp that waits, after it has copied all, until it is told to go on: its PATH, and the files that say so."""
    begun, go = folder / "begun", folder / "go"
    return shim(folder, "cp", f'/bin/cp "$@" || exit; : >{begun}; while [ ! -e {go} ]; do sleep 0.05; done'), begun, go


def left_over(pair):
    return sorted(path.name for path in pair.folder.iterdir() if path.name.startswith("restored"))


def some_of(folder, paths):
    """Of its tree what is called so, the folders on the way, and what is in those; who shares an inode is not compared."""
    def wanted(path):
        return any(each == path or each.startswith(path + b"/") or path.startswith(each + b"/") for each in paths)
    return {path: entry[:5] + entry[6:] for path, entry in tree(folder).items() if wanted(path)}


def test_a_dataset_is_restored_exactly(filled):
    told = filled.json("points", "restore", "current", filled.to, "--dataset", "app")
    assert tree(filled.to) == tree(filled.source)
    assert os.stat(filled.to / "sparse").st_blocks * 512 < 1 << 20
    assert (told["schema"], told["id"], told["to"], told["changed"], told["paths"]) == ("hasync.points-restore/1", filled.first, str(filled.to), True, ["app"])
    assert told["files"] == sum(not stat.S_ISDIR(entry[0]) for entry in tree(filled.source).values())
    assert left_over(filled) == ["restored"]
    assert [item["summary"] for item in filled.history("events") if item["result"] == "point restored"] == [f"{filled.first} to {filled.to}"]


def test_a_restored_file_is_not_that_of_the_point(filled):
    before = tree(filled.current / "app")
    filled.ok("points", "restore", filled.first, filled.to, "--dataset=app")
    mine = {os.lstat(path).st_ino for path in filled.to.rglob("*")}
    assert mine.isdisjoint(os.lstat(path).st_ino for path in (filled.current / "app").rglob("*"))
    for name in ("a/one", "a/mode"):
        (filled.to / name).write_text("written to")
        (filled.to / name).chmod(0o600)
    assert tree(filled.current / "app") == before
    assert filled.json("points", "verify")["damaged"] == []


def test_a_whole_point_has_a_folder_for_each_dataset(filled):
    filled.to.mkdir()  # empty
    told = filled.ok("points", "restore", "current", f"{filled.to}/")
    assert told.startswith(f"point {filled.first} is restored to {filled.to} · ")
    assert sorted(os.listdir(filled.to)) == ["app", "other"]
    assert tree(filled.to / "app") == tree(filled.source) and tree(filled.to / "other") == tree(filled.other)


@pytest.mark.parametrize("words,below", [(["app/a/deep", "./app//a/one", "app/a/deep/f", "app/linked elsewhere", "app/-rf"], "app"),
                                         (["--dataset=app", "--", "a/deep/", "a/one", "linked elsewhere", "-rf"], ".")], ids=["of the point", "of a dataset"])
def test_only_some_of_it(filled, words, below):
    filled.ok("points", "restore", "current", filled.to, *words)
    restored = filled.to / below
    paths = [b".", b"a/deep", b"a/one", b"linked elsewhere", b"-rf"]
    assert some_of(restored, paths) == some_of(filled.source, paths) and len(some_of(restored, paths)) == 7
    assert tree(restored).keys() == some_of(restored, paths).keys()
    assert os.lstat(restored / "a" / "one").st_ino == os.lstat(restored / "linked elsewhere").st_ino
    assert os.stat(restored / "a" / "one").st_nlink == 2


@pytest.mark.parametrize("path", ["../app", "app/../../..", "/etc/passwd", "app/to a/one", "app/link/x", "app/a/one/x", "nothing", "app/nothing"])
def test_a_path_that_is_not_in_the_point_is_refused(filled, path):
    refused = filled.run("points", "restore", "current", filled.to, path)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert any(words in refused.stderr for words in ("leads upwards", "is absolute", f"point {filled.first} holds no "))
    assert left_over(filled) == []
    assert filled.run("points", "restore", "current", filled.to, "--dataset=app", f"../other/{path}").returncode == 2
    assert filled.run("points", "restore", "current", filled.to, "--dataset=no").returncode == 2


def test_nothing_is_ever_merged_or_overwritten_and_the_store_stays_ours(filled):
    filled.to.mkdir()
    (filled.to / "mine").write_text("mine")
    (filled.folder / "file").write_text("mine")
    (filled.folder / "link").symlink_to(filled.folder)
    (filled.folder / "to store").symlink_to(filled.store)
    before = tree(filled.store)
    for to, words in (("restored", "is there already, and nothing is ever merged"), ("file", "is there already"), ("link", "is there already"), ("store/x", "is within the store"),
                      ("store/points/x", "is within the store"), ("to store/live", "is within the store"), ("link/store/x", "is within the store")):
        refused = filled.run("points", "restore", "current", filled.folder / to)
        assert refused.returncode == 6 and words in refused.stderr and refused.stderr.count("\n") == 1, to
    missing = filled.run("points", "restore", "current", filled.folder / "no" / "x")
    assert missing.returncode == 1 and f"there is no folder {filled.folder}/no to restore into; make it" in missing.stderr
    database = filled.run("points", "restore", "current", "postgresql:///app")
    assert database.returncode == 2 and "postgresql:///app is a database, but a point is restored to a path; name one" in database.stderr
    here = filled.folder / "here"
    here.mkdir()
    assert "is the folder that you are in" in filled.run("points", "restore", "current", ".", cwd=here).stderr
    filled.ok("points", "restore", "current", "new", cwd=here)
    assert tree(here / "new" / "other") == tree(filled.other)
    assert [path.name for path in filled.to.iterdir()] == ["mine"] and tree(filled.store) == before


def test_a_dry_run_says_what_would_be_restored_and_changes_nothing(filled):
    planned = filled.json("points", "restore", "current", filled.to, "app/a/one", "--dry-run")
    assert not planned["changed"] and planned["duration_s"] is None and left_over(filled) == []
    told = filled.ok("points", "restore", "current", filled.to, "app/a/one", "--dry-run")
    assert f"point {filled.first} would be restored to {filled.to} · 1 file, 4 B · " in told and left_over(filled) == []
    staging = filled.folder / "restored.hasync-restoring" / "restored"
    staging.mkdir(parents=True)
    for argv in planned["argv"]:  # what it would run is what brings it
        subprocess.run(argv, check=True, timeout=30)
    assert (staging / "app" / "a" / "one").read_text() == "one\n"
    assert [line.strip() for line in told.splitlines()[1:]] == [subprocess.list2cmdline(argv) for argv in planned["argv"]]


def test_a_held_point_can_be_restored(filled):
    for path in (filled.source / "a").rglob("*"):
        if not path.is_dir():
            path.unlink()
    (filled.other / "f").unlink()
    assert filled.run("sync").returncode == 6
    filled.ok("points", "restore", "held", filled.to)
    assert tree(filled.to / "app") == tree(filled.source)


def test_one_that_is_interrupted_leaves_nothing(filled, tmp_path):
    path, begun, _ = slow_cp(tmp_path)
    process = filled.start("points", "restore", "current", filled.to, env={"PATH": path})
    wait_for(begun)
    assert left_over(filled) == ["restored.hasync-restoring"]
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (130, f"hasync: interrupted: nothing is left at {filled.to}\n")
    assert left_over(filled) == []
    assert not [item for item in filled.history("events") if item["result"] == "point restored"]


def test_one_that_is_killed_leaves_nothing_that_looks_whole_and_the_next_cleans_up(filled, tmp_path):
    path, begun, go = slow_cp(tmp_path)
    process = filled.start("points", "restore", "current", filled.to, "--dataset=app", env={"PATH": path})
    wait_for(begun)
    process.kill()
    process.wait(30)
    assert left_over(filled) == ["restored.hasync-restoring"]
    (filled.folder / "restored.hasync-restoring" / "restored" / "stray").write_text("x")
    busy = filled.run("points", "restore", "current", filled.to, "--dataset=app")  # its cp still lives
    assert busy.returncode == 5 and "is still being copied into by another restore" in busy.stderr
    go.touch()
    for _ in range(100):
        done = filled.run("points", "restore", "current", filled.to, "--dataset=app")
        if done.returncode != 5:
            break
    assert done.returncode == 0 and tree(filled.to) == tree(filled.source) and left_over(filled) == ["restored"]


def test_what_no_restore_left_is_not_removed(filled):
    theirs = filled.folder / "restored.hasync-restoring"
    theirs.mkdir()
    (theirs / "notes").write_text("mine")
    for words in ((), ("--dry-run",)):
        refused = filled.run("points", "restore", "current", filled.to, *words)
        assert (refused.returncode, refused.stderr) == (6, f"hasync: {theirs} is in the way, and is not what a restore left there; move it, or restore to another path\n")
    assert (theirs / "notes").read_text() == "mine" and not filled.to.exists()


def test_a_point_is_not_removed_while_it_is_restored(filled, tmp_path):
    filled.set("sync", keep=1)
    path, begun, go = slow_cp(tmp_path)
    process = filled.start("points", "restore", filled.first, filled.to, "--dataset=app", env={"PATH": path})
    was = tree(filled.source)
    wait_for(begun)
    for turn in range(2):
        (filled.source / "a" / "one").write_text(f"turn {turn}")
        filled.ok("sync")
    assert [point["id"] for point in filled.json("points", "list")["points"]][1:] == [filled.first]
    refused = filled.run("points", "discard", filled.first)
    assert refused.returncode == 5 and f"point {filled.first} is in use: it is being restored" in refused.stderr
    go.touch()
    assert process.wait(30) == 0 and tree(filled.to) == was
    (filled.source / "a" / "one").write_text("later")
    filled.ok("sync")
    assert filled.first not in [point["id"] for point in filled.json("points", "list")["points"]]
    assert filled.run("points", "restore", filled.first, filled.folder / "restored too").returncode == 2


@pytest.mark.skipif(not ROOT, reason="mounting a small tmpfs needs root")
def test_a_full_disk_leaves_nothing_and_says_how_much_room_there_is(filled, tmp_path):
    small = filled.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
    try:
        assert "is a mount point; name a folder in it" in filled.run("points", "restore", "current", small).stderr
        (filled.other / "big").write_bytes(os.urandom(700_000))
        filled.ok("sync")
        filler = shim(tmp_path, "cp", f'head -c 900000 /dev/zero >{small}/filler; exec /bin/cp "$@"')
        failed = filled.run("points", "restore", "current", small / "x", "other", env={"PATH": filler})
        assert failed.returncode == 1 and failed.stderr.count("\n") == 1
        assert "No space left on device" in failed.stderr and "B and " in failed.stderr and f"nothing is left at {small}/x)" in failed.stderr
        assert os.listdir(small) == ["filler"]
        refused = filled.run("points", "restore", "current", small / "x", "other")
        assert refused.returncode == 1 and f"no room at {small}/x: " in refused.stderr and "make room there" in refused.stderr
        (small / "filler").unlink()
        assert json.loads(filled.ok("points", "restore", "current", small / "x", "other", "--json"))["changed"]
    finally:
        subprocess.run(["umount", small], check=True)
