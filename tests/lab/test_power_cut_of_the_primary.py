"""East loses power while customers write. West, told to promote, takes over with the data of the last sync; east, when it is back, gives
way."""
from datetime import datetime, timezone

from lab import ALLOWANCE_S, Customers, eventually, moment


def test_west_takes_over_and_serves_the_data_of_the_last_sync(lab, east, west):
    west.beat_every_second(failover__action="promote")
    bound = west.status()["heartbeat"]["detection_bound_s"]
    with Customers(east) as customers:
        acknowledged = customers.notes_of_at_least(50)
        eventually("the dump has them", lambda: east.has_dumped(max(acknowledged)))
        west.hasync("sync")
        synced = west.status()["recovery_point"]["id"]
        customers.notes_of_at_least(len(acknowledged) + 20)

        cut = datetime.now(timezone.utc)
        lab.fault("power-cut", "east")
        eventually("west is primary", lambda: west.role() == "primary")
        written = customers.notes()

    promotion, = west.history("failovers")
    assert (promotion["kind"], promotion["result"], promotion["details"]["point"]) == ("promotion", "done", synced)
    assert (moment(promotion) - cut).total_seconds() <= bound + ALLOWANCE_S
    assert west.status()["term"] == 1

    eventually("west serves", west.serves)
    there = west.notes()
    assert acknowledged.items() <= there.items() <= written.items()

    told, = eventually("it is told", lambda: lab.mails("PROMOTED"))
    assert told.subject == "[hasync west] PROMOTED: west is now primary (term 1)"


def test_nothing_is_pulled_any_more(west):
    refused = west.hasync("sync", check=False)
    assert refused.returncode == 6
    assert "west is primary (term 1): it never pulls" in refused.stderr


def test_east_comes_back_and_gives_way(lab, east, west):
    lab.fault("boot", "east")
    eventually("east gave way", lambda: east.role() == "secondary")
    eventually("its application is stopped", lambda: east.tell("systemctl", "is-active", "app", check=False).strip() == "inactive")
    assert west.serves() and not east.serves()
    assert east.status()["term"] == 1
    assert east.history("failovers")[-1]["summary"] == "west is primary with the higher term 1"
    assert lab.subjects("PROMOTED") == ["[hasync west] PROMOTED: west is now primary (term 1)"]


def test_and_after_its_next_power_cut_it_is_still_the_standby(lab, east, west):
    lab.fault("power-cut", "east")
    lab.fault("boot", "east")
    assert east.role() == "secondary"
    assert west.serves() and not east.serves()
    assert east.tell("systemctl", "is-enabled", "app", check=False).strip() == "disabled"
