"""Promotions and demotions that were interrupted, refused or overtaken: what is carried on, and what is given up."""
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import shim, wait_for

ROOT = os.geteuid() == 0


def hanging(town, name="wait"):
    """A step that waits until it is told to go on."""
    go = town.pair.folder / "go"
    return town.step(name, f"while [ ! -e {go} ]; do sleep 0.05; done"), go


def terminate_at(town, process, step):
    deadline = time.monotonic() + 30
    while not any(line.split()[0] == step for line in town.steps_run()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130


@pytest.fixture
def interrupted(town):
    """A promotion that an operator began and that was ended in its first step, with the copy in place."""
    step, town.go = hanging(town)
    town.pair.settings["failover"]["promote"] = [step, town.step("last")]
    town.pair.save()
    town.pair.ok("sync")
    terminate_at(town, town.pair.start("promote"), "wait")
    return town


def promotions(pair):
    return [item["result"] for item in pair.history("failovers") if item["kind"] == "promotion"]


def test_status_tells_what_was_interrupted_and_what_to_do(interrupted):
    told = interrupted.pair.ok("status")
    assert "A PROMOTION WAS INTERRUPTED" in told
    assert "to carry it on: hasync promote · to give it up: hasync demote" in told


def test_a_dry_run_shows_what_is_still_to_be_done(interrupted):
    planned = interrupted.pair.ok("promote", "--dry-run")
    assert planned.startswith("promotion 1 was interrupted; what is still to be done:\n1. wait: ") and "copy app" not in planned
    assert interrupted.pair.json("promote", "--dry-run")["resumes"] == 1


def test_a_pause_holds_an_interrupted_promotion_back(interrupted):
    pair = interrupted.pair
    interrupted.go.touch()
    pair.ok("pause")
    pair.ok("agent", "heartbeat")
    pair.ok("agent", "promote")
    assert pair.json("status")["role"] == "secondary"
    pair.ok("resume")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"
    assert [line.split()[0] for line in interrupted.steps_run()] == ["wait", "wait", "last"]


def test_demote_gives_up_an_interrupted_promotion(interrupted):
    pair = interrupted.pair
    assert pair.ok("demote", "--dry-run").startswith("1. stop app: ")
    assert pair.ok("demote").endswith("west is now secondary (term 0)\n")
    assert interrupted.steps_run()[-1] == "stop app 0 west east"
    assert pair.json("status")["role"] == "secondary" and promotions(pair) == ["given up"]
    assert pair.history("failovers")[1]["summary"] == "hasync demote was asked for"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "secondary"
    assert pair.json("status")["failover"]["blocking"] == []


def test_promote_does_not_carry_out_an_interrupted_demotion(town):
    pair = town.pair
    step, go = hanging(town)
    pair.settings["failover"]["demote"] = [step]
    pair.save()
    pair.ok("sync")
    pair.ok("promote")
    terminate_at(town, pair.start("demote"), "wait")
    refused = pair.run("promote")
    assert (refused.returncode, refused.stderr) == (6, "hasync: a demotion (failover 2) was interrupted; to carry it on: hasync demote\n")
    go.touch()
    pair.ok("demote")
    assert pair.json("status")["role"] == "secondary"


def test_no_run_takes_the_point_of_an_interrupted_promotion_away(interrupted):
    pair = interrupted.pair
    pair.set("sync", keep=1)
    (pair.source / "f").write_text("newer")
    refused = pair.run("sync")
    assert refused.returncode == 6
    assert refused.stderr == ("hasync: a promotion (failover 1) is not finished, and needs its recovery point; to carry it on: "
                              "hasync promote, to give it up: hasync demote\n")
    interrupted.go.touch()
    pair.ok("promote")


def begun_by_a_beat(town, **failover):
    """A promotion that a beat began and that was ended in the fence, before anything was done."""
    pair = town.pair
    fence, go = hanging(town, "fence")
    pair.settings["failover"]["fence"] = {"run": fence["run"]}
    pair.settings["failover"].update(failover)
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    terminate_at(town, pair.start("agent", "heartbeat"), "fence")
    go.touch()


def test_a_peer_that_answers_again_is_not_fenced_by_a_resumed_promotion(town):
    pair = town.pair
    begun_by_a_beat(town)
    town.server.mode = "ok"
    done = pair.run("agent", "heartbeat")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in town.steps_run()] == ["fence"] and not pair.live.exists()
    assert promotions(pair) == ["given up"] and pair.json("status")["role"] == "secondary"
    assert pair.history("failovers")[0]["summary"] == ("it was interrupted before anything was done, and is judged anew; "
                                                       "the fence was running, and may have had its effect")
    assert town.subjects() == ["[hasync west] east answers again"]
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")  # the next outage is another one
    assert pair.json("status")["role"] == "primary"


def test_a_promotion_resumed_when_its_data_is_too_old_is_given_up(town):
    pair = town.pair
    begun_by_a_beat(town)
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE points SET at = at - 7200000")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "secondary" and promotions(pair) == ["given up"]
    assert pair.history("failovers")[0]["summary"].startswith("data-age: 2 h")


def test_a_resumed_promotion_goes_on_while_the_peer_is_gone(town):
    pair = town.pair
    begun_by_a_beat(town)
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary" and promotions(pair) == ["done", "given up"]
    assert town.subjects() == ["[hasync west] PROMOTED: west is now primary (term 1)"]


def test_a_promotion_interrupted_by_a_reboot_waits_for_the_count_of_this_boot(town):
    pair = town.pair
    begun_by_a_beat(town)
    pair.settings["heartbeat"].update(failures=3, recheck_interval="1s")
    pair.save()
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE attempts SET boot = 'an earlier one'")
    before = town.server.hits
    pair.ok("agent", "heartbeat")
    assert town.server.hits - before == 3 and pair.json("status")["role"] == "primary"


def test_demote_gives_up_a_promotion_of_a_beat_for_this_outage(town):
    pair = town.pair
    begun_by_a_beat(town)
    pair.ok("demote")
    assert not any("FAILED" in subject for subject in town.subjects())
    for _ in range(2):
        pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "secondary" and promotions(pair) == ["given up"]
    town.server.mode = "ok"
    pair.ok("agent", "heartbeat")
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"


def test_an_operators_promotion_that_no_longer_may_is_given_up_and_told(town):
    pair = town.pair
    fence, go = hanging(town, "fence")
    pair.settings["failover"].update(fence={"run": fence["run"]}, action="standby")
    pair.save()
    pair.ok("sync")
    terminate_at(town, pair.start("promote"), "fence")
    go.touch()
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE points SET at = at - 7200000")
    done = pair.run("agent", "heartbeat")
    assert done.returncode == 0
    assert done.stderr.startswith("hasync: warning: the interrupted promotion (failover 1) was given up: data-age: 2 h")
    assert town.subjects() == ["[hasync west] promotion given up: west stays in standby"]


def test_what_is_forced_when_carrying_on_is_recorded(town):
    pair = town.pair
    begun_by_a_beat(town)
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE points SET at = at - 7200000")
    assert pair.run("promote").returncode == 6
    pair.ok("promote", "--force=data-age")
    assert pair.history("failovers")[0]["details"]["forced"] == "data-age" and "overridden: data-age" in town.text(-1)


def test_resume_does_not_acknowledge_a_promotion_that_is_still_to_be_carried_on(interrupted):
    pair = interrupted.pair
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE steps SET spec = replace(spec, '5:60000,', '4:1000,')")  # its steps may take 1 s
    pair.ok("pause")
    pair.ok("resume")
    assert pair.run("agent", "heartbeat").returncode == 1
    assert pair.json("status")["failover"]["blocking"] == ["no-earlier-failover"]


def test_an_acknowledged_failure_is_tried_again_in_the_same_outage(town):
    pair = town.pair
    broken = pair.folder / "broken"
    broken.touch()
    pair.settings["failover"]["promote"] = [town.step("start app", f"test ! -e {broken}")]
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    assert pair.run("agent", "heartbeat").returncode == 1
    assert not (pair.live.parent / "app.hasync-new").exists()
    broken.unlink()
    pair.ok("agent", "heartbeat")  # not by itself
    assert pair.json("status")["role"] == "secondary"
    pair.ok("resume")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"


def test_a_beat_does_not_begin_a_second_promotion_beside_one_that_is_under_way(town):
    pair = town.pair
    step, go = hanging(town)
    pair.settings["failover"]["promote"] = [step]
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    running = pair.start("promote")
    deadline = time.monotonic() + 30
    while not town.steps_run():
        assert time.monotonic() < deadline
    assert pair.run("agent", "heartbeat").returncode == 0
    go.touch()
    assert running.wait(30) == 0
    assert promotions(pair) == ["done"] and pair.json("status")["term"] == 1
    (pair.live / "new").write_text("served")
    pair.ok("agent", "heartbeat")
    assert (pair.live / "new").read_text() == "served" and len(town.mail.mails) == 1


def test_a_second_beat_at_once_is_busy_and_names_the_first(town):
    pair = town.pair
    pair.settings["heartbeat"].update(failures=100, recheck_interval="1s")
    pair.save()
    town.server.mode = "error"
    running = pair.start("agent", "heartbeat")
    deadline = time.monotonic() + 30
    while not town.server.hits:
        assert time.monotonic() < deadline
    second = pair.run("agent", "heartbeat")
    assert (second.returncode, second.stderr) == (5, f"hasync: {pair.state}/heartbeat.lock is held by a heartbeat (pid {running.pid})\n")
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 130


def test_one_failed_attempt_after_a_reboot_does_not_promote(town):
    pair = town.pair
    pair.ok("sync")
    pair.ok("pause")
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    pair.ok("resume")
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE attempts SET boot = 'an earlier one'")
    before = town.server.hits
    pair.ok("agent", "heartbeat")
    assert town.server.hits - before == 2  # counted anew, up to heartbeat.failures
    assert [item["summary"].split()[0] for item in pair.history("heartbeats")][:2] == ["2", "1"]
    assert pair.json("status")["role"] == "primary"


def test_an_outage_left_to_people_is_acted_upon_once_the_settings_say_promote(town):
    pair = town.pair
    pair.settings["failover"]["action"] = "standby"
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    done = pair.run("agent", "heartbeat")
    assert done.stderr == "hasync: warning: east is gone (web HTTP 500, expected 200); west stays in standby: failover.action is standby\n"
    assert pair.run("agent", "heartbeat").stderr == ""  # said once
    pair.ok("config", "set", "failover.action=promote")
    done = pair.run("agent", "heartbeat")
    assert done.stderr == "hasync: warning: east is gone (web HTTP 500, expected 200); west is now primary (term 1)\n"


def test_after_a_demotion_an_outage_is_detected_anew(town):
    pair = town.pair
    pair.ok("sync")
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    pair.ok("demote")
    assert pair.json("status")["role"] == "secondary"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary" and pair.json("status")["term"] == 2


def test_a_hanging_mail_server_holds_up_one_beat_and_not_every_one(town):
    pair = town.pair
    town.mail.hang = True
    pair.settings["failover"]["action"] = "standby"
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    pair.settings["notify"]["smtp"]["timeout"] = "30s"
    pair.save()
    pair.ok("agent", "heartbeat")
    mail, = pair.json("notify", "queue")["mails"]
    assert mail["tries"] == 1 and "within 1 s" in str(mail)  # heartbeat.interval, not the 30 s of the mail server
    with sqlite3.connect(pair.state / "hasync.db") as database:
        database.execute("UPDATE mails SET next_try = 0")
    pair.ok("agent", "heartbeat")
    assert [mail["tries"] for mail in pair.json("notify", "queue")["mails"]] == [1]
    town.mail.hang = False
    town.mail.released.set()
    pair.ok("agent", "notify")
    assert pair.json("notify", "queue")["mails"] == []


@pytest.mark.skipif(not ROOT, reason="a mount needs root")
@pytest.mark.parametrize("mount", [["-t", "tmpfs", "tmpfs"], ["--bind", "/var/empty"]], ids=["tmpfs", "bind"])
def test_a_live_path_that_cannot_be_exchanged_is_known_beforehand(town, mount):
    pair = town.pair
    if "--bind" in mount:
        (pair.folder / "other").mkdir()  # on the same file system
        mount = ["--bind", str(pair.folder / "other")]
    pair.live.mkdir(parents=True)
    pair.settings["failover"]["fence"] = {"run": town.step("fence")["run"]}
    pair.save()
    pair.ok("sync")
    subprocess.run(["mount", *mount, str(pair.live)], check=True)
    try:
        town.server.mode = "error"
        pair.ok("agent", "heartbeat")
        assert pair.json("status")["failover"]["blocking"] == ["live-path"] and town.steps_run() == []
        assert f"live-path: {pair.live} is a mount point and cannot be exchanged; name a folder inside it as live" in town.text(0)
        for _ in range(2):  # forced all the same: nothing is left behind under the name of what stood there
            assert pair.run("promote", "--force=live-path").returncode == 1
        assert os.listdir(pair.live.parent) == ["app"]
    finally:
        subprocess.run(["umount", str(pair.live)], check=True)


@pytest.mark.skipif(not ROOT, reason="a mount needs root")
def test_a_live_disk_that_is_too_small_is_known_before_the_fence(town):
    pair = town.pair
    small = pair.live.parent
    small.mkdir()
    (pair.source / "big").write_bytes(os.urandom(4 << 20))
    pair.settings["failover"]["fence"] = {"run": town.step("fence")["run"]}
    pair.save()
    pair.ok("sync")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        guard = {each["name"]: each for each in pair.json("why")["guards"]}["live-path"]
        assert guard["verdict"] == "fail" and guard["evidence"].startswith(f"no room for the copy at {pair.live}: 4.0 MiB needed, ")
        town.server.mode = "error"
        pair.ok("agent", "heartbeat")
        assert town.steps_run() == [] and pair.json("status")["role"] == "secondary"
        assert pair.run("promote", "--force=live-path").returncode == 1
        assert os.listdir(small) == []  # the half copy does not stay to fill the disk
    finally:
        subprocess.run(["umount", str(small)], check=True)


def primary_beside(ssh_pair, term, demote, node="east"):
    pair, server = ssh_pair
    pair.settings["node"]["role"] = "primary"
    pair.settings["failover"]["demote"] = [{"name": "stop app", "run": demote}]
    pair.settings["notify"] = {"email": {"to": ["ops@example.com"]}, "smtp": {"url": "smtp://127.0.0.1:1", "tls": "none"}}
    pair.save()
    server.describe("primary", term, node)
    assert pair.json("status")["role"] == "primary"
    return pair


def mails(pair):
    return [mail["subject"] for mail in pair.json("notify", "queue")["mails"]]


def test_a_returning_old_primary_with_a_lower_term_demotes_itself(ssh_pair, tmp_path):
    pair = primary_beside(ssh_pair, 7, ["touch", str(tmp_path / "stopped")])
    done = pair.run("agent", "heartbeat")
    assert done.stderr == "hasync: warning: east is primary with the higher term 7: this node is secondary now\n"
    status = pair.json("status")
    assert (status["role"], status["term"]) == ("secondary", 7)
    assert (tmp_path / "stopped").exists()


def test_a_primary_does_not_give_way_to_a_stranger(ssh_pair):
    pair = primary_beside(ssh_pair, 7, ["true"], node="north")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary" and mails(pair) == []


def test_a_paused_primary_stays_what_it_is(ssh_pair):
    pair = primary_beside(ssh_pair, 7, ["true"])
    pair.ok("pause")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"


def test_a_demotion_that_fails_is_tried_again_and_told_once(ssh_pair):
    pair = primary_beside(ssh_pair, 7, ["false"])
    for _ in range(3):
        assert pair.run("agent", "heartbeat").returncode == 1
    assert mails(pair) == ['[hasync west] DEMOTION FAILED at "stop app": west may still be serving']
    assert "TWO PRIMARIES" in pair.ok("status")


def test_two_primaries_of_the_same_term_are_told_once(ssh_pair):
    pair = primary_beside(ssh_pair, 0, ["true"])
    for _ in range(3):
        pair.ok("agent", "heartbeat")
    assert mails(pair) == ["[hasync west] TWO PRIMARIES: west and east"]
    assert pair.json("status")["role"] == "primary"
    assert "TWO PRIMARIES: east says so too (term 0)" in pair.ok("status")


def test_what_the_peer_told_before_it_died_makes_no_second_primary(ssh_pair):
    pair, server = ssh_pair
    pair.set("notify", email={"to": ["ops@example.com"]}, smtp={"url": "smtp://127.0.0.1:1", "tls": "none"})
    server.describe("primary", 0)
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (server.bin / "hasync").unlink()  # it answers no more
    pair.ok("promote")
    pair.ok("agent", "heartbeat")
    assert "serving" in pair.ok("status") and mails(pair) == ["[hasync west] PROMOTED: west is now primary (term 1)"]
    server.describe("primary", 0)  # back, and not yet aware of it
    pair.ok("agent", "heartbeat")
    assert "TWO PRIMARIES: east says so too (term 0)" in pair.ok("status") and len(mails(pair)) == 2
    server.describe("secondary", 1)
    pair.ok("agent", "heartbeat")
    assert "serving" in pair.ok("status")
