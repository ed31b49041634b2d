"""East fails in every way a server can: it refuses, it is cut off in one direction or both, it hangs, it is too slow, it answers with an
error, its name cannot be looked up. West, told to stay in standby, finds each out in time, says what it saw, and tells when it is over."""
from datetime import datetime, timedelta, timezone

import pytest

from lab import ALLOWANCE_S, eventually, moment

CRITICAL = 2
KINDS = {
    "it refuses connections": ("refuse east", "heal", "connection refused"),
    "its cable is pulled": ("cut east", "heal", "no connection within 2 s"),
    "its answers are lost": ("one-way east west", "heal", "no connection within 2 s"),
    "what it is asked is lost": ("one-way west east", "heal", "no connection within 2 s"),
    "it hangs and still accepts connections": ("freeze east", "thaw east", "connected, but no answer within 2 s"),
    "it answers too late": ("slow east 5", "heal", "connected, but no answer within 2 s"),
    "it answers with an error": ("errors east 1000", "errors east 0", "HTTP 500, expected 200"),
    "its name cannot be looked up": ("no-names", "heal", "its name"),
}


@pytest.fixture(scope="module", autouse=True)
def watching(lab):
    lab.west.beat_every_second(failover__action="standby")


@pytest.mark.parametrize("kind", KINDS)
def test_west_finds_out_and_says_what_it_saw(lab, west, kind):
    fault, mend, words = KINDS[kind]
    bound = west.status()["heartbeat"]["detection_bound_s"]
    beats, decisions, mails = (len(west.history(each)) for each in ("heartbeats", "failovers", "mails"))
    broken = datetime.now(timezone.utc)
    told_before = len(lab.mails())

    lab.fault(*fault.split())
    eventually("west takes east for gone", lambda: west.heartbeat() == "failed")
    assert west.hasync("status", "--nagios", check=False).returncode == CRITICAL
    lab.fault(*mend.split())
    gone, over = eventually("both mails arrive", lambda: lab.mails()[told_before:][1:] and lab.mails()[told_before:])

    failed = [beat for beat in west.history("heartbeats")[beats:] if beat["result"] == "failed"]
    assert [beat["summary"].partition(":")[0] for beat in failed[:3]] == ["1 in a row", "2 in a row", "3 in a row"]
    detected = moment(failed[2]) + timedelta(seconds=failed[2]["duration_s"])
    assert (detected - broken).total_seconds() <= bound + ALLOWANCE_S

    decision, = west.history("failovers")[decisions:]
    assert (decision["kind"], decision["result"], decision["summary"]) == ("standby", "standby", "failover.action is standby")
    assert west.role() == "secondary" and west.status()["term"] == 0

    assert (gone.subject, over.subject) == ("[hasync west] east IS GONE: west stays in standby", "[hasync west] east answers again")
    assert "stayed in standby" in over.text
    assert [mail["result"] for mail in west.history("mails")[mails:]] == ["sent", "sent"]

    journal = west.tell("journalctl", "--quiet", "--unit=hasync-heartbeat", "--priority=warning", f"--since=@{broken.timestamp()}")
    assert journal.count("east is gone") == 1
    # The first may have been under way when it happened, and one after the third when it was mended: each has seen another end of it.
    for place in (*(beat["summary"] for beat in failed[1:3]), gone.text, journal):
        assert f"web {words}" in place
    assert failed[-1]["summary"].partition(": ")[2] in outage(west)["summary"]


def outage(west):
    """The newest."""
    return next(item for item in west.json("history")["items"] if item["kind"] == "heartbeat")
