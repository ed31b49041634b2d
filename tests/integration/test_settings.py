"""The operator's own file: edited by hand, by many at once, and under kill -9; and back again."""
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import HASYNC, shim

COMMENTED = """\
# west, since 2024
node: { name: west }   # do not rename
peer:
    name: east
    transport: local

sync:
    run_every: 15m     # as agreed
    store: "STORE"
    datasets:
    - name: app
      source: 'SOURCE'   # all of it

heartbeat:
    probes: [ { name: file, type: command, run: [test, -e, /] } ]
"""


@pytest.fixture
def written(pair):
    """A file that a person wrote, without a final line break."""
    pair.config.write_text(COMMENTED.replace("STORE", str(pair.store)).replace("SOURCE", str(pair.source)).rstrip("\n"))
    return pair


def editor(pair, script):
    path = pair.folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"EDITOR": str(path)}


def kept(pair):
    return pair.folder / "hasync.edit.yaml"


def test_every_edit_leaves_the_rest_of_the_file_to_the_byte(written):
    before = written.config.read_text()
    written.ok("config", "set", "sync.run_every=1h", "sync.keep=7")
    written.ok("dataset", "add", "db", "--source", "/var/lib/db")
    written.ok("probe", "add", "ssh", "--host", "east", "--port", "22")
    assert written.config.read_text() == before.replace("run_every: 15m     #", "run_every: 1h     #") \
        .replace('    datasets:', '    keep: 7\n    datasets:') \
        .replace("   # all of it", "   # all of it\n    - name: db\n      source: /var/lib/db") \
        .replace("run: [test, -e, /] }", 'run: [test, -e, /] }, { name: ssh, host: east, port: 22 }')
    written.ok("probe", "remove", "ssh")
    written.ok("dataset", "remove", "db")
    written.ok("config", "unset", "sync.keep")
    written.ok("config", "set", "sync.run_every=15m")
    assert written.config.read_text() == before


def test_an_editor_changes_the_settings(written):
    said = written.ok("config", "edit", env=editor(written, 'sed -i "s/15m/20m/; s/since 2024/since 2025/" "$1"'))
    assert said == "sync.run_every  15m → 20m\nsaved; to put it into force: hasync apply\n"
    assert "since 2025" in written.config.read_text() and not kept(written).exists()
    assert written.ok("config", "edit", env=editor(written, "exit 0")) == "nothing to change\n"


def test_what_does_not_validate_is_not_saved_and_not_lost(written):
    before = written.config.read_text()
    refused = written.run("config", "edit", env=editor(written, 'sed -i "s/15m/15/; s/keep/kep/; s/as agreed/long words/" "$1"'))
    assert refused.returncode == 3 and refused.stdout == ""
    assert 'sync.run_every: "15" has no unit; did you mean 15m?' in refused.stderr
    assert f"your text is kept in {kept(written)}" in refused.stderr
    assert written.config.read_text() == before and "long words" in kept(written).read_text()
    assert kept(written).stat().st_mode & 0o777 == 0o600
    # The next edit goes on with it.
    again = written.run("config", "edit", env=editor(written, 'sed -i "s/15 /15m /" "$1"'))
    assert again.returncode == 0 and "going on with" in again.stderr
    assert "long words" in written.config.read_text() and not kept(written).exists()


def test_an_edit_that_another_overtook_is_not_saved_and_not_lost(written):
    meanwhile = f'{HASYNC} --config {written.config} --state-dir {written.state} config set sync.keep=9 >/dev/null; sed -i s/15m/20m/ "$1"'
    refused = written.run("config", "edit", env=editor(written, meanwhile))
    assert refused.returncode == 5 and "was changed by somebody else meanwhile" in refused.stderr
    assert "keep: 9" in written.config.read_text() and "15m" in written.config.read_text()
    assert "20m" in kept(written).read_text()
    # What is older than the settings is not gone on with: it would take their change back.
    os.utime(kept(written), (1, 1))
    stale = written.run("config", "edit", env=editor(written, "exit 0"))
    assert stale.returncode == 6 and "has been changed since" in stale.stderr and "20m" in kept(written).read_text()


def test_an_editor_that_fails_or_is_missing_changes_nothing(written):
    before = written.config.read_text()
    failed = written.run("config", "edit", env=editor(written, 'echo x >>"$1"; exit 3'))
    assert failed.returncode == 1 and "exit status 3" in failed.stderr and kept(written).exists()
    kept(written).unlink()
    missing = written.run("config", "edit", env={"EDITOR": "/no/such/editor"})
    assert missing.returncode == 1 and "cannot start /no/such/editor" in missing.stderr
    assert written.config.read_text() == before and not kept(written).exists()


def test_two_do_not_edit_at_once(written):
    begun = written.folder / "begun"
    first = written.start("config", "edit", env=editor(written, f": >{begun}; while [ -e {begun} ]; do sleep 0.05; done"))
    wait_for(begun.exists)
    second = written.run("config", "edit")
    begun.unlink()
    assert second.returncode == 5 and "hasync config edit (pid" in second.stderr
    assert first.wait(20) == 0


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_on_a_terminal_a_fault_is_shown_and_the_text_edited_again(written):
    rounds = written.folder / "rounds"
    environment = written.environment(**editor(written, f'echo >>{rounds}; [ $(wc -l <{rounds}) = 1 ] && sed -i s/15m/15/ "$1" || sed -i "s/15 /30m /" "$1"'))
    leader, follower = pty.openpty()
    process = subprocess.Popen([HASYNC, "config", "edit"], env=environment, stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)
    seen = b""
    while b"edit again? [yes]" not in seen:
        assert select.select([leader], [], [], 30)[0], seen
        seen += os.read(leader, 4096)
    assert b"has no unit" in seen
    os.write(leader, b"\n")
    assert process.wait(30) == 0
    os.close(leader)
    assert "30m" in written.config.read_text()


def test_undo_walks_back_version_by_version(written):
    texts = [written.config.read_text()]
    for keep in (4, 5, 6):
        written.ok("config", "set", f"sync.keep={keep}")
        texts.append(written.config.read_text())
    for text in reversed(texts[:-1]):
        written.ok("config", "undo")
        assert written.config.read_text() == text
    end = written.run("config", "undo")
    assert end.returncode == 1 and "there is nothing to go back to" in end.stderr
    # A new change, and back from it to where the undoing had arrived.
    written.ok("config", "set", "sync.keep=8")
    written.ok("config", "undo")
    assert written.config.read_text() == texts[0]
    # To one version, and what somebody wrote by other means is not lost by it.
    by_hand = texts[0].replace("since 2024", "since 2026")
    written.config.write_text(by_hand)
    versions = written.json("config", "versions")["versions"]
    assert not any(each["current"] for each in versions)
    of_six = next(each for each in versions if each["what"] == "config set sync.keep=6")
    written.ok("config", "undo", "--to", of_six["id"])
    assert written.config.read_text() == texts[3]
    written.ok("config", "undo", "--to", next(each["id"] for each in written.json("config", "versions")["versions"] if "other means" in each["what"]))
    assert written.config.read_text() == by_hand


def test_twenty_versions_are_kept_with_who_and_when(written):
    for keep in range(1, 26):
        written.ok("config", "set", f"sync.keep={keep}", env={"SUDO_USER": "nobody"})
    versions = written.json("config", "versions")["versions"]
    assert len(versions) == 20 and versions[0]["current"] and versions[0]["what"] == "config set sync.keep=25"
    # A login that the kernel knows of goes before what sudo tells.
    assert re.fullmatch(r"(\S+ as )?\S+", versions[0]["who"])
    with open("/proc/self/loginuid") as login:
        if login.read() == "4294967295" and os.geteuid() == 0:
            assert versions[0]["who"] == "nobody as root"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", versions[0]["at"])


def test_what_init_replaces_can_be_had_back(written):
    before = written.config.read_text()
    written.ok("init", "--replace", "--node", "west", "--peer", "east", "--transport", "local", "--dataset", f"app={written.source}", "--probe", "web=http://e/")
    assert written.config.read_text() != before
    written.ok("config", "undo")
    assert written.config.read_text() == before


def test_settings_can_be_changed_while_the_state_can_not(written):
    written.state.write_text("a file")
    done = written.run("config", "set", "sync.keep=5")
    assert done.returncode == 0 and "keep: 5" in written.config.read_text()
    assert "cannot be taken back with hasync config undo" in done.stderr


def test_an_undo_to_what_no_longer_validates_is_refused(written):
    key = written.folder / "key"
    key.write_text("secret")
    key.chmod(0o600)
    written.ok("config", "set", f"peer.identity_file={key}")
    written.ok("config", "unset", "peer.identity_file")
    key.unlink()
    refused = written.run("config", "undo")
    assert refused.returncode == 3 and "No such file" in refused.stderr
    assert "identity_file" not in written.config.read_text()


def test_writers_of_every_kind_at_once_lose_none(written):
    running = [written.start("dataset", "add", f"d{each}", "--source", f"/var/lib/d{each}") for each in range(7)]
    running += [written.start("probe", "add", f"p{each}", "--host", "east", "--port", str(1000 + each)) for each in range(7)]
    running += [written.start("step", "add", "promote", f"s{each}", "--", "true", str(each)) for each in range(6)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    text = written.config.read_text()
    for name in [f"d{each}" for each in range(7)] + [f"p{each}" for each in range(7)] + [f"s{each}" for each in range(6)]:
        assert len(re.findall(rf"name: {name}\b", text)) == 1
    assert text.startswith("# west, since 2024\n")
    assert len(written.json("config", "versions")["versions"]) == 20
    database = sqlite3.connect(written.state / "hasync.db")
    texts = [row[0] for row in database.execute("SELECT text FROM settings_versions ORDER BY id")]
    database.close()
    # Each was kept before it was written: every version is one step from the one before.
    assert texts[-1] == text and all(len(after) > len(before) for before, after in zip(texts, texts[1:]))


# Whatever changes a file. strace(1) kills when the call is made for the nth time, before it is carried out.
CHANGING = ["write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "fchmod", "fchown", "mkdir", "ftruncate", "flock"]


@pytest.mark.parametrize("words", [["config", "set", "sync.keep=5"], ["config", "undo"]], ids=" ".join)
def test_a_kill_at_any_point_of_an_edit_leaves_the_old_or_the_new_text(written, tmp_path, words):
    if words == ["config", "undo"]:
        written.ok("config", "set", "sync.keep=4")
    old, state = written.config.read_text(), tmp_path / "state before"
    if written.state.exists():
        shutil.copytree(written.state, state)
    written.ok(*words)
    new = written.config.read_text()
    left = []
    for call in CHANGING:
        for nth in range(1, 100):
            written.config.write_text(old)
            shutil.rmtree(written.state, ignore_errors=True)
            if state.exists():
                shutil.copytree(state, written.state)
            done = subprocess.run(["strace", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={nth}", HASYNC, *words],
                                  env=written.environment(ASAN_OPTIONS="detect_leaks=0"), capture_output=True, timeout=60)
            text = written.config.read_text()
            assert text in (old, new)
            assert done.returncode in (0, -signal.SIGKILL), done.stderr
            if done.returncode == 0:
                break
            left.append((call, text == new))
            # Whatever is left, the next edit finds its way.
            assert written.json("config", "set", "history.retain=7d")["changed"] is True
    assert done.returncode == 0 and text == new
    assert len(left) > 20 and ("rename", False) in left and ("flock", False) in left
    assert {after for _, after in left} == {True, False}


def test_apply_tells_what_was_changed_since_the_last_one(pair):
    crontab = pair.folder / "crontab"
    shims = {"PATH": shim(pair.folder, "crontab", f"""case $1 in
-l) cat {crontab} 2>/dev/null || {{ echo "no crontab for us" >&2; exit 1; }} ;;
-r) rm {crontab} ;;
*) cp "$1" {crontab} ;;
esac""")}
    apply = ["apply", "--scheduler", "crontab"]
    assert pair.run("config", "diff").returncode == 1
    pair.ok(*apply, env=shims)
    assert pair.ok("config", "diff") == "nothing to change\n"
    pair.ok("config", "set", "sync.keep=9", "sync.run_every=45m")
    assert "sync.keep       3 → 9\n" in pair.ok("config", "diff")
    pair.ok("config", "set", "sync.dumps_at_once=2")
    assert "sync.dumps_at_once  2 (default) → 2\n" in pair.ok("config", "diff")
    pair.ok("config", "unset", "sync.dumps_at_once")
    said = pair.ok(*apply, "--check", env=shims)
    assert re.search(r"^sync\.keep +3 → 9$", said, re.M) and re.search(r"^run every +15m → 45m$", said, re.M)
    assert pair.json(*apply, env=shims)["changed"] is True
    assert pair.json(*apply, env=shims)["changed"] is False
    # A comment is no change of the settings, and nothing to apply.
    pair.config.write_text("# a comment\n" + pair.config.read_text())
    assert pair.json(*apply, env=shims)["changed"] is False
    assert pair.ok("config", "diff") == "nothing to change\n"
    # What is no longer in force is nothing to compare with.
    pair.ok("uninstall", env=shims)
    assert pair.run("config", "diff").returncode == 1


def test_what_is_to_run_unwatched_must_be_there(pair):
    pair.set("failover", promote=[{"name": "start", "run": ["no-such-program"]}, {"name": "more", "run": [str(pair.folder / "absent")]}],
             fence={"run": ["true"]})
    pair.set("peer", known_hosts_file=str(pair.folder / "known_hosts"))
    for words in (["apply", "--check", "--scheduler", "crontab"], ["config", "check"]):
        refused = pair.run(*words)
        assert refused.returncode == 3
        assert "failover.promote.start.run: there is no program no-such-program in /usr/local/sbin:" in refused.stderr
        assert f"failover.promote.more.run: {pair.folder}/absent: No such file or directory" in refused.stderr
        assert f"peer.known_hosts_file: {pair.folder}/known_hosts: No such file" in refused.stderr
        assert "3 problems; nothing was changed" in refused.stderr
    # An edit may come before what it names.
    pair.ok("config", "set", "sync.keep=5")


def test_apply_warns_of_runs_longer_than_their_slot_and_of_a_long_wait(pair):
    (pair.source / "file").write_text("x")
    pair.ok("sync")
    database = sqlite3.connect(pair.state / "hasync.db")
    database.execute("UPDATE sync_runs SET finished = started + 1000 * 60 * 17")
    database.commit()
    database.close()
    pair.set("sync", start_time="2099-01-01T02:00:00Z")
    said = pair.ok("apply", "--check", "--scheduler", "crontab")
    assert "the last run took longer than run_every 15m (up to 17 min): what falls due meanwhile is skipped" in said
    assert "no run before 2099-01-01T02:00:00Z, in " in said
    assert json.loads(pair.ok("apply", "--check", "--scheduler", "crontab", "--json"))["changed"] is True
