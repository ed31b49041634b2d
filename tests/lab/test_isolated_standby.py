"""West loses its own network and takes nobody's place: a witness, the gateway, does not answer it either. Then east is the one that is cut
off: the witness answers, west takes over, and east, which could not know, gives way as soon as it hears of it."""
import pytest

from lab import Customers, eventually

GONE = "[hasync west] east IS GONE, promotion REFUSED: west stays in standby"
BACK = "[hasync west] east answers again"
PROMOTED = "[hasync west] PROMOTED: west is now primary (term 1)"


@pytest.fixture(scope="module", autouse=True)
def witnessed(lab):
    lab.west.takes_over_with_a_witness()
    lab.east.set(heartbeat__interval="1s")


def test_cut_off_from_everything_west_stays_in_standby(lab, east, west):
    assert "gateway" in guards(west)["witness"]["evidence"] and guards(west)["witness"]["verdict"] == "pass"
    with lab.broken("cut", "west"):
        refused, = eventually("west has decided", lambda: west.history("failovers"))
        assert (refused["kind"], refused["result"]) == ("standby", "refused")
        assert refused["summary"].startswith("witness: none answers (gateway ")
        assert refused["summary"].endswith("): this node may be the one that is cut off")
        assert guards(west)["witness"]["verdict"] == "fail" and not west.json("why")["would_promote"]
        assert west.status()["failover"]["blocking"] == ["witness"]
        assert "this node may be the one that is cut off" in west.tell("hasync", "status")
        by_hand = west.hasync("promote", check=False)
        assert by_hand.returncode == 6 and "this node may be the one that is cut off" in by_hand.stderr

        eventually("west has tried to tell", lambda: [mail["tries"] for mail in west.json("notify", "queue")["mails"]] == [1])
        assert west.role() == "secondary" and west.status()["term"] == 0
        assert east.role() == "primary" and east.serves()
        assert lab.subjects() == ["[hasync west] test mail"]


def test_back_on_the_network_it_tells_what_happened(lab, east, west):
    eventually("west hears east", lambda: west.heartbeat() == "alive")
    eventually("all that was queued arrives", lambda: west.status()["mail"]["queued"] == 0 and len(lab.subjects()) > 2, seconds=150)
    assert sorted(lab.subjects()[1:]) == sorted([GONE, BACK])
    gone, = lab.mails("REFUSED")
    assert "Its settings say promote, but that was refused as unsafe." in gone.text
    assert "witness: none answers (gateway " in gone.text
    back, = lab.mails("answers again")
    assert "refused: witness" in back.text
    assert guards(west)["witness"]["verdict"] == "pass"
    assert [item["result"] for item in west.history("failovers")] == ["refused"]
    assert west.role() == "secondary" and east.serves()


def test_what_it_tells_comes_in_the_order_in_which_it_happened(lab):
    assert lab.subjects()[1:] == [GONE, BACK]


def test_when_east_is_the_one_that_is_cut_off_west_takes_over(lab, east, west):
    with Customers(east) as customers:
        pulled = customers.notes_of_at_least(20)
        eventually("the dump has them", lambda: east.has_dumped(max(pulled)))
        west.hasync("sync")
        customers.notes_of_at_least(len(pulled) + 20)
        lab.fault("cut", "east")
        eventually("west is primary", lambda: west.role() == "primary")
    eventually("west serves", west.serves)
    assert pulled.items() <= west.notes().items() <= customers.notes().items()
    assert (east.role(), is_active(east)) == ("primary", "active")
    eventually("it is told", lambda: lab.subjects()[3:] == [PROMOTED])

    with Customers(west) as new_customers:
        new_customers.notes_of_at_least(20)
    only_east, only_west = files(east), west.notes()
    assert customers.notes().items() <= only_east.items()

    lab.fault("heal")
    eventually("east gives way", lambda: (east.role(), is_active(east)) == ("secondary", "inactive"))
    assert east.status()["term"] == 1
    assert east.history("failovers")[-1]["summary"] == "west is primary with the higher term 1"
    assert files(east) == only_east
    assert is_active(west) == "active" and west.role() == "primary"
    assert only_west.items() >= new_customers.notes().items()
    assert west.notes() == only_west
    assert lab.subjects("now primary") == [PROMOTED]


def guards(west):
    return {guard["name"]: guard for guard in west.json("why")["guards"]}


def is_active(host):
    return host.tell("systemctl", "is-active", "app", check=False).strip()


def files(host):
    """The hash by number of each note that lies on its disk."""
    lines = host.tell("sh", "-c", "cd /var/lib/app/notes && sha256sum [0-9]*").splitlines()
    return {int(number): written for written, number in map(str.split, lines)}
