"""Changes of a source that a copy easily gets wrong: each point is the source as it was, and stays so."""
import errno
import os
import pathlib
import random
import sqlite3
import stat
import subprocess

import pytest

from conftest import shim
from mutator import Mutator, part
from trees import acl, capability, tree

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
        told = pair.json("sync", "--force=shrink", env=without_clones(tmp_path))
        assert "the newest point could not be cloned, so that everything was compared again: cp: " in told["note"]
        assert tree(pair.current / "app") == tree(pair.source)
        assert tree(pair.store / point / "app") == first
        assert (pair.current / "app" / "always").stat().st_nlink == (pair.source / "always").stat().st_nlink


def test_what_is_called_like_a_comment_is_fetched_as_anything_else(pair):
    (pair.source / ";x" / "folder").mkdir(parents=True)
    (pair.source / "#x").mkdir()
    (pair.source / "#x" / "file").write_text("1")
    pair.ok("sync")
    (pair.source / ";x" / "folder").chmod(0o700)
    (pair.source / "#x" / "file").write_text("two")
    told = pair.json("sync")
    assert (told["result"], told["note"]) == ("success", "")
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("sync")["result"] == "unchanged"


def names_in(pair, *names):
    return [os.fsencode(pair.source / name) for name in names]


def make_links(pair):
    """Files of two and of four names, in two folders, and one that has none."""
    (pair.source / "sub").mkdir()
    for name, others in (("a", ["b"]), ("c", ["sub/d", "sub/e", "f"]), ("sub/g", ["h"]), ("alone", [])):
        (pair.source / name).write_text(name)
        for other in others:
            os.link(pair.source / name, pair.source / other)


def rsync_runs(folder):
    """A PATH on which rsync writes a line a run that is begun here, and how many there were by now."""
    log = folder / "rsync runs"
    log.touch()
    return shim(folder, "rsync", f'echo "$*" >>"{log}"; exec /usr/bin/rsync "$@"'), lambda: len(log.read_text().splitlines())


def forget_catalog(pair):
    for file in pair.store.glob("catalog.db*"):
        file.unlink()


def make_catalog_older(pair):
    with sqlite3.connect(pair.store / "catalog.db") as catalog:
        catalog.executescript("DROP TABLE links; ALTER TABLE points DROP COLUMN all_links; PRAGMA user_version = 1")
    catalog.close()


@pytest.mark.parametrize("before", [lambda pair: None, forget_catalog, make_catalog_older], ids=["known", "no catalog", "older catalog"])
def test_what_is_a_hard_link_no_more_is_none_in_the_next_point(pair, before):
    make_links(pair)
    pair.ok("sync")
    first, was = pair.current.readlink(), tree(pair.current / "app")
    before(pair)
    part(names_in(pair, "b"))
    part(names_in(pair, "sub/d", "f"))
    assert "app: 0 created, 0 changed, 3 with other attributes, 0 deleted, 0 B to send" in pair.ok("sync", "--dry-run")
    told = pair.json("sync")
    assert (told["result"], told["bytes_transferred"]) == ("success", 0)
    assert tree(pair.current / "app") == tree(pair.source) != was
    assert tree(pair.store / first / "app") == was
    assert pair.json("sync")["result"] == "unchanged"
    assert pair.json("points", "verify")["damaged"] == []


def test_names_that_part_in_a_run_that_changes_them_too(pair):
    make_links(pair)
    pair.ok("sync")
    was = tree(pair.current / "app")
    part(names_in(pair, "sub/d", "f"))
    (pair.source / "c").rename(pair.source / "moved")
    (pair.source / "f").unlink()
    os.link(pair.source / "sub" / "d", pair.source / "new")  # a name more of what parts
    part(names_in(pair, "b"))
    (pair.source / "a").chmod(0o600)
    part(names_in(pair, "h"))
    (pair.source / "alone").unlink()
    os.link(pair.source / "h", pair.source / "alone")
    told = pair.json("sync")
    assert told["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source) != was
    assert pair.json("sync")["result"] == "unchanged"


def without_clones(folder):
    """The environment of a run that can clone nothing."""
    return {"PATH": f"{shim(folder, 'cp', 'echo cp: it fails >&2; exit 1')}:/usr/bin:/bin"}


def change_owner(path):
    """With that its capabilities are gone, so that it gets them again."""
    capabilities = os.getxattr(path, "security.capability")
    os.chown(path, 1235, 4322)
    os.setxattr(path, "security.capability", capabilities)


def change_all(path):
    path.chmod(0o640)
    os.setxattr(path, "system.posix_acl_access", acl(405))
    os.chown(path, 1235, 4322)
    os.setxattr(path, "security.capability", capability(12))


def change_content(path):
    capabilities = os.getxattr(path, "security.capability")
    path.write_bytes(b"y" * 4000)
    os.setxattr(path, "security.capability", capabilities)


CHANGES_WITH_CAPABILITIES = {
    "mode": lambda path: path.chmod(0o700),
    "ACL": lambda path: os.setxattr(path, "system.posix_acl_access", acl(405)),
    "owner": change_owner,
    "capability": lambda path: os.setxattr(path, "security.capability", capability(12)),
    "none any more": lambda path: (os.removexattr(path, "security.capability"), path.chmod(0o700)),
    "content": change_content,
    "time": lambda path: os.utime(path, ns=(7, 7)),
    "all": change_all,
    "a name": lambda path: (os.link(path, path.with_name("c")), path.chmod(0o700)),
    "another name": lambda path: (path.rename(path.with_name("c")), path.with_name("c").chmod(0o700)),
}


def capable(pair, name="a"):
    """A file of two names, the other of which is b."""
    path = pair.source / name
    path.write_bytes(b"x" * 3000)
    path.with_name("b").hardlink_to(path)
    os.chown(path, 1234, 4321)
    path.chmod(0o750)
    os.setxattr(path, "security.capability", capability(13))
    return path


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and capabilities need root")
@pytest.mark.parametrize("cloned", [True, False], ids=["", "nothing cloned"])
@pytest.mark.parametrize("change", CHANGES_WITH_CAPABILITIES.values(), ids=CHANGES_WITH_CAPABILITIES)
def test_a_file_keeps_its_capabilities_whatever_else_of_it_changes(pair, tmp_path, cloned, change):
    path = capable(pair)
    pair.ok("sync")
    first, point = tree(pair.current / "app"), pair.current.readlink()
    change(path)
    env = {} if cloned else without_clones(tmp_path)
    pair.ok("sync", env=env)
    assert tree(pair.current / "app") == tree(pair.source)
    assert tree(pair.store / point / "app") == first
    assert pair.json("sync")["result"] == "unchanged"
    verified = pair.json("points", "verify")
    assert (verified["damaged"], verified["unrecorded"]) == ([], 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and capabilities need root")
def test_a_clone_of_before_nothing_was_cloned_knows_the_names_of_a_file_with_capabilities(pair, tmp_path):
    """In folders of their own, as a folder that changes takes all its files along."""
    pair.set("sync", keep=2)
    for name in ("with", "beside"):
        (pair.source / name).mkdir()
    capable(pair, "with/a")
    for number in range(20):
        (pair.source / "beside" / str(number)).touch()
    pair.ok("sync")
    for name, env in (("0", without_clones(tmp_path)), ("1", {})):
        (pair.source / "beside" / name).write_text("changed")
        pair.ok("sync", env=env)
    assert any((pair.store / "clones").iterdir())
    (pair.source / "with" / "c").hardlink_to(pair.source / "with" / "a")
    is_exact_from_now_on(pair)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and capabilities need root")
@pytest.mark.parametrize("instead", ["a file", "a symlink to itself", "nothing"])
def test_a_file_with_capabilities_that_a_run_had_that_broke_off_need_not_be_there_any_more(pair, tmp_path, instead):
    (pair.source / "folder").mkdir()
    capable(pair, "folder/a")
    (pair.source / "x").write_text("1")
    run_that_breaks_off(pair, tmp_path)
    for name in "ab":
        (pair.source / "folder" / name).unlink()
    (pair.source / "folder").rmdir()
    if instead == "a file":
        (pair.source / "folder").write_text(instead)
    elif instead == "a symlink to itself":
        (pair.source / "folder").symlink_to("folder")
    is_exact_from_now_on(pair)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners and capabilities need root")
def test_names_that_part_keep_capabilities_and_access_of_another_owner(pair):
    (pair.source / "a").write_bytes(b"x" * 3000)
    (pair.source / "b").hardlink_to(pair.source / "a")
    os.chown(pair.source / "a", 1234, 4321)
    (pair.source / "a").chmod(0o4750)
    os.setxattr(pair.source / "a", "system.posix_acl_access", acl(404))
    os.setxattr(pair.source / "a", "security.capability", capability(13))
    pair.ok("sync")
    part([os.fsencode(pair.source / "b")])
    pair.ok("sync")
    assert tree(pair.current / "app") == tree(pair.source)


def fill_with_names(path, folder):
    """Other names in the folder, until it may have no more."""
    folder.mkdir()
    for number in range(70_000):  # more than ext4 and btrfs allow
        try:
            (folder / str(number)).hardlink_to(path)
        except OSError as error:
            assert error.errno == errno.EMLINK
            return
    pytest.skip("a file of this file system may have more names than can be tried")


@pytest.mark.parametrize("change", ["beside", "of it", "parting", "a name more"])
def test_a_file_that_may_have_no_more_names_becomes_another_by_all_of_them(pair, change):
    for name in ("a", "beside"):
        (pair.source / name).mkdir()
        (pair.source / name / "file").write_text(name)
    for name in ("a/b", "c"):
        (pair.source / name).hardlink_to(pair.source / "a" / "file")
    pair.ok("sync")
    first, point = tree(pair.current / "app"), pair.current.readlink()
    fill_with_names(pair.current / "app" / "c", pair.folder / "names")
    (pair.folder / "names" / "0").unlink()  # so that there is one for one of the three
    if change == "of it":
        (pair.source / "c").chmod(0o600)
    elif change == "parting":
        part([os.fsencode(pair.source / "c")])
    elif change == "a name more":
        (pair.source / "beside" / "d").hardlink_to(pair.source / "c")
    else:
        (pair.source / "beside" / "file").write_text("changed")
    assert "3 names share files with earlier points no longer" in pair.json("sync")["note"]
    assert tree(pair.current / "app") == tree(pair.source)
    assert tree(pair.store / point / "app") == first
    assert pair.json("sync")["result"] == "unchanged"
    (pair.source / "beside" / "another").hardlink_to(pair.source / "a" / "b")
    is_exact_from_now_on(pair)


def test_names_that_part_where_nothing_can_be_cloned(pair, tmp_path):
    make_links(pair)
    pair.ok("sync")
    part(names_in(pair, "b"))
    pair.ok("sync", env=without_clones(tmp_path))
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("sync")["result"] == "unchanged"


def test_no_symlink_leads_to_names_that_part(pair):
    """To the dataset beside, where just these names part."""
    make_links(pair)
    beside = pair.folder / "beside"
    pair.set("sync", datasets=[{"name": "app", "source": str(pair.source)}, {"name": "beside", "source": str(beside)}])
    beside.mkdir()
    (beside / "d").write_text("beside")
    os.link(beside / "d", beside / "e")
    pair.ok("sync")
    (pair.source / "sub").rename(pair.source / "moved")
    (pair.source / "sub").symlink_to("../beside")
    pair.ok("sync")
    part([os.fsencode(beside / "e")])
    told = pair.json("sync")
    assert (told["result"], told["files_changed"], told["note"]) == ("success", 1, "")
    assert tree(pair.current / "beside") == tree(beside)


def test_only_where_there_are_hard_links_is_the_source_asked_twice(pair, tmp_path):
    path, runs = rsync_runs(tmp_path)
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    assert pair.json("sync", env={"PATH": path})["result"] == "unchanged"
    assert runs() == 1
    os.link(pair.source / "f", pair.source / "g")
    pair.ok("sync")
    assert pair.json("sync", env={"PATH": path})["result"] == "unchanged"
    assert runs() == 3
    (pair.source / "g").unlink()
    pair.ok("sync")
    assert pair.json("sync", env={"PATH": path})["result"] == "unchanged"
    assert runs() == 4


def test_a_peer_that_takes_no_lists_is_not_asked_for_links(pair, tmp_path):
    make_links(pair)
    pair.ok("sync")
    part(names_in(pair, "b"))
    refusing = shim(tmp_path, "rsync", """case "$*" in *--files-from=*) echo 'hasync: refused: rsync: --files-from needs Landlock' >&2; exit 12 ;; esac
exec /usr/bin/rsync "$@\"""")
    told = pair.json("sync", env={"PATH": refusing})
    assert told["result"] == "unchanged"
    assert "whether all hard links are still so could not be asked: dataset app: east refuses this of our key: rsync: --files-from needs Landlock" in told["note"]
    assert pair.json("sync")["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)


@pytest.mark.parametrize("first", ["first copy", "changes"])
def test_names_that_part_after_a_run_that_did_not_come_to_its_end(pair, tmp_path, first):
    (pair.source / "old").write_text("old")
    if first == "changes":
        pair.ok("sync")
    make_links(pair)
    os.link(pair.source / "old", pair.source / "new")
    breaking = shim(tmp_path, "rsync", """/usr/bin/rsync "$@" || exit
case "$*" in *--dry-run*) ;; *) echo 'rsync error: it broke off' >&2; exit 12 ;; esac""")
    pair.run("sync", env={"PATH": breaking})
    assert any((pair.store / "interrupted").iterdir())
    for names in (["b"], ["sub/d", "f"], ["new"]):
        part(names_in(pair, *names))
    assert pair.json("sync")["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("sync")["result"] == "unchanged"
    verified = pair.json("points", "verify")
    assert (verified["damaged"], verified["unrecorded"]) == ([], 0)


def run_that_breaks_off(pair, folder):
    """After all has come; what it had is at hand for the next."""
    breaking = shim(folder, "rsync", """/usr/bin/rsync "$@" || exit
case "$*" in *--dry-run*|*no-implied-dirs*) ;; *) echo 'rsync error: it broke off' >&2; exit 12 ;; esac""")
    assert pair.run("sync", env={"PATH": breaking}).returncode == 1
    assert any((pair.store / "interrupted").iterdir())


def copy(source, target):
    subprocess.run(["cp", "--archive", "--no-target-directory", "--", source, target], check=True)


def is_exact_from_now_on(pair):
    """The next point is its source, and no later run finds a difference; the checksums on record are those of what is there."""
    assert pair.json("sync")["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("sync")["result"] == "unchanged"
    assert pair.json("points", "verify")["damaged"] == []


def lead_to_another_file_like_it(pair, at):
    """A symlink at `at` leads to a folder with a file "y" that is as large and as old as the one that a folder there has afterwards."""
    (pair.source / "one").mkdir()
    (pair.source / "one" / "y").write_text("AAAA")
    os.utime(pair.source / "one" / "y", (1_000_000_000, 1_000_000_000))
    at.symlink_to("one")


def become_a_folder(link):
    link.unlink()
    link.mkdir()
    (link / "y").write_text("BBBB")
    os.utime(link / "y", (1_000_000_000, 1_000_000_000))


@pytest.mark.parametrize("before", ["a point", "a run that broke off", "a point that cannot be cloned"])
def test_what_a_symlink_led_to_is_not_taken_for_the_folder_that_it_is_now(pair, tmp_path, before):
    link = pair.source / "x"
    (pair.source / "more").write_text("more")
    if before == "a run that broke off":
        pair.ok("sync")
        lead_to_another_file_like_it(pair, link)
        run_that_breaks_off(pair, tmp_path)
    else:
        lead_to_another_file_like_it(pair, link)
        pair.ok("sync")
    become_a_folder(link)
    (pair.source / "one" / "more").hardlink_to(pair.source / "more")
    if before == "a point that cannot be cloned":
        assert pair.json("sync", env={"PATH": shim(tmp_path, "cp", "exit 1")})["result"] == "success"
        (pair.source / "later").write_text("later")
    is_exact_from_now_on(pair)


def test_a_file_outside_the_store_that_a_symlink_led_to_becomes_no_part_of_a_point(pair, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "y").write_text("AAAA" * 100)
    (pair.source / "x").symlink_to(outside)
    pair.ok("sync")
    (pair.source / "x").unlink()
    copy(outside, pair.source / "x")
    is_exact_from_now_on(pair)
    assert (outside / "y").stat().st_nlink == 1


def changing_before_the_transfer(pair, folder, commands):
    """The PATH of a run whose source changes so, once, between plan and transfer."""
    return {"PATH": shim(folder, "rsync", f"""case "$*" in *--dry-run*) ;; *) [ -e '{folder}/once' ] || {{ : >'{folder}/once'; cd '{pair.source}'; {commands}; }} ;; esac
exec /usr/bin/rsync "$@\"""")}


def test_a_file_that_becomes_a_folder_between_plan_and_transfer_comes_with_what_is_in_it(pair, tmp_path):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (pair.source / "f").write_text("22")
    told = pair.json("sync", env=changing_before_the_transfer(pair, tmp_path, "rm f; mkdir f; echo deep >f/deep"))
    assert told["note"] == "some of what was planned was gone, or something else, when it was to be read"
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("points", "verify")["damaged"] == []


def test_a_folder_in_the_place_of_a_file_changes_nothing_of_an_earlier_point(pair, tmp_path):
    for name in ("f", "g"):
        (pair.source / name).write_text("1")
    first = pair.store / "points" / pair.json("sync")["point"]
    before = tree(first)
    (pair.source / "g").write_text("22")
    pair.ok("sync", env=changing_before_the_transfer(pair, tmp_path, "echo 333 >g; rm f; mkdir f; echo deep >f/deep"))
    assert tree(first) == before
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("points", "verify")["damaged"] == []


@pytest.mark.parametrize("run", ["of changes", "of all"])
def test_what_a_symlink_leads_to_that_takes_a_folders_place_meanwhile_is_not_published(pair, tmp_path, run):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "y").write_text("secret")
    (pair.source / "f").write_text("1")
    if run == "of changes":
        pair.ok("sync")
    (pair.source / "x").mkdir()
    (pair.source / "x" / "y").write_text("2")
    meanwhile = f"cd '{pair.source}'; mv x x2; ln -s '{outside}' x"
    env = changing_before_the_transfer(pair, tmp_path, meanwhile)
    if run == "of all":  # rsync opens what it is to send long after it saw the folder; here, after it has sent it
        env = {"PATH": shim(tmp_path, "rsync", f"""/usr/bin/rsync "$@" || exit\ncase "$*" in *--dry-run*) ;; *) {meanwhile} ;; esac""")}
    told = pair.fails_to_sync(env=env)
    assert "dataset app: x is no folder any more: a symlink took its place while it was read, so that what came may be from elsewhere" in told
    assert [kept.suffix for kept in (pair.store / "interrupted").iterdir()] == [".left"]
    is_exact_from_now_on(pair)


def test_where_a_symlink_takes_a_folders_place_nothing_is_told_of_what_it_leads_to(pair, tmp_path):
    outside = tmp_path / "outside"
    for folder, mode in ((outside, 0o700), (pair.source / "x", 0o755)):
        (folder / "y").mkdir(parents=True)
        (folder / "y").chmod(mode)
    (pair.source / "x" / "y" / "a").write_text("1")
    pair.ok("sync")
    (pair.source / "x" / "y" / "a").unlink()  # so that just the folder is on the list
    told = pair.fails_to_sync(env=changing_before_the_transfer(pair, tmp_path, f"mv x x2; ln -s '{outside}' x"))
    assert "dataset app: x is no folder any more" in told
    is_exact_from_now_on(pair)


def test_a_folder_that_becomes_a_file_meanwhile_does_not_fail_the_run(pair, tmp_path):
    (pair.source / "x").mkdir()
    (pair.source / "x" / "y").write_text("1")
    pair.ok("sync", env={"PATH": shim(tmp_path, "rsync", f"""/usr/bin/rsync "$@" || exit
case "$*" in *--dry-run*) ;; *) cd '{pair.source}'; rm -r x; echo 2 >x ;; esac""")})
    is_exact_from_now_on(pair)


def test_no_pattern_lets_a_folder_come_with_what_is_in_it(pair, tmp_path):
    (pair.source / "keep").mkdir()
    (pair.source / "keep" / "f").write_text("1")
    pair.settings["sync"]["datasets"][0]["exclude"] = ["+ /keep/***", "*"]
    pair.save()
    first = pair.store / "points" / pair.json("sync")["point"]
    before = tree(first)
    pair.source.chmod(0o711)
    late = shim(tmp_path, "rsync", f"""case "$*" in *--dry-run*|*--files-from*) ;; *) chmod 4777 '{pair.source}/keep/f' ;; esac\nexec /usr/bin/rsync "$@\"""")
    pair.ok("sync", env={"PATH": late})
    assert tree(first) == before
    is_exact_from_now_on(pair)


def test_what_was_in_the_way_and_is_gone_then_is_not_missed_in_the_point(pair, tmp_path):
    for name in ("f", "g"):
        (pair.source / name).write_text("1")
    pair.ok("sync")
    for name in ("f", "z"):
        (pair.source / name).write_text("22")
    env = {"PATH": shim(tmp_path, "rsync", f"""cd '{pair.source}'
case "$*" in *--dry-run*) ;; *--files-from*) if [ -e z ]; then rm z; /usr/bin/rsync "$@"; ended=$?; rm f; mkdir f; : >f/in; exit $ended; fi; rm -rf f ;; esac
exec /usr/bin/rsync "$@\"""")}
    pair.ok("sync", env=env)
    assert tree(pair.current / "app") == tree(pair.source)
    assert pair.json("points", "verify")["damaged"] == []


@pytest.mark.parametrize("newest", ["is cloned", "cannot be cloned"])
def test_what_is_gone_before_the_transfer_is_not_missed_in_the_point(pair, tmp_path, newest):
    for name in ("f", "g"):
        (pair.source / name).write_text("1")
    pair.ok("sync")
    (pair.source / "f").chmod(0o600)
    (pair.source / "g").write_text("22")
    if newest == "cannot be cloned":
        shim(tmp_path, "cp", "exit 1")
    assert pair.json("sync", env=changing_before_the_transfer(pair, tmp_path, "rm f"))["result"] == "success"
    assert tree(pair.current / "app") == tree(pair.source)
    verified = pair.json("points", "verify")
    assert (verified["damaged"], verified["unrecorded"]) == ([], 0)


def test_of_a_new_hard_link_to_what_did_not_change_the_checksum_is_recorded(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    os.link(pair.source / "f", pair.source / "g")
    pair.ok("sync")
    assert pair.json("points", "verify")["unrecorded"] == 0


def test_names_that_parted_in_a_run_that_broke_off_and_are_links_by_now(pair, tmp_path):
    (pair.source / "e").write_text("e")
    os.link(pair.source / "e", pair.source / "e2")
    pair.ok("sync")
    copy(pair.source / "e", pair.source / "a")
    run_that_breaks_off(pair, tmp_path)
    (pair.source / "a").unlink()
    os.link(pair.source / "e", pair.source / "a")
    is_exact_from_now_on(pair)


@pytest.mark.parametrize("now", ["gone", "a dump"])
def test_what_a_dataset_had_before_it_was_left_out_does_not_come_back(pair, tmp_path, now):
    for number in range(40):
        (pair.source / f"f{number}").write_text(str(number))
    other = tmp_path / "other"
    (other / "sub").mkdir(parents=True)
    for name in ("stays", "goes", "sub/stays", "sub/goes"):
        (other / name).write_text("old")
    app, files = pair.settings["sync"]["datasets"][0], {"name": "d", "source": str(other)}
    pair.set("sync", keep=2, shrink_limit="100%", datasets=[app, files])
    pair.ok("sync")
    pair.set("sync", datasets=[app] if now == "gone" else [app, {"name": "d", "type": "command", "run": ["echo", "dumped"]}])
    pair.ok("sync")
    for name in ("goes", "sub/goes"):
        (other / name).unlink()
    pair.set("sync", datasets=[app, files])
    for turn in range(3):  # the points of before are what later ones are made from
        (pair.source / "f0").write_text(f"changed {turn}")
        pair.ok("sync")
        assert tree(pair.current / "d") == tree(other)


def lost_its_first_name(pair, break_off):
    (pair.source / "a").write_text("a")
    os.link(pair.source / "a", pair.source / "b")
    pair.ok("sync")
    (pair.source / "a").unlink()
    os.link(pair.source / "b", pair.source / "c")
    break_off()
    (pair.source / "b").unlink()
    copy(pair.source / "c", pair.source / "a")


def broke_off_twice(pair, break_off):
    (pair.source / "z").write_text("z")
    pair.ok("sync")
    (pair.source / "p").write_text("p")
    os.link(pair.source / "p", pair.source / "q")
    break_off()
    (pair.source / "p").unlink()
    os.link(pair.source / "q", pair.source / "r")
    break_off()
    (pair.source / "q").unlink()
    copy(pair.source / "r", pair.source / "p")


def moved_and_was_linked(pair, break_off):
    for folder in ("old", "new"):
        (pair.source / folder).mkdir()
    (pair.source / "old" / "a").write_bytes(os.urandom(100 << 10))
    pair.ok("sync")
    (pair.source / "old" / "a").rename(pair.source / "new" / "a")
    os.link(pair.source / "new" / "a", pair.source / "new" / "d")
    break_off()
    copy(pair.source / "new" / "a", pair.source / "old" / "a")
    (pair.source / "new" / "d").unlink()


def was_linked_and_moved(pair, break_off):
    for folder in ("one", "two"):
        (pair.source / folder).mkdir()
    (pair.source / "one" / "a").write_bytes(os.urandom(100 << 10))
    pair.ok("sync")
    os.link(pair.source / "one" / "a", pair.source / "one" / "c")
    break_off()
    copy(pair.source / "one" / "a", pair.source / "two" / "a")
    (pair.source / "one" / "a").unlink()


@pytest.mark.parametrize("what", [lost_its_first_name, broke_off_twice, moved_and_was_linked, was_linked_and_moved])
def test_what_broke_off_makes_no_files_one(pair, tmp_path, what):
    what(pair, lambda: run_that_breaks_off(pair, tmp_path))
    is_exact_from_now_on(pair)


def test_where_nothing_beside_is_looked_at_checksums_of_links_are_recorded_all_the_same(pair):
    (pair.source / "b").mkdir()
    (pair.source / "one").mkdir()
    (pair.source / "b" / "c").write_text("CCCC")
    (pair.source / "x").write_text("another")
    (pair.source / "s").symlink_to("one")
    pair.ok("sync")
    (pair.source / "x").unlink()
    os.link(pair.source / "b" / "c", pair.source / "x")
    (pair.source / "s").unlink()
    (pair.source / "s").mkdir()
    is_exact_from_now_on(pair)


def test_what_people_put_beside_the_datasets_of_a_point_is_not_in_the_next(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (pair.current / "NOTE").write_text("looked at it")
    (pair.source / "f").write_text("2")
    pair.ok("sync")
    assert [path.name for path in pair.current.iterdir()] == ["app"]
