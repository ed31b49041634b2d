"""The mail server accepts connections and says nothing any more. Neither a takeover nor the next heartbeat waits for it."""
from datetime import datetime, timedelta, timezone

import pytest

from lab import ALLOWANCE_S, eventually, moment

GONE, BACK = "[hasync west] east IS GONE: west stays in standby", "[hasync west] east answers again"
PROMOTED = "[hasync west] PROMOTED: west is now primary (term 1)"
PATIENCE_S = 20


@pytest.fixture(scope="module", autouse=True)
def patient(lab):
    lab.west.hasync("sync")
    lab.west.beat_every_second(notify__smtp__timeout=f"{PATIENCE_S}s")


@pytest.fixture
def hanging(lab):
    mail_server = (lab.folder / "mail.pid").read_text().strip()
    lab.gateway.run("kill", "-STOP", mail_server)
    lab.note("the mail server hangs")
    yield lambda: lab.gateway.run("kill", "-CONT", mail_server)
    lab.gateway.run("kill", "-CONT", mail_server)


def third_failures(west):
    return [beat for beat in west.history("heartbeats") if beat["summary"].startswith("3 in a row")]


def test_an_outage_is_detected_in_time_although_the_one_before_cannot_be_told(lab, west, hanging):
    bound = west.status()["heartbeat"]["detection_bound_s"]
    lab.fault("errors", "east", 3)
    eventually("west has taken east for gone", lambda: third_failures(west))
    eventually("west hears east again", lambda: west.heartbeat() == "alive")

    broken = datetime.now(timezone.utc)
    lab.fault("errors", "east", 3)
    _, third = eventually("west takes east for gone again", lambda: third_failures(west)[1:] and third_failures(west))
    detected = moment(third) + timedelta(seconds=third["duration_s"])
    assert (detected - broken).total_seconds() <= bound + ALLOWANCE_S


def test_what_could_not_be_told_arrives_in_order(lab, west):
    eventually("all is told", lambda: west.hasync("notify", "flush") and len(lab.subjects()) > 4 and west.status()["mail"]["queued"] == 0)
    assert lab.subjects()[1:] == [GONE, BACK, GONE, BACK]


def test_west_takes_over_without_waiting_for_the_mail_server(lab, west, hanging):
    west.set(failover__action="promote")
    bound = west.status()["heartbeat"]["detection_bound_s"]
    eventually("west hears east", lambda: west.heartbeat() == "alive")
    cut = datetime.now(timezone.utc)
    lab.fault("power-cut", "east")
    eventually("west is primary", lambda: west.role() == "primary")
    promotion = west.history("failovers")[-1]
    third = third_failures(west)[-1]
    detected = moment(third) + timedelta(seconds=third["duration_s"])
    assert (promotion["kind"], promotion["result"]) == ("promotion", "done")
    assert (detected - cut).total_seconds() <= bound + ALLOWANCE_S
    assert (moment(promotion) - detected).total_seconds() <= ALLOWANCE_S
    eventually("west serves", west.serves)
    assert lab.subjects("PROMOTED") == []
    assert west.status()["mail"] == {"queued": 1, "failed": 0}

    eventually("sending it was tried", lambda: [mail["tries"] for mail in west.json("notify", "queue")["mails"]] == [1])
    mail, = west.json("notify", "queue")["mails"]
    assert (mail["subject"], mail["note"]) == (PROMOTED, "smtp://mail.example.com:587 did not answer within 1 s")
    hanging()
    assert west.tell("hasync", "notify", "flush") == "1 sent, 0 refused, 0 waiting\n"
    assert lab.subjects()[5:] == [PROMOTED]
