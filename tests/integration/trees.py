"""A folder as a value that another can be compared with."""
import os
import stat


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
            extras = {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}
            peers = inodes.get(info.st_ino)  # an earlier name of the same file
            inodes.setdefault(info.st_ino, os.path.relpath(path, base))
            found[os.path.relpath(path, base)] = (info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns if kind != stat.S_IFLNK else 0, content, peers, info.st_rdev, extras)
    return found
