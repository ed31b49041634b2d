"""`points verify --source`: a point beside its sources by content. What moved on is told; what is damaged, on either side, fails."""
import json
import os

import pytest

from conftest import shim


@pytest.fixture
def filled(pair):
    for number in range(9):
        (pair.source / f"f{number}").write_text(f"{number}\n" * 100)
    pair.point = pair.json("sync")["point"]
    return pair


def damage(path):
    """Other bytes; size and time stay as they were, as when a disk fails silently."""
    was = os.stat(path)
    with open(path, "r+b") as file:
        file.write(b"X")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def compare(pair, *words, code, **options):
    done = pair.run("points", "verify", "--source", *words, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_source_that_did_not_change_is_alike(filled):
    assert compare(filled, code=0) == f"point {filled.point}: 9 files intact\napp: 9 files alike at the source\n"
    assert filled.json("points", "verify", "--source")["source"] == {"differences": [], "datasets": [
        {"name": "app", "compared": True, "files_alike": 9, "files_content": 0, "files_created": 0, "files_changed": 0, "files_attributes": 0, "files_deleted": 0}]}
    assert "source" not in filled.json("points", "verify")


def test_a_source_that_moved_on_is_told_and_is_no_failure(filled):
    (filled.source / "f0").write_text("longer" * 100)
    (filled.source / "f1").write_text("1\n" * 100)  # the same again, later
    (filled.source / "f2").write_text("X\n" * 100)
    (filled.source / "f3").chmod(0o600)
    (filled.source / "f4").unlink()
    (filled.source / "new\nline").write_text("n")
    os.utime(filled.source, ns=(1, 1))
    assert compare(filled, "current", code=0).splitlines() == [
        f"point {filled.point}: 9 files intact", "deleted     app/f4", "attributes  app/./", "changed     app/f0", "attributes  app/f1", "changed     app/f2",
        "attributes  app/f3", "created     app/new\\nline",
        "app: 4 files alike at the source; since the point there: 1 created, 2 changed, 2 with other attributes, 1 deleted"]
    told = filled.json("points", "verify", "--source")["source"]
    assert told["differences"][-1] == {"dataset": "app", "what": "created", "path": "new\nline", "bytes": 1, "damaged": None}
    assert [told["datasets"][0][f"files_{kind}"] for kind in ("alike", "content", "created", "changed", "attributes", "deleted")] == [4, 0, 1, 2, 2, 1]
    assert filled.json("sync")["files_changed"] == 5  # nothing was taken away from it


def test_what_is_damaged_at_the_source_no_sync_sees_but_this(filled):
    damage(filled.source / "f5")
    assert filled.json("sync")["result"] == "unchanged"
    assert compare(filled, code=1).splitlines() == [
        f"point {filled.point}: 9 files intact",
        "DIFFERS     app/f5: other content of the same size and time; the point holds what was pulled: look at the source; no sync run sees this",
        "app: 8 files alike at the source, 1 DIFFERING IN CONTENT, though not in size and time"]
    done = filled.run("points", "verify", "--source", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["intact"] == 9 and told["source"]["datasets"][0]["files_content"] == 1
    assert told["source"]["differences"] == [{"dataset": "app", "what": "content", "path": "f5", "bytes": 200, "damaged": "source"}]


def test_what_is_damaged_in_the_point_is_told_from_that(filled):
    damage(filled.current / "app" / "f6")
    told = compare(filled, code=1)
    assert "damaged: app/f6 does not hold what was pulled\n" in told
    assert "DIFFERS     app/f6: other content of the same size and time; the point does not hold what was pulled: it is the damaged one\n" in told
    (filled.store / "catalog.db").unlink()
    assert "app/f6: other content of the same size and time; which of the two is right is not known: no checksum is on record\n" in compare(filled, code=1)


def test_what_cannot_be_compared_is_told(filled, tmp_path):
    old = filled.folder / "old"
    old.mkdir()
    filled.settings["sync"]["datasets"] += [{"name": "dump", "type": "command", "run": ["echo", "dumped"]}, {"name": "old", "source": str(old)}]
    filled.save()
    (old / "f").write_text("x")
    filled.ok("sync")
    filled.settings["sync"]["datasets"][-1] = {"name": "new", "source": str(old)}
    filled.save()
    assert compare(filled, code=0).splitlines()[1:] == [
        "app: 9 files alike at the source", "dump: not compared with the source: a dump is made anew by each run, and cannot be compared with what it is made from",
        "new: not compared with the source: it is not in the point", "old: not compared with the source: the settings do not name it"]
    (filled.source / "f0").rename(tmp_path / "f0")
    (filled.source / "f0").mkdir()
    assert "created     app/f0/" in compare(filled, code=0)
    filled.source.rename(tmp_path / "gone")
    missing = filled.run("points", "verify", "--source")
    assert missing.returncode == 1 and f"dataset app: east has no folder {filled.source}; is it mounted?" in missing.stderr


def test_a_large_file_may_take_longer_to_read_than_rsync_waits_for_an_answer(filled, tmp_path):
    """The time it may say nothing is far longer than that of a sync run."""
    path = shim(tmp_path, "rsync", f'echo "$@" >>{tmp_path}/argv; exec /usr/bin/rsync "$@"')
    compare(filled, code=0, env={"PATH": path})
    words = (tmp_path / "argv").read_text().split()
    assert [word for word in words if word.startswith("--timeout=")][-1] == "--timeout=86400"
    assert "--dry-run" in words and "--checksum" in words


def test_who_is_asked_must_be_there_and_be_the_primary(filled):
    filled.settings["peer"] = {"name": "east", "host": "127.0.0.1", "port": 1}
    filled.save()
    gone = filled.run("points", "verify", "--source")
    assert gone.returncode == 4 and "east (127.0.0.1) refuses ssh connections" in gone.stderr
    filled.settings["peer"] = {"name": "east", "transport": "local"}
    filled.save()
    filled.ok("promote")
    primary = filled.run("points", "verify", "--source")
    assert primary.returncode == 6 and "west is primary" in primary.stderr
