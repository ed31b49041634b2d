"""Sources that change at random between runs, some of which break off, are killed, or read while their source changes: each point is the sources
as they were, and stays so. HASYNC_ROUNDS says how many, HASYNC_SEED repeats one run of this test."""
import collections
import fcntl
import os
import random
import time

from conftest import shim
from mutator import NAMES, Mutator
from trees import tree

ROUNDS = int(os.environ.get("HASYNC_ROUNDS", "40"))

ENDS = {
    "breaks off": """/usr/bin/rsync "$@"; echo 'rsync error: it broke off' >&2; exit 12""",
    "is cut off": """/usr/bin/rsync "$@" & sleep 0.0$(($(date +%N) % 10)); kill -9 $!; wait; exit 12""",
    "is killed": """/usr/bin/rsync "$@"; kill -9 $PPID; exit 12""",
    "is killed before": "kill -9 $PPID; exit 12",
}


def differ(there, truth, point):
    """Fails where they do, and tells in what."""
    assert there.keys() == truth.keys(), point
    for dataset, files in there.items():
        ought = truth[dataset]
        assert not {path: (files.get(path), ought.get(path)) for path in files.keys() | ought.keys() if files.get(path) != ought.get(path)}, (point, dataset)


class Sources:
    """Two sources and what each point ought to hold."""

    def __init__(self, pair, seed):
        self.pair, self.random = pair, random.Random(seed)
        outside = pair.folder / "outside"
        outside.mkdir()
        for name in NAMES:
            (outside / os.fsdecode(name)).write_text("not ours")
        self.outside, self.untouched = outside, tree(outside)
        (pair.folder / "east 2").mkdir()
        self.sources = {"app": pair.source, "more": pair.folder / "east 2"}
        self.mutators = {name: Mutator(source, seed + at) for at, (name, source) in enumerate(self.sources.items())}
        self.truths, self.seen = {}, collections.Counter()
        self.choose("app", "more")
        for mutator in self.mutators.values():
            for _ in range(40):
                mutator.change()

    def choose(self, *names):
        self.pair.set("sync", keep=2, shrink_limit="100%", datasets=[{"name": name, "source": str(self.sources[name])} for name in names])
        self.names = names

    def choose_others(self):
        self.choose(*self.random.choice([("app",), ("more",), ("app", "more"), ("more", "app")]))

    def change(self, times):
        for _ in range(times):
            self.mutators[self.random.choice(list(self.mutators))].change()

    def truth(self):
        return {name: tree(self.sources[name]) for name in self.names}

    def in_point(self, point):
        return {name: tree(self.pair.store / "points" / point / name) for name in os.listdir(self.pair.store / "points" / point)}

    def at_some_rsync(self, body):
        """The PATH for a run in which a call of rsync, but not a dry run, comes to this."""
        calls = self.pair.folder / "calls"
        calls.write_text("")
        return {"PATH": shim(self.pair.folder, "rsync", f"""case "$*" in *--dry-run*) exec /usr/bin/rsync "$@" ;; esac
echo >>'{calls}'
[ $(wc -l <'{calls}') = {self.random.choice([1, 1, 1, 2, 2, 3])} ] || exec /usr/bin/rsync "$@"
{body}""")}

    def points(self):
        return sorted(path.name for path in (self.pair.store / "points").glob("*"))

    def sync_that_breaks_off(self):
        how = self.random.choice(list(ENDS))
        done = self.pair.run("sync", "--force", "empty-source", env=self.at_some_rsync(ENDS[how]))
        self.seen[how] += done.returncode != 0
        with (self.pair.store / "lock").open() as lock:  # until all that it started have ended
            fcntl.flock(lock, fcntl.LOCK_EX)
        self.learn_points(self.truth())  # there were not so many calls, or it had published

    def learn_points(self, truth=None):
        """Those that are new have to be as `truth`, or need only stay as they are."""
        for point in self.points():
            there = self.in_point(point)
            differ(there, self.truths.setdefault(point, truth or there), point)

    def sync_while_it_changes(self):
        begun, go = self.pair.folder / "begun", self.pair.folder / "go"
        before, after = (f": >'{begun}'; while [ ! -e '{go}' ]; do sleep 0.01; done", '/usr/bin/rsync "$@"')
        env = self.at_some_rsync(self.random.choice([f"{before}; {after}", f"{after}; ended=$?; {before}; exit $ended"]))
        running = self.pair.start("sync", "--json", "--force", "empty-source", env=env)
        deadline = time.monotonic() + 60
        while running.poll() is None and not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.seen["changes meanwhile"] += begun.exists()
        self.change(self.random.choice([1, 2, 5]))
        go.touch()
        _, errors = running.communicate(timeout=120)
        assert running.returncode == 0 or "hasync: " in errors, errors
        self.learn_points()
        for each in (begun, go):
            each.unlink(missing_ok=True)

    def turn(self):
        self.change(self.random.choice([0, 1, 1, 2, 5]))
        for chance, happens in ((0.3, self.sync_that_breaks_off), (0.15, self.sync_that_breaks_off), (0.2, self.sync_while_it_changes), (0.1, self.choose_others)):
            if self.random.random() < chance:
                happens()
                self.change(self.random.choice([0, 1, 2]))
        point = self.pair.json("sync", "--force", "empty-source")["point"]
        differ(self.in_point(point), self.truth(), point)
        self.learn_points()
        self.seen["a clone is ready"] += any((self.pair.store / "clones").glob("*/*"))
        assert tree(self.outside) == self.untouched


def keep_each_point_exact(pair, rounds):
    """So many rounds; gives what was seen in them, and how often."""
    seed = int(os.environ.get("HASYNC_SEED", random.randrange(10**6)))
    sources = Sources(pair, seed)
    for turn in range(rounds):
        try:
            sources.turn()
            if turn % 10 == 9:
                verified = pair.json("points", "verify")
                assert (verified["damaged"], verified["unrecorded"]) == ([], 0)
        except AssertionError as wrong:
            raise AssertionError(f"round {turn} of HASYNC_SEED={seed}") from wrong
    return sources.seen


def test_each_point_is_its_sources_as_they_were_and_stays_so(pair):
    seen = keep_each_point_exact(pair, ROUNDS)
    assert 0 < seen["a clone is ready"] < ROUNDS
    assert sum(seen[each] for each in (*ENDS, "changes meanwhile")) > 0


def test_and_over_ssh_where_rsync_sends_only_what_differs(ssh_pair):
    pair, server = ssh_pair
    server.describe("primary", 1)
    keep_each_point_exact(pair, ROUNDS // 8)
