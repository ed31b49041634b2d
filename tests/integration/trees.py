"""A folder with all that can be in one, and a folder as a value that another can be compared with."""
import os
import stat
import struct


def fill(folder):
    """A small tree with every kind of entry and name."""
    (folder / "a").mkdir()
    (folder / "a" / "one").write_text("one\n")
    (folder / "a" / "mode").write_text("x")
    (folder / "a" / "mode").chmod(0o4751)
    (folder / "empty").mkdir()
    os.symlink("a/one", folder / "link")
    os.symlink("nowhere", folder / "dangling")
    os.mkfifo(folder / "fifo")
    base = os.fsencode(str(folder))
    for name in (b"new\nline", b"-rf", b"\xff\xfe invalid", b"n" * 255, b" blank ", b"*?[", b"quote'\"", b"per%cent\\#012"):
        with open(os.path.join(base, name), "wb") as file:
            file.write(name)
    with open(folder / "sparse", "wb") as file:
        file.truncate(8 << 20)
        file.seek(4 << 20)
        file.write(b"middle")
    os.utime(folder / "a" / "one", ns=(1, 1_234_567_890_123_456_789))


def acl(user):
    """Who owns a file, its group and this user may read it, as an attribute has it (linux/posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in
                                           ((1, 7, 2**32 - 1), (2, 5, user), (4, 5, 2**32 - 1), (16, 5, 2**32 - 1), (32, 0, 2**32 - 1)))


def capability(number):
    """As an attribute has it (linux/capability.h)."""
    return struct.pack("<5I", 0x02000001, 1 << number, 0, 0, 0)


def fill_as_root(folder):
    """What only root can make, and what hangs on a file besides its mode."""
    for name, kind in (("device", stat.S_IFCHR), ("disk", stat.S_IFBLK), ("socket", stat.S_IFSOCK)):
        os.mknod(folder / name, kind | 0o640, os.makedev(1, 3))
    (folder / "owned").write_text("owned")
    os.chown(folder / "owned", 1234, 4321)
    os.symlink("owned", folder / "owned link")
    os.chown(folder / "owned link", 4321, 1234, follow_symlinks=False)
    for name in ("a", "a/one"):
        os.setxattr(folder / name, "user.of", os.fsencode(name))
        os.setxattr(folder / name, "system.posix_acl_access", acl(1234))
    os.chown(folder / "a" / "mode", 1234, 4321)
    os.setxattr(folder / "a" / "mode", "security.capability", capability(13))


def tree(folder):
    """Everything a copy must keep, by relative path as bytes."""
    found = {}
    base = os.fsencode(str(folder))
    inodes = {}
    for where, folders, files in os.walk(base):
        folders.sort()
        files.sort()
        for name in [b"."] + folders + files if where == base else folders + files:
            path = os.path.join(where, name)
            info = os.lstat(path)
            kind = stat.S_IFMT(info.st_mode)
            content = b""
            if kind == stat.S_IFREG:
                with open(path, "rb") as file:
                    content = file.read()
            elif kind == stat.S_IFLNK:
                content = os.readlink(path)
            # XFS shows root an ACL twice, the second time as it keeps it itself.
            names = [name for name in os.listxattr(path, follow_symlinks=False) if not name.startswith("trusted.SGI_ACL_")]
            extras = {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
            peers = inodes.get(info.st_ino)  # an earlier name of the same file
            inodes.setdefault(info.st_ino, os.path.relpath(path, base))
            found[os.path.relpath(path, base)] = (info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, content, peers, info.st_rdev, extras)
    return found
