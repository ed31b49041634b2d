"""A folder that changes in every way that one can, at random."""
import hashlib
import os
import random
import stat
import subprocess

from trees import acl, capability

ROOT = os.geteuid() == 0
NAMES = [b"a", b"b", b"c", b"d d", b"new\nline", b"-rf", b"\xff\xfe", b"per%cent\\#012", b"x => y", b" b ", b"t\tab", b"*", b"#x", b";y"]


def part(names):
    """What was a hard link becomes one of another file, alike in all, which takes these names; the folders look as before."""
    folders = {folder: os.stat(folder) for folder in map(os.path.dirname, names)}
    own = names[0] + b".own"
    subprocess.run(["cp", "--archive", "--no-target-directory", "--", names[0], own], check=True, timeout=60)
    for name in names:
        os.link(own, name + b".new", follow_symlinks=False)
        os.rename(name + b".new", name)
    os.unlink(own)
    for folder, was in folders.items():
        os.utime(folder, ns=(was.st_atime_ns, was.st_mtime_ns))


class Mutator:
    """Changes a tree at random; the same seed, the same changes."""

    def __init__(self, folder, seed):
        self.folder, self.random = os.fsencode(str(folder)), random.Random(seed)
        self.outside = os.path.join(os.path.dirname(self.folder), b"outside")
        self.contents = {}  # all that ever were, by what rsync tells a file from its last state by

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
            file.write(self.random.randbytes(self.random.choice([0, 1, 100, 5000, 70_000])))

    def change(self):
        self.random.choice([self.create, self.create, self.folder_made, self.overwrite, self.append, self.same_size, self.replace, self.mode, self.owner,
                            self.time, self.attribute, self.access, self.capability, self.remove, self.remove_folder, self.rename, self.rename_folder, self.symlink, self.hard_link, self.hard_link, self.part,
                            self.node, self.file_for_folder, self.folder_for_file, self.link_for_folder, self.link_for_folder, self.folder_for_link, self.folder_for_link,
                            self.alike, self.moved_and_alike])()
        while any([self.keep_apart(path) for path in self.all(stat.S_ISREG)]):
            pass  # what was changed by that has other names, perhaps

    def keep_apart(self, path):
        """Whether another file was there that looked as this one does, as one that moved with its folder may; it has another time now."""
        now = os.lstat(path)
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).digest()
        if self.contents.setdefault((path, now.st_size, now.st_mtime_ns), content) == content:
            return False
        os.utime(path)
        return True

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
        if path := self.some(lambda mode: True):
            os.utime(path, ns=(1, self.random.randrange(2 * 10**18)), follow_symlinks=False)

    def attribute(self):
        if path := self.some(lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            os.setxattr(path, b"user.of", self.random.randbytes(5))

    def access(self):
        """Of a folder, what is made in it inherits that, too."""
        if path := self.some(lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            kinds = ["access", "default"] if os.path.isdir(path) else ["access"]
            os.setxattr(path, "system.posix_acl_" + self.random.choice(kinds), acl(self.random.randrange(3000)))

    def capability(self):
        if ROOT and (path := self.some(stat.S_ISREG)):
            os.setxattr(path, "security.capability", capability(self.random.randrange(30)))

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
        if (path := self.some(lambda mode: not stat.S_ISDIR(mode))) and (to := self.free()):
            os.link(path, to, follow_symlinks=False)

    def part(self):
        files = {}
        for path in self.all(lambda mode: not stat.S_ISDIR(mode)):
            files.setdefault(os.lstat(path).st_ino, []).append(path)
        if linked := sorted(names for names in files.values() if len(names) > 1):
            names = self.random.choice(linked)
            part(self.random.sample(names, self.random.randrange(1, len(names))))

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
        """A symlink, that may lead out of the tree, where a folder was that is somewhere else now."""
        if (path := self.some(stat.S_ISDIR)) and path != self.folder and (to := self.free()) and not to.startswith(path + b"/"):
            os.rename(path, to)
            os.symlink(self.random.choice([self.outside, os.path.relpath(to, os.path.dirname(path))]), path)

    def folder_for_link(self):
        """A folder of files that look as those do that a symlink led to."""
        path = self.some(lambda mode: stat.S_ISLNK(mode))
        there = os.path.realpath(path or b"")
        if path and os.path.isdir(there) and there.startswith((self.folder, self.outside)) and path.count(b"/") < self.folder.count(b"/") + 6:
            files = [name for name in sorted(os.listdir(there)) if stat.S_ISREG(os.lstat(os.path.join(there, name)).st_mode)]
            os.unlink(path)
            os.mkdir(path)
            for name in files:
                self.look_alike(os.path.join(there, name), os.path.join(path, name))

    def look_alike(self, path, to):
        """A file of its own that has all that another has but its content."""
        subprocess.run(["cp", "--archive", "--no-target-directory", "--", path, to], check=True, timeout=60)
        was = os.lstat(path)
        if self.random.random() < 0.5 and was.st_size:
            with open(to, "r+b") as file:
                file.write(self.random.randbytes(min(was.st_size, 100)))
            os.utime(to, ns=(was.st_atime_ns, was.st_mtime_ns))

    def alike(self):
        if (path := self.some(stat.S_ISREG)) and (to := self.free()):
            self.look_alike(path, to)

    def moved_and_alike(self):
        """A file moves, and another comes to where it was."""
        if (path := self.some(stat.S_ISREG)) and (to := self.free()):
            os.rename(path, to)
            self.look_alike(to, path)
