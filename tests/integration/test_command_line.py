"""The command line as an operator meets it: command, exit code, stdout, stderr. tests/golden/*.case hold one conversation each:
the first line says what it is about, lines beginning with `$ ` are run, what follows is what was said, stderr behind `! `, and
`[exit N]` where it is not 0. HASYNC_GOLDEN=write writes them anew."""
import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import HASYNC, Pair

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"


def said_the_same_way_everywhere(text, pair):
    text = text.replace(str(pair.folder), "DIR").replace(HASYNC, "hasync")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "TIME", text)
    text = re.sub(r"\b\d+(\.\d)? (ms|s)\b(?! interval| timeout| re-check)", "TOOK", text)
    text = re.sub(r"\d+(\.\d)? [KMGT]iB free", "ROOM free", text)
    text = re.sub(r"kept by (hard links|reflinks|snapshots)", "kept by SHARING", text)
    text = re.sub(r"data_age=\d+s", "data_age=TOOK", text)
    return re.sub(r"(rsync  version|protocol version) \S+", r"\1 N", text)


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("*.case")), ids=lambda path: path.stem)
def test_conversation(case, pair):
    pair.set("heartbeat", interval="30s")  # however slow this machine is, the last beat is a recent one
    about, *lines = case.read_text().splitlines()
    told = [about]
    for line in lines:
        if not line.startswith("$ "):
            continue
        words = shlex.split(line[2:])
        environment = pair.environment(DIR=str(pair.folder))
        if words[0] == "hasync":
            done = subprocess.run([HASYNC] + [word.replace("DIR", str(pair.folder)) for word in words[1:]], env=environment,
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        else:
            done = subprocess.run(["sh", "-c", line[2:]], cwd=pair.folder, env=environment, capture_output=True, text=True, timeout=60)
        told.append(line)
        told += said_the_same_way_everywhere(done.stdout, pair).splitlines()
        told += ["! " + each for each in said_the_same_way_everywhere(done.stderr, pair).splitlines()]
        if done.returncode:
            told.append(f"[exit {done.returncode}]")
    text = "\n".join(told) + "\n"
    if os.environ.get("HASYNC_GOLDEN") == "write":
        case.write_text(text)
    assert text == case.read_text()


def test_json_is_one_object_with_its_schema(pair):
    (pair.source / "f").write_text("1")
    for words, schema in [(["sync"], "sync"), (["sync", "--dry-run"], "sync-plan"), (["status"], "status"), (["why"], "why"),
                          (["points", "list"], "points"), (["history"], "history"), (["schedule"], "schedule"), (["config", "show"], "settings"),
                          (["config", "keys"], "keys"), (["config", "check"], "config-check"), (["notify", "queue"], "queue"),
                          (["config", "set", "sync.keep=4"], "changes"), (["pause"], "changes"), (["resume"], "changes"),
                          (["promote", "--dry-run"], "plan"), (["promote"], "failover"), (["demote"], "failover")]:
        assert pair.json(*words)["schema"] == f"hasync.{schema}/1"
    assert json.loads(pair.run("check", "--json").stdout)["schema"] == "hasync.check/1"
    assert json.loads(pair.ok("agent", "describe"))["schema"] == "hasync.describe/1"


def test_the_json_of_the_contract_has_its_members(pair):
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    pair.ok("agent", "heartbeat")
    status = pair.json("status")
    assert {"node", "role", "term", "paused", "data_age_s", "recovery_point", "sync", "heartbeat", "failover", "mail"} <= set(status)
    assert {"last_result", "last_success", "next_due"} <= set(status["sync"])
    assert {"state", "consecutive_failures", "last_success", "detection_bound_s"} <= set(status["heartbeat"])
    assert {"action", "would_promote", "blocking"} <= set(status["failover"])
    assert {"at", "kind", "result", "duration_s"} <= set(pair.history()[0])
    assert {"id", "at", "state", "bytes", "files"} <= set(pair.json("points", "list")["points"][0])
    assert set(pair.json("why")["guards"][0]) == {"name", "verdict", "evidence"}
    assert {"anchor", "every_s", "next"} <= set(pair.json("schedule"))


def test_an_agent_that_succeeds_says_nothing(pair):
    for agent in ("sync", "heartbeat", "promote", "notify", "housekeeping"):
        done = pair.run("agent", agent)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_twenty_edits_at_once_lose_none(pair):
    running = [pair.start("config", "set", f"sync.{key}") for key in
               ["keep=7", "run_every=45m", "timeout=3h", "bandwidth_limit=20MiB/s"]] + \
              [pair.start("config", "set", f"heartbeat.{key}") for key in ["interval=20s", "failures=4", "recheck_interval=9s", "timeout=3s"]] + \
              [pair.start("config", "set", f"history.retain={days}d") for days in range(2, 14)]
    for each in running:
        out, errors = each.communicate(timeout=60)
        assert each.returncode == 0, errors
    shown = {each["key"]: each["value"] for each in pair.json("config", "show")["settings"]}
    assert [shown[f"sync.{key}"] for key in ("keep", "run_every", "timeout", "bandwidth_limit")] == ["7", "45m", "3h", "20MiB/s"]
    assert [shown[f"heartbeat.{key}"] for key in ("interval", "failures", "recheck_interval", "timeout")] == ["20s", "4", "9s", "3s"]


@pytest.mark.parametrize("mode,told", [(0o660, "can be written by others than its owner; run: chmod go-w,o-r"), (0o644, "can be read by others; run: chmod o-r")])
@pytest.mark.parametrize("words", [["status"], ["config", "show"], ["config", "set", "sync.keep=5"], ["agent", "heartbeat"]], ids=" ".join)
def test_a_config_that_others_can_use_is_refused(pair, mode, told, words):
    pair.config.chmod(mode)
    before = pair.config.read_bytes()
    refused = pair.run(*words)
    assert (refused.returncode, refused.stderr) == (3, f"hasync: {pair.config} {told} {pair.config}\n")
    assert pair.config.read_bytes() == before


@pytest.mark.parametrize("words", [["status"], ["config", "show"], ["config", "set", "sync.keep=5"]], ids=" ".join)
def test_a_config_that_is_no_file_is_told(pair, words):
    pair.config.unlink()
    assert pair.run(*words).stderr == f"hasync: there is no {pair.config}; write one with hasync init, or name yours with --config\n"
    pair.config.mkdir()
    assert (pair.run(*words).returncode, pair.run(*words).stderr) == (3, f"hasync: {pair.config} is a folder, not a file\n")
    pair.config.rmdir()
    os.mkfifo(pair.config)
    assert (pair.run(*words).returncode, pair.run(*words).stderr) == (3, f"hasync: {pair.config} is not a file\n")


def test_a_lost_password_keeps_nobody_from_watching(pair):
    secret = pair.folder / "password"
    secret.write_text("x")
    secret.chmod(0o600)
    pair.set("notify", email={"to": ["ops@example.com"]},
             smtp={"url": "smtp://127.0.0.1:1", "username": "hasync", "password_file": str(secret)})
    pair.ok("config", "check")
    secret.unlink()
    (pair.source / "f").write_text("1")
    for words in (["sync"], ["agent", "heartbeat"], ["status"], ["promote"]):
        done = pair.run(*words)
        assert done.returncode == 0
        assert done.stderr.startswith(f"hasync: warning: {pair.config}: notify.smtp.password_file: {secret}: No such file or directory")
    for words in (["config", "check"], ["apply", "--check"], ["config", "set", "sync.keep=5"]):
        assert pair.run(*words).returncode == 3


def test_monitoring_always_gets_a_line(pair):
    assert pair.run("status", "--nagios").stdout.startswith("HASYNC CRITICAL - west cannot fail over: recovery-point")
    (pair.source / "f").write_text("1")
    pair.ok("sync")
    done = pair.run("status", "--nagios")
    assert (done.returncode, done.stdout.split(" | ")[0]) == (3, "HASYNC UNKNOWN - west has no recent heartbeat")
    pair.ok("agent", "heartbeat")
    assert pair.run("status", "--nagios").returncode == 0
    pair.source.rename(pair.source.with_name("gone"))
    pair.run("sync")
    done = pair.run("status", "--nagios")
    assert done.returncode == 1 and done.stdout.startswith("HASYNC WARNING - west: sync failed 1 time, heartbeat alive")
    pair.run("agent", "heartbeat")
    done = pair.run("status", "--nagios")
    assert done.returncode == 2 and done.stdout.startswith("HASYNC CRITICAL - east is gone")
    for log in pair.state.glob("hasync.db-*"):
        log.unlink()
    (pair.state / "hasync.db").write_text("no database at all")
    done = pair.run("status", "--nagios")
    assert done.returncode == 3 and done.stdout.startswith("HASYNC UNKNOWN - store ") and done.stdout.count("\n") == 1


def test_messages_that_cannot_be_written_end_nothing(pair):
    with open("/dev/full", "w") as full:
        done = subprocess.run([HASYNC, "promote"], env=pair.environment(), stdout=subprocess.PIPE, stderr=full, timeout=60)
    assert done.returncode == 6


def test_a_symlinked_config_stays_one_and_keeps_its_mode(pair):
    real = pair.folder / "real.yaml"
    pair.config.rename(real)
    real.chmod(0o640)
    pair.config.symlink_to(real)
    pair.ok("config", "set", "sync.keep=9")
    assert pair.config.is_symlink() and pair.json("config", "show")["settings"]
    assert real.stat().st_mode & 0o777 == 0o640 and "9" in pair.ok("config", "get", "sync.keep")


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_an_edit_keeps_the_owner(pair):
    os.chown(pair.config, 1234, 1235)
    pair.ok("config", "set", "sync.keep=9")
    assert (pair.config.stat().st_uid, pair.config.stat().st_gid) == (1234, 1235)


def test_a_list_is_compared_by_its_items(pair):
    pair.settings["failover"]["fence"] = {"run": ["/usr/bin/true, east"]}
    pair.config.write_text(json.dumps(pair.settings))
    assert pair.ok("config", "get", "failover.fence.run") == '["/usr/bin/true, east"]\n'
    assert pair.json("config", "set", "failover.fence.run=[/usr/bin/true, east]")["changed"] is True
    assert pair.json("config", "set", "failover.fence.run=[ /usr/bin/true , east ]")["changed"] is False
    assert pair.ok("config", "get", "failover.fence.run") == "[/usr/bin/true, east]\n"


def test_nested_aliases_are_refused_before_they_fill_the_memory(pair):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    pair.config.write_text("\n".join(lines) + "\n")
    refused = pair.run("config", "check", timeout=20)
    assert refused.returncode == 3 and "too many values; are aliases nested?" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's folder needs root to make")
def test_a_state_folder_of_another_user_is_told(pair):
    pair.ok("status")
    os.chown(pair.config, 65534, 65534)
    pair.folder.chmod(0o755)
    for parent in list(pair.folder.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o055) if str(parent).startswith("/tmp/pytest") else None
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", HASYNC, "status"], env=pair.environment(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == (f"hasync: cannot open the store {pair.state}/hasync.db: Permission denied; "
                           "run hasync as the user who owns it, or name another folder with --state-dir\n")


def test_a_read_only_store_of_state_is_told(pair):
    pair.state.write_text("not a folder")
    done = pair.run("status")
    assert (done.returncode, done.stderr) == (1, f"hasync: the state folder {pair.state} is a file, not a folder; name another with --state-dir\n")


def test_a_result_that_cannot_be_written_is_a_failure_and_a_reader_that_has_enough_is_not(pair):
    with open("/dev/full", "w") as full:
        done = subprocess.run([HASYNC, "status"], env=pair.environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "hasync: done, but the result could not be written to standard output: No space left on device\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([HASYNC, "status"], env=pair.environment(), stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
