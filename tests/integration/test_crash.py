"""kill -9 at random moments: what is published is always whole, what was recorded stays."""
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

FILES = 40


def write_generation(pair, generation):
    """Every file of a generation says which it is, and no two generations are alike in size."""
    for each in range(FILES):
        path = pair.source / f"d{each % 4}" / f"f{each}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{generation}\n" * (20 + generation % 7))


def generation_of(point):
    """The one generation of all files below, or what is wrong."""
    seen = set()
    count = 0
    for where, _, files in os.walk(point):
        for name in files:
            with open(os.path.join(where, name)) as file:
                lines = file.read().split()
            seen.add(lines[0] if lines and len(set(lines)) == 1 and len(lines) == 20 + int(lines[0]) % 7 else f"torn {name}")
            count += 1
    return seen, count


class Reader(threading.Thread):
    """Reads what `current` names, over and over."""

    def __init__(self, pair):
        super().__init__(daemon=True)
        self.pair, self.stop, self.faults, self.reads, self.points = pair, threading.Event(), [], 0, set()

    def run(self):
        while not self.stop.is_set():
            try:
                target = os.readlink(self.pair.current)
            except OSError as gone:  # not for a moment
                self.faults.append(gone)
                continue
            try:
                seen, count = generation_of(self.pair.store / target / "app")
            except OSError:
                seen, count = set(), 0
            if not os.path.lexists(self.pair.store / target):
                continue  # pruned while it was read
            self.reads += 1
            self.points.add(target)
            if len(seen) != 1 or count != FILES:
                self.faults.append((target, seen, count))


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(each) for each in file.read().split()]
    except OSError:
        return []


def kill_at_random(process, chance, longest):
    time.sleep(chance.uniform(0, longest))
    victims = [process.pid] + (children(process.pid) if chance.random() < 0.5 else [])
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.communicate()


def sync_until_free(pair):
    deadline = time.monotonic() + 30
    while (done := pair.run("sync")).returncode == 5:  # an orphaned rsync still holds the lock
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert done.returncode == 0, done.stderr


def test_current_is_one_whole_point_whatever_is_killed(pair):
    chance = random.Random(20261124)
    write_generation(pair, 0)
    began = time.monotonic()
    sync_until_free(pair)
    longest = 2 * (time.monotonic() - began)
    reader = Reader(pair)
    reader.start()
    for generation in range(1, 81):
        write_generation(pair, generation)
        kill_at_random(pair.start("sync"), chance, longest)
        seen, count = generation_of(pair.current / "app")
        assert len(seen) == 1 and count == FILES
        if generation % 10 == 0:
            sync_until_free(pair)
            assert generation_of(pair.current / "app") == ({str(generation)}, FILES)
            assert pair.json("why")["would_promote"]
    reader.stop.set()
    reader.join(30)
    assert reader.faults == []
    assert reader.reads > 50 and len(reader.points) > 5
    # Nothing half done is left, and every point that is listed is there.
    kept_for_the_next = {"catalog.db", "catalog.db-shm", "catalog.db-wal", "clones"}
    assert sorted(set(os.listdir(pair.store)) - kept_for_the_next) == ["current", "lock", "points"]
    assert sorted(os.listdir(pair.store / "points")) == sorted(point["id"] for point in pair.json("points", "list")["points"])
    results = {item["result"] for item in pair.history("syncs")}
    assert "interrupted" in results and "success" in results and "running" not in results


def test_twenty_writers_under_kill_lose_nothing_they_were_told_is_done(pair):
    """Each `pause` that exits 0 has committed an event; the killed ones may or may not have."""
    pair.ok("status")
    chance = random.Random(4)
    told = []
    lock = threading.Lock()

    def write(writer):
        for each in range(6):
            reason = f"writer {writer} round {each}"
            process = pair.start("pause", "--reason", reason)
            if chance.random() < 0.4:
                time.sleep(chance.uniform(0, 0.2))
                process.kill()
                process.communicate()
            else:
                process.communicate()
                if process.returncode == 0:
                    with lock:
                        told.append(reason)

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(20)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(told) > 20
    with sqlite3.connect(pair.state / "hasync.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        recorded = " ".join(row[0] for row in database.execute("SELECT summary FROM events WHERE kind = 'paused'"))
    assert [reason for reason in told if reason + ")" not in recorded] == []


def test_a_copy_of_a_promotion_killed_half_way_is_made_anew(pair):
    pair.set("notify", email={"to": ["ops@example.com"]}, smtp={"url": "smtp://127.0.0.1:1", "tls": "none"})
    write_generation(pair, 1)
    pair.live.mkdir(parents=True)
    (pair.live / "old").write_text("old")
    sync_until_free(pair)
    chance = random.Random(7)
    for _ in range(12):
        process = pair.start("promote")
        kill_at_random(process, chance, 0.08)
        if pair.json("status")["role"] == "primary":
            break
    deadline = time.monotonic() + 30
    while pair.json("status")["role"] != "primary":
        done = pair.run("promote")
        assert done.returncode in (0, 5), done.stderr  # 5: what the killed one started still runs
        assert time.monotonic() < deadline
    assert generation_of(pair.live) == ({"1"}, FILES)
    aside = [name for name in os.listdir(pair.live.parent) if name != "app"]
    assert len(aside) == 1 and os.listdir(pair.live.parent / aside[0]) == ["old"]
    assert pair.json("status")["term"] == 1
    assert len([item for item in pair.history("failovers") if item["kind"] == "promotion"]) == 1
    assert [mail["subject"] for mail in pair.json("notify", "queue")["mails"]] == ["[hasync west] PROMOTED: west is now primary (term 1)"]
