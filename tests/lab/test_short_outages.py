"""East's application has short troubles, fifty of them, each over with the last attempt before west, told to promote, would take it for
gone. Nothing happens. The one that lasts an attempt longer is an outage."""
from lab import Customers, eventually

TROUBLES = 50
FAILURES = 3


def episodes(west):
    """Oldest first."""
    return [item for item in west.json("history", "--limit", 1000)["items"] if item["kind"] == "heartbeat"][::-1]


def is_over(episode):
    return episode["result"] == "outage over"


def test_fifty_troubles_that_are_over_in_time_lead_to_nothing(lab, east, west):
    west.beat_every_second(failures=FAILURES, failover__action="promote")
    west.set(heartbeat__timeout="10s")  # an attempt fails because it is told to, never because this machine is busy
    with Customers(east) as customers:
        customers.notes_of_at_least(20)
    eventually("the dump has them", lambda: east.has_dumped(max(customers.notes())))
    eventually("and any that was written last", lambda: east.has_dumped(max(east.notes())))
    west.hasync("sync")
    before = len(episodes(west))

    for trouble in range(before, before + TROUBLES):
        lab.fault("errors", "east", FAILURES - 1)
        eventually(f"trouble {trouble} is over", lambda: [*map(is_over, episodes(west)[trouble:])] == [True])

    for episode in episodes(west)[before:]:
        assert episode["summary"] == "2 failed attempts: web HTTP 500, expected 200"
    assert len(episodes(west)) == before + TROUBLES
    assert west.history("failovers") == [] and west.role() == "secondary" and west.status()["term"] == 0
    assert east.role() == "primary" and east.serves() and not west.serves()
    assert lab.subjects() == ["[hasync west] test mail"] and west.history("mails") == []


def test_one_attempt_more_is_an_outage(lab, east, west):
    notes = east.notes()
    lab.fault("errors", "east", FAILURES)
    eventually("west is primary", lambda: west.role() == "primary")
    promotion, = west.history("failovers")
    assert (promotion["kind"], promotion["result"]) == ("promotion", "done")
    outage = episodes(west)[-1]
    assert outage["summary"] == f"3 failed attempts: web HTTP 500, expected 200; promoted (failover {promotion['details']['id']})"
    eventually("west serves", west.serves)
    assert west.notes() == notes and len(notes) >= 20
    eventually("it is told", lambda: lab.subjects("PROMOTED"))
    assert lab.subjects()[1] == "[hasync west] PROMOTED: west is now primary (term 1)"
