"""East loses power, and west is set to stay in standby: people are told, and told again when east is back."""
from lab import eventually


def test_west_stays_in_standby_and_tells_people(lab, west):
    west.beat_every_second(failover__action="standby")
    west.hasync("sync")
    lab.fault("power-cut", "east")
    told, = eventually("people are told", lambda: lab.mails("IS GONE"))
    assert told.subject == "[hasync west] east IS GONE: west stays in standby"
    assert "3 failed attempts in a row (web no connection within 2 s)" in told.text
    assert "then, to let west take over: hasync promote" in told.text

    assert west.role() == "secondary" and west.status()["term"] == 0
    decision, = west.history("failovers")
    assert (decision["kind"], decision["result"], decision["summary"]) == ("standby", "standby", "failover.action is standby")
    assert "east IS GONE" in west.tell("hasync", "status")
    assert not west.serves()


def test_east_comes_back_and_the_outage_is_over(lab, east, west):
    lab.fault("boot", "east")
    eventually("east serves", east.serves)
    eventually("west hears it", lambda: west.heartbeat() == "alive")
    told, = eventually("the recovery is told", lambda: lab.mails("answers again"))
    assert "done then  stayed in standby" in told.text
    outage, = [item for item in west.history("all") if item["result"].startswith("outage")]
    assert outage["result"] == "outage over" and outage["summary"].endswith("; stayed in standby")
    assert east.role() == "primary" and west.role() == "secondary"
    assert len(lab.mails()) == 3  # with that of `hasync notify test`


def test_and_west_pulls_from_it_again(east, west):
    before = west.status()["recovery_point"]["at"]
    east.run("runuser", "-u", "app", "--", "touch", "/var/lib/app/written-after-the-power-cut")
    west.hasync("sync")
    assert west.status()["recovery_point"]["at"] > before
    assert west.tell("ls", "/srv/hasync/current/app") == east.tell("ls", "/var/lib/app")
