"""A source that changes in every way between runs: each point is the source as it was, and stays so."""
import os
import pathlib
import random
import stat

from conftest import shim
from trees import tree

ROOT = os.geteuid() == 0
ROUNDS = int(os.environ.get("HASYNC_ROUNDS", "60"))
NAMES = [b"a", b"b", b"c", b"d d", b"new\nline", b"-rf", b"\xff\xfe", b"per%cent\\#012", b"x => y", b" b ", b"t\tab", b"*"]


class Mutator:
    """Changes a tree at random; the same seed, the same changes."""

    def __init__(self, folder, seed):
        self.folder, self.random = os.fsencode(str(folder)), random.Random(seed)

    def all(self, kind):
        found = [] if kind is not stat.S_IFDIR else [self.folder]
        for where, folders, files in os.walk(self.folder):
            found += [path for path in (os.path.join(where, name) for name in folders + files) if kind(os.lstat(path).st_mode)]
        return sorted(found)

    def some(self, kind):
        found = self.all(kind)
        return self.random.choice(found) if found else None

    def somewhere(self):
        """A path, of which it is not said whether something is there."""
        return os.path.join(self.random.choice([self.folder, *self.all(stat.S_ISDIR)]), self.random.choice(NAMES))

    def free(self):
        path = self.somewhere()
        return None if os.path.lexists(path) or path.count(b"/") > self.folder.count(b"/") + 6 else path

    def write(self, path):
        with open(path, "wb") as file:
            if self.random.random() < 0.1:
                file.truncate(1 << 20)
                file.seek(1 << 19)
            file.write(self.random.randbytes(self.random.choice([0, 1, 100, 5000])))

    def change(self):
        self.random.choice([self.create, self.create, self.folder_made, self.overwrite, self.append, self.same_size, self.replace, self.mode, self.owner,
                            self.time, self.attribute, self.remove, self.remove_folder, self.rename, self.rename_folder, self.symlink, self.hard_link,
                            self.node, self.file_for_folder, self.folder_for_file, self.link_for_folder])()

    def create(self):
        if path := self.free():
            self.write(path)

    def folder_made(self):
        if path := self.free():
            os.mkdir(path)
            for name in self.random.sample(NAMES, 3):
                self.write(os.path.join(path, name))

    def overwrite(self):
        if path := self.some(stat.S_ISREG):
            self.write(path)

    def append(self):
        if path := self.some(stat.S_ISREG):
            with open(path, "ab") as file:
                file.write(b"more")

    def same_size(self):
        if (path := self.some(stat.S_ISREG)) and (size := os.path.getsize(path)):
            with open(path, "r+b") as file:
                file.write(self.random.randbytes(min(size, 100)))

    def replace(self):
        """As an editor saves: a new file takes the name. One that was a hard link is none any more."""
        if path := self.some(stat.S_ISREG):
            self.write(path + b".new")
            os.rename(path + b".new", path)

    def mode(self):
        if path := self.some(lambda mode: not stat.S_ISLNK(mode)):
            os.chmod(path, self.random.choice([0o600, 0o644, 0o755, 0o4755, 0o2750, 0o1777, 0o700]))

    def owner(self):
        if ROOT and (path := self.some(lambda mode: True)):
            os.chown(path, self.random.randrange(3000), self.random.randrange(3000), follow_symlinks=False)

    def time(self):
        if path := self.some(lambda mode: not stat.S_ISLNK(mode)):
            os.utime(path, ns=(1, self.random.randrange(2 * 10**18)))

    def attribute(self):
        if path := self.some(lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            os.setxattr(path, b"user.of", self.random.randbytes(5))

    def remove(self):
        if path := self.some(lambda mode: not stat.S_ISDIR(mode)):
            os.unlink(path)

    def remove_folder(self):
        if path := self.some(stat.S_ISDIR):
            for where, folders, files in os.walk(path, topdown=False):
                for name in files:
                    os.unlink(os.path.join(where, name))
                for name in folders:
                    each = os.path.join(where, name)
                    os.unlink(each) if os.path.islink(each) else os.rmdir(each)
            os.rmdir(path)

    def rename(self):
        if (path := self.some(lambda mode: not stat.S_ISDIR(mode))) and (to := self.free()):
            os.rename(path, to)

    def rename_folder(self):
        if (path := self.some(stat.S_ISDIR)) and (to := self.free()) and not to.startswith(path + b"/"):
            os.rename(path, to)

    def symlink(self):
        if path := self.free():
            os.symlink(self.random.choice([b"nowhere", b"..", b"a", self.folder]), path)

    def hard_link(self):
        if (path := self.some(stat.S_ISREG)) and (to := self.free()):
            os.link(path, to)

    def node(self):
        if path := self.free():
            os.mkfifo(path)
            if ROOT and self.random.random() < 0.5:
                os.unlink(path)
                os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, self.random.randrange(1, 9)))

    def file_for_folder(self):
        if (path := self.some(stat.S_ISDIR)) and not os.path.lexists(path + b".was") and len(path) < 1000:
            os.rename(path, path + b".was")
            self.write(path)

    def folder_for_file(self):
        if path := self.some(stat.S_ISREG):
            os.unlink(path)
            os.mkdir(path)
            self.write(os.path.join(path, b"in it"))

    def link_for_folder(self):
        """A symlink, that leads out of the tree, where a folder was that is somewhere else now."""
        if (path := self.some(stat.S_ISDIR)) and (to := self.free()) and not to.startswith(path + b"/"):
            os.rename(path, to)
            os.symlink(os.path.join(os.path.dirname(self.folder), b"outside"), path)


def keep_each_point_exact(pair, rounds):
    """So many syncs of a source that changes between them; gives how many of them left a clone for the next."""
    pair.set("sync", keep=2, shrink_limit="100%")
    outside = pathlib.Path(pair.folder, "outside")
    outside.mkdir()
    for name in NAMES:
        (outside / os.fsdecode(name)).write_text("not ours")
    untouched = tree(outside)
    seed = int(os.environ.get("HASYNC_SEED", random.randrange(10**6)))
    mutator = Mutator(pair.source, seed)
    for _ in range(40):
        mutator.change()
    truths, clones = {}, 0
    for turn in range(rounds):
        for _ in range(mutator.random.choice([0, 1, 1, 2, 5])):
            mutator.change()
        if not (pair.source / "always").is_symlink():  # which may lead out
            (pair.source / "always").touch()  # never empty
        told = pair.json("sync", "--force", "empty-source")
        truth = tree(pair.source)
        if told["result"] == "success":
            truths[told["point"]] = truth
        clones += any((pair.store / "clones").glob("*/*"))
        for point in sorted(path.name for path in (pair.store / "points").iterdir()):
            assert tree(pair.store / "points" / point / "app") == (truth if point == told["point"] else truths[point]), \
                f"point {point} in round {turn} of HASYNC_SEED={seed}"
        assert tree(outside) == untouched
    return clones


def test_each_point_is_the_source_as_it_was_and_stays_so(pair):
    assert 0 < keep_each_point_exact(pair, ROUNDS) < ROUNDS, "a run began with a clone that was ready, and one with a clone that was not"


def test_where_nothing_can_be_cloned_each_point_is_exact_all_the_same(pair, tmp_path):
    mutator = Mutator(pair.source, 1)
    for _ in range(60):
        mutator.change()
    (pair.source / "always").touch()
    pair.ok("sync")
    for _ in range(3):
        first, point = tree(pair.current / "app"), pair.current.readlink()
        for _ in range(3):
            mutator.change()
        (pair.source / "always").touch()
        told = pair.json("sync", "--force=shrink", env={"PATH": f"{shim(tmp_path, 'cp', 'echo cp: too many links >&2; exit 1')}:/usr/bin:/bin"})
        assert "the newest point could not be cloned, so that everything was compared again: cp: " in told["note"]
        assert tree(pair.current / "app") == tree(pair.source)
        assert tree(pair.store / point / "app") == first
        assert (pair.current / "app" / "always").stat().st_nlink == 1
