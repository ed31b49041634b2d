"""East loses power while customers write. West, told to promote, takes over with the data of the last sync."""
from lab import Customers, eventually


def test_west_takes_over_and_serves_the_data_of_the_last_sync(lab, east, west):
    west.beat_every_second(failover__action="promote")
    with Customers(east) as customers:
        acknowledged = customers.notes_of_at_least(100)
        eventually("the dump has them", lambda: east.has_dumped(max(acknowledged)))
        west.hasync("sync")
        customers.notes_of_at_least(len(acknowledged) + 50)

        lab.fault("power-cut", "east")
        eventually("west is primary", lambda: west.role() == "primary")
        written = customers.notes()

    eventually("west serves", west.serves)
    there = west.notes()
    assert acknowledged.items() <= there.items() <= written.items()
