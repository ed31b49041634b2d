"""West is killed, or loses power, at random moments of a sync and of a promotion, time and again. What it has published is never torn,
and what it had begun comes to a good end by itself. HASYNC_LAB_SEED=N takes the moments of an earlier run again."""
import hashlib
import inspect
import os
import random
import time

import pytest

from lab import Customers, eventually

SEED = int(os.environ.get("HASYNC_LAB_SEED") or random.randrange(1_000_000))
STEPS = ["first", "second", "third"]
STEP_S = 1.5
HASHES = "find generation -type f -exec sha256sum {} + 2>/dev/null | sort | sha256sum"

# Of no point: what the next sync begins with.
KEPT_FOR_THE_NEXT = {"interrupted", "catalog.db", "catalog.db-shm", "catalog.db-wal", "clones"}


def content(generation, number):
    """Of the same size in every generation."""
    return "".join(hashlib.sha256(f"{generation} {number} {line}".encode()).hexdigest() + "\n" for line in range(number % 200 + 1))


def rewrite(generation):
    folder = pathlib.Path("/var/lib/app/generation")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number in range(300):
        (folder / str(number)).write_text(f"{generation:06}\n{content(generation, number)}")


class Generations:
    """East's folder `generation` is always of one generation: 300 files that hold its number and what follows from it."""

    def __init__(self, east):
        self.east, self.newest, self.by_hash = east, 0, {hashlib.sha256().hexdigest(): 0}

    def next(self):
        self.newest += 1
        program = f"import hashlib, pathlib, shutil\n{inspect.getsource(content)}\n{inspect.getsource(rewrite)}\nrewrite({self.newest})"
        self.east.run("/usr/bin/python3", "-c", program)
        hashes = {number: hashlib.sha256(f"{self.newest:06}\n{content(self.newest, number)}".encode()).hexdigest() for number in range(300)}
        lines = sorted(f"{each}  generation/{number}\n" for number, each in hashes.items())
        self.by_hash[hashlib.sha256("".join(lines).encode()).hexdigest()] = self.newest
        return self.newest

    def at(self, host, *folders):
        """Folder, as its links lead to it, and generation."""
        told = host.tell("sh", "-c", f'for folder; do (cd -P "$folder" && echo "$(pwd) $({HASHES})"); done', "sh", *folders)
        found = dict(line.split()[:2] for line in told.splitlines())
        assert set(found.values()) <= set(self.by_hash), f"torn: {told}"
        return {folder: self.by_hash[each] for folder, each in found.items()}


class Store:
    """West's recovery points: each is whole, and stays what it was."""

    def __init__(self, west, generations):
        self.west, self.generations, self.known = west, generations, {}

    def current(self):
        points = self.west.tell("ls", "/srv/hasync/points").split()
        found = self.generations.at(self.west, *(f"/srv/hasync/points/{point}/app" for point in points))
        for point, generation in found.items():
            assert self.known.setdefault(point, generation) == generation
        (generation,) = self.generations.at(self.west, "/srv/hasync/current/app").values()
        return generation

    def is_tidy(self):
        assert set(self.west.tell("ls", "-A", "/srv/hasync").split()) - KEPT_FOR_THE_NEXT == {"current", "lock", "points"}
        recorded = [point["id"] for point in self.west.json("points", "list")["points"]]
        assert self.west.tell("ls", "-A", "/srv/hasync/points").split() == sorted(recorded)
        assert len(recorded) <= 3


def is_killed(west):
    west.run("pkill", "-KILL", "-x", "hasync|rsync|ssh|cp", check=False)
    eventually("they are gone", lambda: west.run("pgrep", "-x", "rsync|ssh|cp", check=False).returncode == 1)


def loses_power(west):
    west.lab.fault("power-cut", "west")
    west.lab.fault("boot", "west")


def moments_of(lab, *what):
    lab.note(f"HASYNC_LAB_SEED={SEED}")
    print(f"HASYNC_LAB_SEED={SEED}")
    return random.Random(f"{SEED} {what}")


@pytest.fixture(scope="module")
def generations(lab):
    generations = Generations(lab.east)
    generations.next()
    lab.west.hasync("sync")
    return generations


@pytest.mark.parametrize("crash, rounds", [(is_killed, 5), (loses_power, 3)])
def test_west_crashes_during_a_sync(lab, east, west, generations, crash, rounds):
    moments, store, interrupted = moments_of(lab, "sync", crash.__name__), Store(west, generations), 0
    for turn in range(5 * rounds):
        if turn >= rounds and interrupted:
            break
        before, runs, took_s = store.current(), len(west.history("syncs")), west.history("syncs")[-1]["duration_s"]
        new = generations.next()
        sync = west.start("hasync", "sync")
        time.sleep(moments.uniform(0.1, 1.2) * took_s)
        crash(west)
        sync.communicate()

        published = store.current()
        assert published in (before, new)
        assert west.json("why")["would_promote"]

        west.hasync("sync")
        assert store.current() == new
        store.is_tidy()
        results = [run["result"] for run in west.history("syncs")[runs:]]
        assert results in ([["success", "unchanged"]] if published == new else [["interrupted", "success"], ["success"]])
        interrupted += results[0] == "interrupted"
    assert interrupted > 0
    assert lab.subjects("SYNC") == []


@pytest.fixture(scope="module")
def promotes(lab, generations):
    """West takes over with steps that leave a trace and take their time; customers have written what it takes over."""
    steps = [f'    - {{ name: {step}, run: [sh, -c, "echo {step} begins >>/var/log/steps; sleep {STEP_S}; echo {step} ends >>/var/log/steps"], timeout: 10s }}\n' for step in STEPS]
    lab.west.edit("  promote:\n", "  promote:\n" + "".join(steps[:2]))
    lab.west.edit("\n# Who is told.", "".join(steps[2:]) + "\n# Who is told.")
    lab.west.beat_every_second(failures=2, failover__action="promote")
    with Customers(lab.east) as customers:
        customers.notes_of_at_least(50)
    eventually("the dump has them", lambda: lab.east.has_dumped(max(customers.notes())))
    return customers.notes()


@pytest.mark.parametrize("crash, rounds", [(is_killed, 2), (loses_power, 2)])
def test_west_crashes_during_a_promotion(lab, east, west, generations, promotes, crash, rounds):
    moments = moments_of(lab, "promotion", crash.__name__)
    for _ in range(rounds):
        new = generations.next()
        west.hasync("sync", "--force=peer-term")
        eventually("west hears east", lambda: west.heartbeat() == "alive")
        west.run("rm", "-f", "/var/log/steps")
        begun, told, aside = len(west.history("failovers")), len(lab.subjects("PROMOTED")), set_aside(west)
        west.hasync("resume")

        lab.fault("cut", "east")
        eventually("west has begun to take over", lambda: len(west.history("failovers")) > begun)
        time.sleep(moments.uniform(0, len(STEPS) * STEP_S))
        crash(west)
        eventually("west is primary", lambda: west.role() == "primary")
        eventually("west serves", west.serves)
        eventually("people are told", lambda: len(lab.subjects("PROMOTED")) > told)

        promotions = west.history("failovers")[begun:]
        assert [each["result"] for each in promotions if each["result"] != "given up"] == ["done"]
        assert (promotions[-1]["details"]["term"], west.status()["term"]) == ("1", 1)
        ran = west.tell("cat", "/var/log/steps").splitlines()
        assert list(dict.fromkeys(line.split()[0] for line in ran)) == STEPS
        courses = [" ".join(line.split()[1] for line in ran if line.startswith(step)) for step in STEPS]
        again = [course for course in courses if course != "begins ends"]  # the one that was running when west crashed
        assert len(again) <= 1 and set(again) <= {"begins begins ends", "begins ends begins ends"}, ran
        assert west.notes().items() >= promotes.items()
        assert generations.at(west, "/var/lib/app") == {"/var/lib/app": new}
        assert len(set_aside(west) - aside) == 1 and "/var/lib/app.hasync-new" not in set_aside(west)
        assert len(lab.subjects("PROMOTED")) == told + 1

        west.hasync("pause")
        west.hasync("demote")
        lab.fault("heal")
    assert not lab.subjects("FAILED")


def set_aside(west):
    return set(west.tell("sh", "-c", "ls -d /var/lib/app.hasync-* || true").split())
