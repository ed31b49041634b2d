"""The mail server is down while east loses power. West takes over without waiting for it; what there is to tell waits in the outbox, can
be seen there, and arrives when the server is back, in order and once."""
import re
from datetime import datetime, timedelta, timezone

import pytest

from lab import ALLOWANCE_S, Customers, eventually, moment

SYNCED, PROMOTED = "[hasync west] sync completed", "[hasync west] PROMOTED: west is now primary (term 1)"
DOWN = "no connection to smtp://mail.example.com:587; is it up?"


def test_west_takes_over_without_waiting_for_the_mail_server(lab, east, west):
    west.beat_every_second(failover__action="promote", notify__on_sync_completion="true")
    bound = west.status()["heartbeat"]["detection_bound_s"]
    lab.fault("no-mail")
    with Customers(east) as customers:
        customers.notes_of_at_least(20)
    eventually("the dump has them", lambda: east.has_dumped(max(customers.notes())))
    assert west.hasync("sync", check=False).returncode == 0

    cut = datetime.now(timezone.utc)
    lab.fault("power-cut", "east")
    eventually("west is primary", lambda: west.role() == "primary")
    promotion, = west.history("failovers")
    third, = (beat for beat in west.history("heartbeats") if beat["summary"].startswith("3 in a row"))
    detected = moment(third) + timedelta(seconds=third["duration_s"])
    assert (promotion["kind"], promotion["result"]) == ("promotion", "done")
    assert (detected - cut).total_seconds() <= bound + ALLOWANCE_S
    took = (moment(promotion) - detected).total_seconds() + promotion["duration_s"]
    assert took <= sum(seconds(words) for name, words in promotion["details"].items() if name.startswith("step ")) + ALLOWANCE_S
    eventually("west serves", west.serves)
    assert customers.notes().items() <= west.notes().items()


def test_the_mails_can_be_seen_waiting(lab, west):
    waiting = eventually("both were tried", lambda: tried(west))
    assert [mail["recipients"] for mail in waiting] == [["ops@example.com"]] * 2
    assert waiting[0]["subject"].startswith(SYNCED) and waiting[1]["subject"] == PROMOTED
    assert {mail["note"] for mail in waiting} == {DOWN}
    assert west.status()["mail"] == {"queued": 2, "failed": 0}
    assert "2 WAITING · see: hasync notify queue" in west.tell("hasync", "status")
    assert DOWN in west.tell("hasync", "notify", "queue")
    by_hand = west.hasync("notify", "flush", check=False)
    assert by_hand.returncode == 1 and by_hand.stdout == "0 sent, 0 refused, 2 waiting\n" and DOWN in by_hand.stderr
    assert lab.subjects() == ["[hasync west] test mail"]


def test_they_arrive_in_order_and_once_when_the_server_is_back(lab, west):
    lab.fault("mail")
    assert west.tell("hasync", "notify", "flush") == "2 sent, 0 refused, 0 waiting\n"
    assert west.tell("hasync", "notify", "flush") == "0 sent, 0 refused, 0 waiting\n"
    west.hasync("agent", "notify")
    synced, promoted = lab.subjects()[1:]
    assert synced.startswith(SYNCED) and promoted == PROMOTED
    assert [mail["result"] for mail in west.history("mails")] == ["sent", "sent"]
    assert west.tell("hasync", "notify", "queue") == "nothing is queued\n"


WRITER = """
import pathlib, signal, sqlite3
database = sqlite3.connect("/var/lib/hasync/hasync.db", isolation_level=None)
database.execute("BEGIN IMMEDIATE")
pathlib.Path("/run/writing").touch()
signal.pause()
"""


def is_killed(west):
    west.run("pkill", "-KILL", "-x", "hasync")
    west.run("systemctl", "stop", "writer")


def loses_power(west):
    west.lab.fault("power-cut", "west")
    west.lab.fault("boot", "west")


@pytest.mark.parametrize("crash, change", [(is_killed, "demote"), (loses_power, "promote")])
def test_a_crash_between_sending_and_recording_loses_none_and_repeats_that_mail_as_itself(lab, west, crash, change):
    """While somebody else writes to the state, the mail is sent and this cannot be written down. Who gets it again sees by its Message-ID
    that it is the same."""
    west.run("systemctl", "stop", "hasync-heartbeat.timer", "hasync-notify.timer")
    eventually("no beat is going on", lambda: west.run("pgrep", "-x", "hasync", check=False).returncode == 1)
    before = len(lab.deliveries())
    lab.fault("no-mail")
    west.hasync(change)
    waiting, = west.json("notify", "queue")["mails"]
    lab.fault("mail")

    west.run("rm", "-f", "/run/writing")
    west.run("systemd-run", "--quiet", "--collect", "--unit=writer", "/usr/bin/python3", "-c", WRITER)
    eventually("somebody writes", lambda: west.run("test", "-e", "/run/writing", check=False).returncode == 0)
    with west.start("hasync", "notify", "flush"):
        eventually("the mail is there", lambda: len(lab.deliveries()) > before)
        crash(west)
    assert west.json("notify", "queue")["mails"] == [waiting]

    west.hasync("notify", "flush")
    first, again = lab.deliveries()[before:]
    assert first.subject == waiting["subject"] and again == first
    assert west.tell("hasync", "notify", "flush") == "0 sent, 0 refused, 0 waiting\n"
    assert west.status()["mail"] == {"queued": 0, "failed": 0}
    assert len(lab.deliveries()) == before + 2


def tried(west):
    mails = west.json("notify", "queue")["mails"]
    return all(mail["tries"] > 0 for mail in mails) and len(mails) > 1 and mails



def seconds(words):
    """Those of "done in 1 min 2 s: ..."."""
    numbers = re.findall(r"([\d.]+) (ms|s|min)\b", words.partition(":")[0])
    return sum(float(number) * {"ms": 0.001, "s": 1, "min": 60}[unit] for number, unit in numbers)
