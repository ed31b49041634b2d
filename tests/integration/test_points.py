"""Recovery points in the hands of an operator: held, published, discarded, compared, verified."""
import contextlib
import json
import os
import re
import sqlite3
import subprocess

import pytest

from conftest import shim

MANY = 12


@pytest.fixture
def filled(pair):
    """A pair whose point holds a dozen files."""
    for number in range(MANY):
        (pair.source / f"f{number}").write_text(f"{number}\n" * 100)
    pair.first = pair.json("sync")["point"]
    return pair


def points(pair):
    return {point["id"]: point for point in pair.json("points", "list")["points"]}


def shrink(pair, left):
    for number in range(left, MANY):
        (pair.source / f"f{number}").unlink(missing_ok=True)


def hold(pair):
    shrink(pair, 1)
    held = pair.run("sync", "--json")
    assert held.returncode == 6
    return json.loads(held.stdout)["point"], held.stderr


def test_a_shrunken_source_is_held_with_the_numbers(filled):
    point, told = hold(filled)
    assert f"point {point} is held: dataset app: {filled.source} on east lost 91 % of its files (12 → 1)" in told
    assert re.search(r"; app \(going: f\d+, f\d+, f\d+, f\d+, f\d+ …\); to publish it all the same: hasync points publish " + point, told)
    assert filled.current.readlink().name == filled.first
    assert points(filled)[point]["state"] == "held" and points(filled)[filled.first]["current"]
    assert len(list((filled.current / "app").iterdir())) == MANY
    assert filled.history("syncs")[0]["result"] == "held"
    assert f"point {point} is HELD" in filled.run("status").stdout


def test_while_a_source_stays_so_one_point_is_held_and_people_are_told_once(filled):
    filled.set("notify", email={"to": ["ops@example.com"]}, smtp={"url": "smtp://127.0.0.1:9", "tls": "none", "timeout": "1s"})
    point, _ = hold(filled)
    for _ in range(2):
        again = filled.run("sync", "--json")
        assert again.returncode == 6 and json.loads(again.stdout)["point"] == point
    assert [each for each in points(filled).values() if each["state"] == "held"] == [points(filled)[point]]
    assert [mail["summary"].split(" (")[0] for mail in filled.history("mails")] == ["[hasync west] POINT HELD: the data of east looks damaged"]


def test_a_held_point_is_published_by_an_operator(filled):
    point, _ = hold(filled)
    check = filled.json("points", "publish", "held", "--check")
    assert check["changed"] and filled.current.readlink().name == filled.first
    assert filled.json("points", "publish", point)["changed"]
    assert filled.current.readlink().name == point and points(filled)[point]["state"] == "published"
    assert filled.json("points", "publish", point) == {"schema": "hasync.changes/1", "changed": False, "diff": []}
    assert filled.json("sync")["result"] == "unchanged"
    assert any("point published" in str(item) for item in filled.history("events"))


@pytest.mark.parametrize("then", ["unchanged", "success"])
def test_a_publishing_that_was_killed_before_its_record_loses_no_point(filled, then):
    point, _ = hold(filled)
    filled.ok("points", "publish", point)
    with contextlib.closing(sqlite3.connect(filled.state / "hasync.db")) as database, database:
        database.execute("UPDATE points SET state = 'held' WHERE id = ?", [point])
    if then == "success":
        (filled.source / "f0").write_text("newer\n" * 100)
    assert filled.json("sync")["result"] == then
    assert points(filled)[point]["state"] == "published" and (filled.store / "points" / point / "app" / "f0").exists()
    assert filled.current.exists()


def test_a_held_point_is_discarded_and_held_anew(filled):
    point, _ = hold(filled)
    assert filled.json("points", "discard", point)["changed"]
    assert set(points(filled)) == {filled.first} and not (filled.store / "points" / point).exists()
    assert filled.run("points", "discard", point).returncode == 2
    again, _ = hold(filled)
    assert again != point


def test_a_source_that_is_mended_overtakes_the_held_point(filled):
    hold(filled)
    for number in range(MANY):
        (filled.source / f"f{number}").write_text("mended" * 50)
    new = filled.json("sync")["point"]
    assert set(points(filled)) == {filled.first, new} and filled.current.readlink().name == new


def test_a_hold_is_overridden_by_name(filled):
    shrink(filled, 1)
    assert filled.run("sync", "--force=empty-source").returncode == 6
    assert filled.json("sync", "--force=shrink")["result"] == "success"


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount needs root")
def test_a_source_on_another_file_system_is_held(filled):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", filled.source], check=True)
    try:
        for number in range(MANY):
            (filled.source / f"f{number}").write_text("other\n" * 100)
        held = filled.run("sync")
        assert held.returncode == 6
        assert f"dataset app: {filled.source} on east is on another file system than before; is the right one mounted?" in held.stderr
        assert filled.current.readlink().name == filled.first
        assert filled.json("sync", "--force=file-system")["result"] == "success"
        assert filled.json("sync")["result"] == "unchanged"
    finally:
        subprocess.run(["umount", filled.source], check=True)


def test_the_limit_is_the_operators(filled):
    filled.set("sync", shrink_limit="95%")
    shrink(filled, 1)
    assert filled.json("sync")["result"] == "success"
    filled.set("sync", shrink_limit="half")
    assert "\"half\" is not a percentage, as 50%" in filled.run("sync").stderr


def test_a_dry_run_says_that_it_would_be_held(filled):
    shrink(filled, 1)
    told = filled.run("sync", "--dry-run")
    assert told.returncode == 6 and "the point would be held: dataset app:" in told.stderr and "11 deleted" in told.stdout
    assert set(points(filled)) == {filled.first}


def test_a_held_point_is_not_promoted(filled):
    hold(filled)
    filled.ok("promote")
    assert len(list(filled.live.iterdir())) == MANY


def test_what_may_not_be_done_is_refused(filled):
    assert filled.run("points", "discard", "current").returncode == 6
    (filled.source / "f0").write_text("new")
    filled.ok("sync")
    assert "only a held one can be published" in filled.run("points", "publish", filled.first).stderr
    assert filled.run("points", "show", "2020-01-01T00:00:00Z").returncode == 2
    point, _ = hold(filled)
    filled.ok("promote")
    refused = filled.run("points", "publish", point)
    assert refused.returncode == 6 and "west is primary" in refused.stderr


def test_what_differs_between_two_points(filled):
    (filled.source / "f1").write_text("changed")
    (filled.source / "f2").chmod(0o600)
    (filled.source / "f3").unlink()
    (filled.source / "d").mkdir()
    (filled.source / "d" / "new\nline").write_text("n")
    second = filled.json("sync")["point"]
    assert filled.ok("points", "diff", filled.first).splitlines() == [
        "attributes  app/./", "created     app/d/", "created     app/d/new\\nline", "changed     app/f1", "attributes  app/f2", "deleted     app/f3"]
    assert [each["path"] for each in filled.json("points", "diff", second, filled.first)["differences"]] == [".", "d", "d/new\nline", "f1", "f2", "f3"]
    assert filled.ok("points", "diff", second, "current") == "nothing differs\n"
    shown = filled.json("points", "show")
    assert shown["current"] and shown["datasets"] == [{"name": "app", "files": 12, "bytes": shown["bytes"], "files_created": 1, "files_content_changed": 1,
                                                       "files_attributes_changed": 1, "files_deleted": 1}]


def test_a_point_is_verified_against_what_was_pulled(filled):
    for turn in range(4):  # some of it shared by every point, some by none, and the oldest forgotten
        (filled.source / "f1").write_text(f"turn {turn}")
        (filled.source / "f2").chmod(0o600 + turn)
        filled.ok("sync")
    for point in points(filled):
        assert filled.json("points", "verify", point) == {"schema": "hasync.points-verify/1", "id": point, "intact": MANY, "unrecorded": 0, "damaged": []}
    times = os.stat(filled.current / "app" / "f5")
    (filled.current / "app" / "f5").write_text("X" * times.st_size)
    os.utime(filled.current / "app" / "f5", ns=(times.st_atime_ns, times.st_mtime_ns))
    (filled.current / "app" / "f6").unlink()
    damaged = filled.run("points", "verify")
    assert damaged.returncode == 1
    assert damaged.stdout.splitlines() == ["damaged: app/f5 does not hold what was pulled", "damaged: app/f6 is missing",
                                           f"point {filled.current.readlink().name}: 10 files intact, 2 damaged"]


def test_a_catalog_that_is_lost_or_damaged_costs_only_the_checksums(filled):
    for damage in (lambda: (filled.store / "catalog.db").unlink(), lambda: (filled.store / "catalog.db").write_bytes(b"x" * 8192)):
        for end in ("-wal", "-shm"):
            (filled.store / f"catalog.db{end}").unlink(missing_ok=True)
        damage()
        (filled.source / "f1").write_text(str(damage))
        filled.ok("sync")
        assert (filled.current / "app" / "f1").read_text() == str(damage)
        told = filled.json("points", "verify")
        assert (told["intact"], told["unrecorded"], told["damaged"]) == (1, MANY - 1, [])


def test_what_was_gone_when_it_was_to_be_fetched_is_looked_for_again(filled, tmp_path):
    """The disk of the source goes away between the plan and the transfer."""
    for number in range(MANY):
        (filled.source / f"f{number}").write_text("new" * 100)
    real = "exec /usr/bin/rsync"
    path = shim(tmp_path, "rsync", f'case "$*" in *--dry-run*) ;; *) rm -f {filled.source}/*;; esac\n{real} "$@"')
    failed = filled.run("sync", env={"PATH": f"{path}:/usr/bin:/bin"})
    assert failed.returncode == 6 and "the source changed while it was read: dataset app:" in failed.stderr
    assert filled.current.readlink().name == filled.first and set(points(filled)) == {filled.first}


def test_what_a_fetched_file_speaks_of_is_fetched_with_it(filled, tmp_path):
    """An index and what it names are written between the plan and the transfer; attributes that change then leak into no older point."""
    (filled.source / "index").write_text("1")
    before = filled.json("sync")["point"]
    (filled.source / "index").write_text("1, 2")
    write = f"[ -e {filled.source}/new ] || {{ mkdir {filled.source}/new; echo 3 > {filled.source}/new/3; echo '1, 2, 3' > {filled.source}/index; chmod 600 {filled.source}/f1; }}"
    path = shim(tmp_path, "rsync", f'case "$*" in *--dry-run*) ;; *--files-from*) {write} ;; esac\nexec /usr/bin/rsync "$@"')
    filled.ok("sync", env={"PATH": f"{path}:/usr/bin:/bin"})
    assert (filled.current / "app" / "index").read_text() == "1, 2, 3\n"
    assert (filled.current / "app" / "new" / "3").read_text() == "3\n"
    assert (filled.store / "points" / before / "app" / "f1").stat().st_mode & 0o777 == 0o644
    assert filled.json("points", "verify")["damaged"] == []
    assert filled.json("sync")["files_changed"] == 1  # f1's mode
    assert filled.json("sync")["result"] == "unchanged"
