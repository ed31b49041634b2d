"""How points share what is the same in them, on real file systems."""
import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from own_host import keep_mounts_to_ourselves, needs_root
from test_mutations import keep_each_point_exact
from test_serve import east  # noqa: F401, a fixture
from trees import acl, capability, tree

MIB = 1 << 20
pytestmark = needs_root


@contextlib.contextmanager
def mounted(kind, folder, size=400 * MIB, *options):
    """A new file system of that kind, of a file, at `folder`."""
    if not os.path.exists("/dev/loop-control") or kind not in pathlib.Path("/proc/filesystems").read_text().split():
        pytest.skip(f"the kernel here has no loop devices, or no {kind}")
    keep_mounts_to_ourselves()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run([f"mkfs.{kind}", "-q", *options, str(image)], check=True, stderr=subprocess.DEVNULL, timeout=60)
    folder.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True, timeout=60)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=60)


def store_on(pair, folder):
    pair.store = folder / "store"
    pair.set("sync", store=str(pair.store))


@pytest.fixture(params=["xfs", "btrfs"])
def sharing_pair(request, pair):
    with mounted(request.param, pair.folder / request.param) as folder:
        store_on(pair, folder)
        yield pair, request.param


@pytest.fixture
def btrfs_pair(pair):
    with mounted("btrfs", pair.folder / "btrfs") as folder:
        store_on(pair, folder)
        yield pair


def run(*argv):
    return subprocess.run(argv, check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout.strip()


@contextlib.contextmanager
def loop_device(image):
    device = run("losetup", "--find", "--show", str(image))
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


@contextlib.contextmanager
def mounted_at(device, folder):
    run("mount", device, str(folder))
    try:
        yield
    finally:
        run("umount", str(folder))


def used(folder):
    os.sync()
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def is_subvolume(path):
    return path.stat().st_ino == 256


def test_each_point_is_exact_and_stays_so_whatever_it_shares_by(sharing_pair):
    pair, kind = sharing_pair
    clones = keep_each_point_exact(pair, int(os.environ.get("HASYNC_ROUNDS", "15")))["a clone is ready"]
    assert kind != "btrfs" or clones == 0
    assert all(is_subvolume(point) == (kind == "btrfs") for point in (pair.store / "points").iterdir())


@pytest.mark.parametrize("place", ["local", "ssh"])
def test_of_a_large_file_a_point_costs_only_the_blocks_that_changed(sharing_pair, ssh_pair, place):
    pair, kind = sharing_pair
    if place == "ssh":
        ssh_pair[1].describe("primary", 1)
    else:
        pair.set("peer", transport="local", name="east")
    large = pair.source / "deep" / "large"
    large.parent.mkdir()
    large.write_bytes(os.urandom(64 * MIB))
    pair.ok("sync")
    first = pair.current.readlink()
    before = used(pair.store)
    with large.open("r+b") as file:
        file.seek(40 * MIB)
        file.write(b"changed")
    pair.ok("sync")
    assert used(pair.store) - before < 24 * MIB
    assert tree(pair.current / "app") == tree(pair.source)
    assert (pair.store / first / "app" / "deep" / "large").read_bytes()[40 * MIB:][:7] != b"changed"
    assert pair.json("points", "verify")["damaged"] == []


def test_files_of_one_name_do_not_take_each_others_blocks(sharing_pair):
    pair, _ = sharing_pair
    for folder in ("a", "b"):
        (pair.source / folder).mkdir()
        (pair.source / folder / "large").write_bytes(os.urandom(4 * MIB))
    pair.ok("sync")
    for folder in ("a", "b"):
        with (pair.source / folder / "large").open("r+b") as file:
            file.write(b"changed")
    pair.ok("sync")
    assert tree(pair.current / "app") == tree(pair.source)


def test_an_acl_is_kept_and_is_no_difference(sharing_pair):
    pair, _ = sharing_pair
    for name in ("f", "g"):
        (pair.source / name).write_text("1")
        os.setxattr(pair.source / name, "system.posix_acl_access", acl(5))
    os.setxattr(pair.source / "f", "user.of", b"one")
    os.setxattr(pair.source / "f", "security.capability", capability(1))
    assert [pair.json("sync")["result"] for _ in range(2)] == ["success", "unchanged"]
    os.setxattr(pair.source / "f", "user.of", b"another")
    assert [pair.json("sync")["result"] for _ in range(2)] == ["success", "unchanged"]
    assert tree(pair.current / "app") == tree(pair.source)
    os.removexattr(pair.source / "f", "system.posix_acl_access")
    pair.ok("sync")
    assert tree(pair.current / "app") == tree(pair.source)


def test_an_acl_comes_through_the_forced_command(pair, east):
    with mounted("xfs", pair.folder / "xfs") as folder:
        store_on(pair, folder)
        os.setxattr(east.source / "sub", "system.posix_acl_default", acl(5))
        os.setxattr(east.source / "sub" / "f", "system.posix_acl_access", acl(5))
        os.setxattr(east.source / "sub" / "f", "user.of", b"one")
        (east.odd / "f").write_text("1")
        assert [pair.json("sync")["result"] for _ in range(2)] == ["success", "unchanged"]
        assert tree(pair.current / "app") == tree(east.source)
        (east.odd / "f").write_text("two")
        assert "'--filter=-srx trusted.SGI_ACL_*'" in pair.ok("sync", "--dry-run")


def test_points_diff_tells_only_what_differs(sharing_pair):
    pair, _ = sharing_pair
    for number in range(6):
        (pair.source / f"f{number}").write_text(str(number))
    (pair.source / "link").symlink_to("f0")
    first = pair.json("sync")["point"]
    (pair.source / "f1").write_text("changed")
    (pair.source / "f2").chmod(0o600)
    (pair.source / "f3").unlink()
    pair.ok("sync")
    assert pair.ok("points", "diff", first).splitlines() == ["attributes  app/./", "changed     app/f1", "attributes  app/f2", "deleted     app/f3"]


def test_of_xfs_the_file_system_is_known_and_not_its_device(pair):
    with mounted("xfs", pair.folder / "first"):
        pass
    image, moved = pair.folder / "first.image", pair.folder / "moved.image"

    def sync():
        (pair.source / "f").write_text("1")
        return pair.run("sync")

    with loop_device(image) as device:
        with mounted_at(device, pair.source):
            assert sync().returncode == 0
        subprocess.run(["cp", "--sparse=always", str(image), str(moved)], check=True, timeout=60)
        with loop_device(moved) as other, mounted_at(other, pair.source):
            assert sync().returncode == 0
        run("mkfs.xfs", "-q", "-f", device)
        with mounted_at(device, pair.source):
            held = sync()
            assert held.returncode == 6 and "is on another file system than before" in held.stderr


def test_a_dump_is_placed_in_a_subvolume(btrfs_pair):
    pair = btrfs_pair
    (pair.source / "f").write_text("1")
    content = pair.folder / "content"
    content.write_text("one")
    pair.set("sync", datasets=[{"name": "app", "source": str(pair.source)}, {"name": "said", "type": "command", "run": ["cat", str(content)]}])
    pair.ok("sync")
    (pair.source / "f").write_text("22")
    pair.ok("sync")  # the dump is as before
    content.write_text("two")
    pair.ok("sync")
    points = [pair.store / "points" / point["id"] for point in pair.json("points", "list")["points"]]
    said = [[path.read_text() for path in (point / "said").iterdir()] for point in points]
    assert said == [["two"], ["one"], ["one"]]


def test_points_from_before_the_store_had_subvolumes_are_gone_on_from(btrfs_pair):
    pair = btrfs_pair
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    point = pair.store / pair.current.readlink()
    subprocess.run(["cp", "-a", str(point), str(pair.store / "plain")], check=True, timeout=60)
    subprocess.run(["btrfs", "-q", "subvolume", "delete", str(point)], check=True, stdout=subprocess.DEVNULL, timeout=60)
    (pair.store / "plain").rename(point)
    assert not is_subvolume(point)
    (pair.source / "g").write_text("2")
    pair.ok("sync")
    assert is_subvolume(pair.store / pair.current.readlink())
    assert tree(pair.current / "app") == tree(pair.source)


def test_why_tells_what_the_copy_of_a_promotion_costs(sharing_pair):
    pair, _ = sharing_pair
    (pair.source / "large").write_bytes(os.urandom(32 * MIB))
    pair.ok("sync")

    def evidence():
        return {guard["name"]: guard["evidence"] for guard in pair.json("why")["guards"]}["live-path"]

    assert "the copy takes up to 32.0 MiB" in evidence()
    live = pair.store.parent / "live"
    pair.set("sync", datasets=[{"name": "app", "source": str(pair.source), "live": str(live)}])
    assert "the copy shares its blocks with the point, and takes next to no room" in evidence()
    before = used(pair.store)
    pair.ok("promote")
    assert used(pair.store) - before < 8 * MIB
    assert tree(live) == tree(pair.source)


@pytest.mark.parametrize("kind, told", [("ext4", "hard links"), ("xfs", "reflinks"), ("btrfs", "snapshots")])
def test_status_and_check_tell_how_points_share(pair, kind, told):
    with mounted(kind, pair.folder / kind) as folder:
        store_on(pair, folder)
        (pair.source / "f").write_text("1")
        assert f"points are kept by {told}" in pair.run("check").stdout
        pair.ok("sync")
        assert f"1 kept by {told}" in pair.run("status").stdout
        assert json.loads(pair.run("status", "--json").stdout)["points_share_by"] == told
