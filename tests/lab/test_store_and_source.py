"""The disk of west's store is full; east's folder is not mounted, emptied, moved away, or no longer readable; the disk of the live path
is full. Whatever it is: what west has stays as it was, people are told in plain words, and once it is mended all goes on."""
import re

import pytest

from lab import Customers, eventually

HASHES = "find . -type f -exec sha256sum {} + | sort"


def content(host, folder):
    return host.tell("sh", "-c", f'cd "$0" && {HASHES}', folder)


@pytest.fixture(scope="module")
def data(lab):
    """East has notes, and west has them since its last sync."""
    with Customers(lab.east) as customers:
        customers.notes_of_at_least(100)
    eventually("the dump has them", lambda: lab.east.has_dumped(max(customers.notes())))
    lab.west.hasync("sync")
    assert content(lab.west, "/srv/hasync/current/app") == content(lab.east, "/var/lib/app")
    return customers.notes()


class Trouble:
    """What a sync does while something is wrong, and what it leaves as it was."""

    def __init__(self, lab):
        self.lab, self.west, self.mails = lab, lab.west, len(lab.mails())
        self.runs, self.stood = len(self.west.history("syncs")), self.what_stands()

    def what_stands(self):
        return self.west.tell("readlink", "/srv/hasync/current"), content(self.west, "/srv/hasync/points")

    def fails(self, exit_code, words, times=1):
        """Runs fail with these words; west has what it had, and people are told once."""
        for _ in range(times):
            run = self.west.hasync("sync", check=False)
            assert run.returncode == exit_code and re.search(words, run.stderr), run
            noted = self.west.history("syncs")[-1]
            assert noted["result"] == "failed" and re.search(words, noted["summary"]), noted
            self.stays()
        (mail,) = eventually("people are told", lambda: self.lab.mails()[self.mails:])
        assert mail.subject == "[hasync west] SYNC FAILED: the data of east is not coming in"
        assert re.search(words, mail.text) and "Nothing old was changed or lost." in mail.text

    def is_held(self, words, times=1):
        """West makes a point of what it found, and does not publish it; people are told once."""
        point = self.west.tell("readlink", "/srv/hasync/current")
        for _ in range(times):
            run = self.west.hasync("sync", check=False)
            assert run.returncode == 6 and re.search(words, run.stderr), run
            noted = self.west.history("syncs")[-1]
            assert noted["result"] == "held" and re.search(words, noted["summary"]), noted
            assert self.west.tell("readlink", "/srv/hasync/current") == point
            assert [each["state"] for each in self.west.json("points", "list")["points"]].count("held") == 1
            assert self.west.json("why")["would_promote"]
        (mail,) = eventually("people are told", lambda: self.lab.mails()[self.mails:])
        assert mail.subject == "[hasync west] POINT HELD: the data of east looks damaged"
        assert re.search(words, mail.text.replace("\n", " ")) and "Nothing old was changed or lost" in mail.text.replace("\n", " ")

    def stays(self):
        assert self.what_stands() == self.stood
        beside = {"interrupted", "catalog.db", "catalog.db-shm", "catalog.db-wal", "clones", "filled"}
        assert set(self.west.tell("ls", "-A", "/srv/hasync").split()) - beside == {"current", "lock", "points"}
        assert self.west.json("why")["would_promote"]

    def is_over(self):
        """The next run brings what east has, and people are told that it works again."""
        self.west.hasync("sync")
        assert content(self.west, "/srv/hasync/current/app") == content(self.lab.east, "/var/lib/app")
        results = [run["result"] for run in self.west.history("syncs")[self.runs:]]
        assert set(results[:-1]) in ({"failed"}, {"held"}) and results[-1] in ("success", "unchanged")
        assert "held" not in [each["state"] for each in self.west.json("points", "list")["points"]]
        eventually("people are told", lambda: self.lab.subjects()[self.mails + 1:] == ["[hasync west] sync works again"])


def test_the_store_is_full(lab, east, west, data):
    trouble = Trouble(lab)
    east.run("dd", "if=/dev/urandom", "of=/var/lib/app/big", "bs=1M", "count=2")
    with lab.broken("fill", "west", until="free"):
        trouble.fails(1, r"no room: 2\.\d MiB are to come, and the store /srv/hasync has 0 B free; make room there, or lower sync.keep", times=2)
    trouble.is_over()


def test_the_store_is_too_small_for_what_is_new(lab, east, west, data):
    trouble = Trouble(lab)
    east.run("dd", "if=/dev/urandom", "of=/var/lib/app/bigger", "bs=1M", "count=70")
    trouble.fails(1, r"no room: [\d.]+ MiB are to come, and the store /srv/hasync has [\d.]+ MiB free; make room there")
    east.run("rm", "/var/lib/app/bigger")
    trouble.is_over()


def test_the_source_is_not_mounted(lab, east, west, data):
    trouble = Trouble(lab)
    with lab.broken("unmount", "east", until="mount"):
        trouble.is_held(r"/var/lib/app on east holds no file, and the newest recovery point has [\d,]+; is it mounted\?", times=2)
    trouble.is_over()


def test_the_source_is_emptied(lab, east, west, data):
    trouble = Trouble(lab)
    east.run("sh", "-c", "cp -a /var/lib/app /var/lib/kept && find /var/lib/app -mindepth 1 -delete")
    trouble.is_held(r"/var/lib/app on east holds no file, and the newest recovery point has [\d,]+; is it mounted\?")
    east.run("cp", "-aT", "/var/lib/kept", "/var/lib/app")
    trouble.is_over()


def test_the_source_is_moved_away(lab, east, west, data):
    trouble = Trouble(lab)
    east.run("mv", "/var/lib/app", "/var/lib/app.away")
    trouble.fails(1, r"east has no folder /var/lib/app; is it mounted\?")
    east.run("mv", "/var/lib/app.away", "/var/lib/app")
    trouble.is_over()


def test_a_part_of_the_source_cannot_be_read(lab, east, west, data):
    """A file that is there and cannot be opened, even by root, as on a disk that fails: that of a process that is gone."""
    trouble = Trouble(lab)
    note = f"/var/lib/app/notes/{max(data)}"
    east.run("mount", "--bind", "/proc/self/mem", note)
    trouble.fails(1, r"not everything could be read or written, so nothing is published: rsync: .* failed to open .*/var/lib/app/notes/")
    east.run("umount", note)
    trouble.is_over()


def test_most_of_the_source_is_lost(lab, east, west, data):
    trouble = Trouble(lab)
    east.run("rm", "-rf", "/var/lib/kept")
    east.run("sh", "-c", "cp -a /var/lib/app /var/lib/kept && cd /var/lib/app/notes && ls | head -n -$(($(ls | wc -l) / 10)) | xargs rm")
    trouble.is_held(r"/var/lib/app on east lost \d+ % of its files .* more than sync\.shrink_limit 50 %")
    east.run("cp", "-aT", "/var/lib/kept", "/var/lib/app")
    trouble.is_over()


@pytest.fixture
def takes_over(lab, east, west):
    """West takes over by itself, and is brought back."""
    west.beat_every_second(failover__action="promote")
    yield
    west.hasync("pause")
    west.hasync("demote")
    lab.fault("heal")
    west.hasync("sync", "--force=peer-term")
    eventually("west hears east", lambda: west.heartbeat() == "alive")
    west.hasync("resume")


def test_west_takes_over_while_its_store_is_full(lab, east, west, data, takes_over):
    good = content(west, "/srv/hasync/current/app")
    stood = content(west, "/srv/hasync/points")
    lab.fault("fill", "west")
    lab.fault("cut", "east")
    eventually("west is primary", lambda: west.role() == "primary")
    eventually("west serves", west.serves)
    assert west.notes().items() >= data.items()
    assert content(west, "/srv/hasync/current/app") == good and content(west, "/srv/hasync/points") == stood
    eventually("people are told", lambda: lab.subjects("PROMOTED") == ["[hasync west] PROMOTED: west is now primary (term 1)"])
    lab.fault("free", "west")


LIVE = "live: /var/lib/app }"
SMALL = "live: /mnt/small/app }"


@pytest.fixture
def small_live_disk(west):
    """The live path is a folder on a disk of 4 MiB, where something else stands."""
    west.run("sh", "-c", "mkdir -p /mnt/small && mount -t tmpfs -o size=4m small /mnt/small && install -d -o app /mnt/small/app && "
             "echo before >/mnt/small/app/before && chown app /mnt/small/app/before")
    west.edit(LIVE, SMALL)
    yield
    west.edit(SMALL, LIVE)
    west.run("umount", "-l", "/mnt/small")


def test_the_disk_of_the_live_path_has_no_room(lab, east, west, data, small_live_disk, takes_over):
    """That is seen before anything is begun; with room again, west takes over in the same outage."""
    west.run("dd", "if=/dev/zero", "of=/mnt/small/filled", "bs=64k", check=False)
    mails = len(lab.mails())
    why = west.json("why")
    assert not why["would_promote"]
    assert [guard["name"] for guard in why["guards"] if guard["verdict"] != "pass"] == ["live-path"]

    lab.fault("cut", "east")
    (told,) = eventually("people are told", lambda: lab.mails()[mails:])
    assert told.subject == "[hasync west] east IS GONE, promotion REFUSED: west stays in standby"
    assert re.search(r"live-path: no room for the copy at /mnt/small/app: .* needed, 0 B free", told.text)
    assert (west.role(), west.history("failovers")[-1]["result"]) == ("secondary", "refused")

    west.run("rm", "/mnt/small/filled")
    eventually("west is primary", lambda: west.role() == "primary")
    assert content(west, "/mnt/small/app") == content(west, "/srv/hasync/current/app")


def test_the_disk_of_the_live_path_fills_up_during_the_promotion(lab, east, west, data, small_live_disk, takes_over):
    """The fence runs after all was judged and before the copy is made, so it is what fills the disk here."""
    fence = '  fence: { run: [sh, -c, "dd if=/dev/zero of=/mnt/small/filled bs=64k || true"], timeout: 30s }\n'
    west.edit("\n# Who is told.", fence + "\n# Who is told.")
    mails, failovers = len(lab.mails()), len(west.history("failovers"))
    lab.fault("cut", "east")
    (told,) = eventually("people are told", lambda: lab.mails()[mails:])
    assert told.subject == '[hasync west] PROMOTION FAILED at "copy app": nobody may be serving'
    assert "No space left on device" in told.text
    (failed,) = west.history("failovers")[failovers:]
    assert (failed["result"], west.role(), west.status()["term"]) == ("failed", "secondary", 0)
    assert west.tell("ls", "-A", "/mnt/small").split() == ["app", "filled"]
    assert west.tell("cat", "/mnt/small/app/before") == "before\n"

    west.edit(fence, "")
    west.run("rm", "/mnt/small/filled")
    west.hasync("promote")
    assert west.role() == "primary"
    assert content(west, "/mnt/small/app") == content(west, "/srv/hasync/current/app")
