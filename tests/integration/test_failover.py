"""From a silent peer to a promotion, with real probes, real steps and real mail."""
import os
import signal
import subprocess
import time

import pytest

from conftest import slow_rsync, wait_for
from servers import HttpServer, ResettingServer, SilentServer, free_port, make_certificate


def probe(pair, **settings):
    pair.settings["heartbeat"]["probes"] = [{"name": "web", **settings}]
    pair.settings["heartbeat"]["failures"] = 1
    pair.save()


def beat(pair):
    pair.ok("agent", "heartbeat")
    item = pair.history("heartbeats")[0]
    return item["result"], item["summary"]


@pytest.mark.parametrize("mode,told", [
    ("error", "web HTTP 500, expected 200"),
    ("wrong", 'web its answer lacks "OK"'),
    ("redirect", "web HTTP 302, expected 200"),
    ("silent", "web connected, but no answer within 1 s"),
    ("reset", "web connection closed without an answer"),
])
def test_each_fault_of_an_http_server_is_a_failure_with_its_own_words(pair, mode, told):
    with HttpServer(mode) as server:
        probe(pair, type="http", url=server.url, expect={"status": 200, "body": "OK"})
        assert beat(pair) == ("failed", f"1 in a row: {told}")


@pytest.mark.parametrize("mode", ["ok", "endless"])
def test_a_living_http_server_is_alive_however_much_it_says(pair, mode):
    with HttpServer(mode) as server:
        probe(pair, type="http", url=server.url, expect={"body": "OK"})
        assert beat(pair)[0] == "alive"


def test_a_server_that_hangs_before_tls_is_told_from_one_that_cannot_be_reached(pair):
    with SilentServer() as server:
        probe(pair, type="http", url=f"https://127.0.0.1:{server.port}/")
        assert beat(pair) == ("failed", "1 in a row: web connected, but no answer within 1 s")


def test_a_server_that_resets_before_tls_is_told_as_one_that_closes(pair):
    with ResettingServer() as server:
        probe(pair, type="http", url=f"https://127.0.0.1:{server.port}/")
        assert beat(pair) == ("failed", "1 in a row: web connection closed without an answer")


def test_a_certificate_is_verified(pair, tmp_path):
    tls = make_certificate(tmp_path)
    with HttpServer(tls=tls) as server:
        probe(pair, type="http", url=server.url)
        result, words = beat(pair)
        assert result == "failed" and "its certificate is not trusted" in words
        probe(pair, type="http", url=server.url, ca_file=str(tls[1]))
        assert beat(pair)[0] == "alive"


def test_tcp_refused_unknown_and_accepted(pair):
    probe(pair, type="tcp", host="127.0.0.1", port=free_port())
    assert beat(pair) == ("failed", "1 in a row: web connection refused")
    probe(pair, type="tcp", host="no-such-host.invalid", port=80)
    assert beat(pair)[1].endswith("web its name is not known")
    with SilentServer() as server:
        probe(pair, type="tcp", host="127.0.0.1", port=server.port)
        assert beat(pair)[0] == "alive"


@pytest.mark.parametrize("body,told", [
    ("exit 3", "web exit status 3"),
    ("kill -9 $$", "web killed by signal 9 (Killed)"),
    ("trap '' TERM; while :; do sleep 0.1; done", "web no end after"),
    ("yes", "web no end after"),
])
def test_a_command_probe_is_judged_by_its_exit_and_ended_in_time(pair, body, told):
    probe(pair, type="command", run=["sh", "-c", body])
    result, words = beat(pair)
    assert result == "failed" and told in words


def test_the_peer_is_alive_when_any_probe_answers(pair):
    with HttpServer() as server:
        pair.settings["heartbeat"]["probes"] = [{"name": "bad", "type": "tcp", "host": "127.0.0.1", "port": free_port()},
                                                {"name": "web", "type": "http", "url": server.url}]
        pair.save()
        result, words = beat(pair)
        assert result == "alive" and words.startswith("bad connection refused, web ")


def test_the_whole_way_from_sync_to_promotion(town):
    pair = town.pair
    pair.live.mkdir(parents=True)
    (pair.live / "old").write_text("what stood there")
    point = pair.json("sync")["point"]
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["heartbeat"]["state"] == "alive"
    planned = pair.ok("promote", "--dry-run")
    assert pair.json("status")["role"] == "secondary" and town.steps_run() == []

    town.server.mode = "error"
    assert pair.run("agent", "heartbeat").returncode == 0

    assert (pair.live / "f").read_text() == "data of east"
    aside = [name for name in os.listdir(pair.live.parent) if name != "app"]
    assert len(aside) == 1 and (pair.live.parent / aside[0] / "old").read_text() == "what stood there"
    assert town.steps_run() == ["start app 1 west east"]
    status = pair.json("status")
    assert (status["role"], status["term"]) == ("primary", 1)
    promotion = [item for item in pair.history() if item["kind"] == "promotion"]
    assert len(promotion) == 1 and promotion[0]["result"] == "done" and promotion[0]["details"]["point"] == point
    assert [name for name in promotion[0]["details"] if name.startswith("step")] == ["step copy app", "step activate app", "step start app"]
    for name in ("copy app", "activate app", "start app"):
        assert name in planned
    assert town.subjects() == ["[hasync west] PROMOTED: west is now primary (term 1)"]

    # The application writes; the point it came from stays as it was.
    (pair.live / "f").write_text("written by west")
    assert (pair.store / "points" / point / "app" / "f").read_text() == "data of east"
    # No pull from the old primary ever again, and no beat.
    refused = pair.run("sync")
    assert refused.returncode == 6 and "west is primary (term 1): it never pulls" in refused.stderr
    pair.ok("agent", "heartbeat")
    assert len(town.mail.mails) == 1

    demoted = pair.json("demote")
    assert demoted["changed"] and town.steps_run() == ["start app 1 west east", "stop app 1 west east"]
    assert pair.json("demote")["changed"] is False
    assert pair.json("status")["role"] == "secondary"


def test_standby_tells_once_and_tells_the_recovery(town):
    pair = town.pair
    pair.settings["failover"]["action"] = "standby"
    pair.save()
    pair.ok("sync")
    town.server.mode = "error"
    for _ in range(3):
        pair.ok("agent", "heartbeat")
    assert len(pair.history("heartbeats")) == 4  # two failures to detect it, then one attempt a beat
    assert pair.json("status")["heartbeat"]["state"] == "failed"
    town.server.mode = "ok"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["heartbeat"]["state"] == "alive"
    assert town.subjects() == ["[hasync west] east IS GONE: west stays in standby", "[hasync west] east answers again"]
    assert pair.json("status")["role"] == "secondary" and town.steps_run() == []


def test_old_data_is_refused_until_an_operator_forces_it(town):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["max_data_age"] = "1s"
    pair.save()
    subprocess.run(["sqlite3", str(pair.state / "hasync.db"), "UPDATE points SET at = at - 7200000"], check=True)
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    pair.ok("agent", "heartbeat")
    assert town.subjects() == ["[hasync west] east IS GONE, promotion REFUSED: west stays in standby"]
    assert "data-age: 2 h old, limit 1 s" in town.text(0)
    refused = pair.run("promote")
    assert refused.returncode == 6 and refused.stderr.startswith("hasync: refused: data-age: 2 h")
    assert "hasync promote --force=data-age" in refused.stderr
    assert pair.run("promote", "--force=data-agee").stderr.startswith('hasync: "data-agee" is not a guard; did you mean data-age?')
    assert pair.run("promote", "--force=role").returncode == 2
    pair.ok("promote", "--force=data-age")
    assert [item["details"]["forced"] for item in pair.history("failovers") if item["kind"] == "promotion"] == ["data-age"]
    assert "these guards were overridden: data-age" in town.text(-1)


def test_a_pause_keeps_in_standby_and_a_later_beat_promotes_once_it_is_over(town):
    pair = town.pair
    pair.ok("sync")
    pair.ok("pause", "--reason", "rehearsal")
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "secondary"
    pair.ok("resume")
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"


def test_a_witness_that_does_not_answer_keeps_in_standby(town):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["witnesses"] = [{"name": "gateway", "host": "127.0.0.1", "port": free_port()}]
    pair.save()
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "secondary"
    guard = {each["name"]: each for each in pair.json("why")["guards"]}["witness"]
    assert guard == {"name": "witness", "verdict": "fail",
                     "evidence": "none answers (gateway connection refused): this node may be the one that is cut off"}


def test_a_node_that_cannot_ask_says_so_and_judges_nobody(town, tmp_path):
    """Its libcurl cannot be loaded: that says nothing about the peer, which does not answer either."""
    pair = town.pair
    pair.ok("sync")
    town.server.mode = "error"
    (tmp_path / "libcurl.so.4").touch()
    broken = {"LD_LIBRARY_PATH": str(tmp_path)}
    why = f"libcurl.so.4 cannot be used: {tmp_path}/libcurl.so.4: file too short; to install it on Debian: apt-get install libcurl4"
    for _ in range(4):
        done = pair.run("agent", "heartbeat", env=broken)
        assert (done.returncode, done.stderr) == (1, f"hasync: nothing is known of the peer, for probe web could not be asked: {why}\n")
    assert pair.history("heartbeats") == [] and pair.history("failovers") == [] and town.steps_run() == []
    checked = pair.checked(env=broken)
    for name in ("probe web", "mail"):
        assert checked[name]["verdict"] == "bad" and why in checked[name]["evidence"]
    pair.settings["failover"]["witnesses"] = [{"name": "gateway", "host": "127.0.0.1", "port": town.server.port}]
    pair.save()
    refused = pair.run("promote", env=broken)
    assert refused.returncode == 6 and f"witness: none answers (gateway {why})" in refused.stderr
    pair.ok("status", env=broken)


def test_a_probe_that_cannot_be_started_is_no_answer_of_the_peer(pair):
    gone = {"name": "app", "type": "command", "run": ["/usr/local/bin/no-such-check"]}
    why = "cannot start /usr/local/bin/no-such-check: No such file or directory"
    pair.settings["heartbeat"]["probes"] = [gone, {"name": "other", "type": "command", "run": ["false"]}]
    pair.save()
    done = pair.run("agent", "heartbeat")
    assert (done.returncode, done.stderr) == (1, f"hasync: nothing is known of the peer, for probe app could not be asked: {why}\n")
    assert pair.history("heartbeats") == []
    pair.settings["heartbeat"]["probes"][1]["run"] = ["true"]
    pair.save()
    result, words = beat(pair)
    assert result == "alive" and words.startswith(f"app {why}, other ")


def test_a_witness_that_answers_only_after_an_attempt_began_does_not_count_for_it(town, tmp_path):
    """This node was cut off, and is so no more while it still waits for the peer: it must not take that for the peer's outage."""
    pair, port = town.pair, free_port()
    began, back = tmp_path / "began", tmp_path / "back"
    pair.ok("sync")
    pair.settings["failover"]["witnesses"] = [{"name": "gateway", "host": "127.0.0.1", "port": port}]
    pair.settings["heartbeat"] |= {"failures": 1, "timeout": "20s", "probes": [{"name": "web", "type": "command", "run": ["false"]}]}
    pair.save()
    pair.ok("agent", "heartbeat")
    wait = f"touch {began}; until [ -e {back} ]; do sleep 0.02; done; exit 1"
    pair.settings["heartbeat"]["probes"][0]["run"] = ["sh", "-c", wait]
    pair.save()
    beat = pair.start("agent", "heartbeat")
    wait_for(began)
    with SilentServer(port):
        back.touch()
        assert beat.wait(30) == 0
        assert pair.json("status")["role"] == "secondary"
        pair.ok("agent", "heartbeat")
        assert pair.json("status")["role"] == "primary"


def test_without_a_recovery_point_nothing_is_promoted(town):
    pair = town.pair
    town.server.mode = "error"
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["failover"]["blocking"] == ["recovery-point", "data-age", "live-path"]
    assert pair.run("promote", "--force=data-age,live-path").returncode == 6


def test_a_failing_fence_touches_nothing(town):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["fence"] = {"run": ["sh", "-c", "echo no power switch >&2; exit 7"]}
    pair.save()
    town.server.mode = "error"
    failed = pair.run("agent", "heartbeat")
    assert failed.returncode == 1 and "no power switch" in failed.stderr
    assert not pair.live.exists() and town.steps_run() == [] and pair.json("status")["role"] == "secondary"
    pair.ok("agent", "notify")
    assert town.subjects() == ['[hasync west] PROMOTION FAILED at "fence east": nobody may be serving']
    # It does not try again by itself.
    pair.ok("agent", "heartbeat")
    assert "no-earlier-failover" in pair.json("status")["failover"]["blocking"]
    pair.ok("resume")
    assert pair.json("status")["failover"]["blocking"] == []


@pytest.mark.parametrize("body,more,state", [
    ("exit 1", {"on_error": "continue"}, "passed over"),
    (":", {}, "done"),
    ("sleep 60 & exit 0", {}, "done"),  # leaves a child that holds the pipe
    ("head -c 10000000 /dev/zero", {}, "done"),
    ("test $(wc -l <{trace}) -ge 3", {"retries": 5}, "done"),
])
def test_steps_that_end_well(town, body, more, state):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["promote"] = [town.step("odd", body.replace("{trace}", str(town.trace)), **more), town.step("last")]
    pair.save()
    told = pair.json("promote")
    assert told["result"] == "done"
    assert {step["name"]: step["state"] for step in told["steps"]}["odd"] == state
    assert town.steps_run()[-1] == "last 1 west east"


@pytest.mark.parametrize("body", ["exit 1", "trap '' TERM; while :; do sleep 0.1; done", "exec /no/such/program"])
def test_a_step_that_fails_or_hangs_aborts_the_promotion(town, body):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["promote"] = [town.step("odd", body, timeout="1s"), town.step("last")]
    pair.save()
    failed = pair.run("promote")
    assert failed.returncode == 1 and 'step "odd" failed: ' in failed.stderr
    assert [line.split()[0] for line in town.steps_run()] == ["odd"]
    assert pair.json("status")["role"] == "secondary"
    pair.settings["failover"]["promote"] = [town.step("last")]
    pair.save()
    pair.ok("promote")
    assert pair.json("status")["term"] == 1


def test_sigterm_during_a_step_is_resumed_by_the_next_beat(town):
    pair = town.pair
    pair.ok("sync")
    go = pair.folder / "go"
    pair.settings["failover"]["promote"] = [town.step("wait", f"while [ ! -e {go} ]; do sleep 0.05; done"), town.step("last")]
    pair.save()
    running = pair.start("promote")
    deadline = time.monotonic() + 30
    while not town.steps_run():
        assert time.monotonic() < deadline
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 130
    assert pair.json("status")["role"] == "secondary"
    go.touch()
    pair.ok("agent", "heartbeat")
    assert pair.json("status")["role"] == "primary"
    assert [line.split()[0] for line in town.steps_run()] == ["wait", "wait", "last"]
    assert len(town.subjects()) == 1


def test_two_promotions_at_once_are_one(town):
    pair = town.pair
    pair.ok("sync")
    pair.settings["failover"]["promote"] = [town.step("slow", "sleep 1")]
    pair.save()
    running = [pair.start("promote") for _ in range(4)]
    codes = sorted(each.wait(60) for each in running)
    assert 0 in codes and set(codes) <= {0, 5}
    assert len(town.steps_run()) == 1 and pair.json("status")["term"] == 1


def test_a_run_that_is_still_going_cannot_publish_into_a_promotion(town, tmp_path):
    pair = town.pair
    pair.ok("sync")
    point = os.readlink(pair.current)
    path, begun, go = slow_rsync(tmp_path)
    (pair.source / "f").write_text("newer" * 100)
    running = pair.start("sync", env={"PATH": path})
    wait_for(begun)
    pair.ok("promote")
    go.touch()
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 6 and "nothing is published: west is primary (term 1): it never pulls" in errors
    assert os.readlink(pair.current) == point and [each["id"] for each in pair.json("points", "list")["points"]] == [os.path.basename(point)]


def test_the_count_survives_a_kill_between_two_attempts(town):
    pair = town.pair
    pair.settings["failover"]["action"] = "standby"
    pair.settings["heartbeat"].update(failures=3, recheck_interval="2s", interval="10s")
    pair.save()
    town.server.mode = "error"
    running = pair.start("agent", "heartbeat")
    deadline = time.monotonic() + 30
    while not town.server.hits:
        assert time.monotonic() < deadline
    while not (pair.state / "hasync.db").exists() or len(pair.history("heartbeats")) < 1:
        assert time.monotonic() < deadline
    running.kill()
    running.wait()
    pair.ok("agent", "heartbeat")
    assert [item["summary"].split()[0] for item in pair.history("heartbeats")] == ["3", "2", "1"]


def test_cover_beats_at_the_interval_and_ends(town):
    pair = town.pair
    pair.settings["heartbeat"]["interval"] = "1s"
    pair.save()
    running = pair.start("agent", "heartbeat", "--cover", "10m")
    deadline = time.monotonic() + 30
    while town.server.hits < 3:
        assert time.monotonic() < deadline
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 130
    assert len(pair.history("heartbeats")) >= 3


def test_the_peer_is_asked_before_the_last_attempt_is_over_so_that_the_decision_needs_no_time_of_its_own(ssh_pair, tmp_path):
    pair, server = ssh_pair
    asked, count = tmp_path / "asked", tmp_path / "count"
    server.describe("primary", 0)
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    (server.bin / "hasync").write_text(f"#!/bin/sh\ntouch {asked}\n")
    # The second attempt, which is the last, ends when the peer has been asked; asked later, it would be too late.
    last = f"echo >>{count}; [ $(wc -l <{count}) -lt 2 ] || until [ -e {asked} ]; do sleep 0.02; done; exit 1"
    pair.settings["heartbeat"] |= {"timeout": "10s", "probes": [{"name": "web", "type": "command", "run": ["sh", "-c", last]}]}
    pair.set("failover", action="promote")
    pair.ok("agent", "heartbeat")
    assert pair.history("heartbeats")[0]["summary"] == "2 in a row: web exit status 1"
    assert pair.history("failovers")[0]["result"] == "done"
