"""West's own network comes back, at whatever moment of a beat, and with it both the witness and east, which served all the time. That west
hears the one before the other is no reason to take over."""
import time

import pytest

from lab import eventually


@pytest.fixture(scope="module", autouse=True)
def witnessed(lab):
    lab.west.takes_over_with_a_witness()


def failures(west):
    return west.status()["heartbeat"]["consecutive_failures"]


def test_west_stays_in_standby(lab, east, west):
    for moment_s in (0, 0.4, 0.8, 1.2, 1.6):
        refused = len(west.history("failovers"))
        lab.fault("cut", "west")
        eventually("west has decided", lambda: len(west.history("failovers")) > refused)
        eventually("it has tried to tell", lambda: all(mail["tries"] for mail in west.json("notify", "queue")["mails"]))
        so_far = failures(west)
        eventually("another attempt has failed", lambda: failures(west) > so_far)
        time.sleep(moment_s)
        lab.fault("heal")
        eventually("west has heard east again, or has taken over", lambda: west.heartbeat() == "alive" or west.role() == "primary")
        assert [decision["result"] for decision in west.history("failovers")] == ["refused"] * (refused + 1)
        assert west.role() == "secondary" and east.role() == "primary" and east.serves()
