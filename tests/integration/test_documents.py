"""What the README and the manual pages tell a reader to type is what the program understands."""
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import HASYNC

ROOT = pathlib.Path(os.environ.get("HASYNC_SOURCE_DIR", pathlib.Path(__file__).parents[2]))


def commands_in(text):
    """Every line that calls hasync, continued lines joined, prompts and comments taken off."""
    text = re.sub(r"\\e?\n\s*", " ", text)
    for line in text.splitlines():
        line = re.sub(r"^[#$] ", "", line.strip()).split("   #")[0]
        if line.startswith("hasync "):
            yield from (part.strip() for part in line.split("&&"))


DOCUMENTS = {"README.md": re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(), re.S),
             "man/hasync.1.in": re.findall(r"\.Bd -literal.*?\n(.*?)\.Ed", (ROOT / "man/hasync.1.in").read_text(), re.S)}
SAMPLES = [pytest.param(command, id=f"{name}: {command[:50]}") for name, blocks in DOCUMENTS.items() for block in blocks for command in commands_in(block)]


def test_there_are_samples():
    assert len(SAMPLES) > 12


@pytest.mark.parametrize("command", SAMPLES)
def test_a_sample_is_understood(pair, command):
    """`init` and `config set` are carried out; what would touch a network or this machine is only parsed."""
    words = shlex.split(command)[1:]
    if words[0] == "init":
        pair.config.unlink()
        pair.ok(*words)
        pair.ok("config", "check")
        return
    if words[:2] == ["config", "set"]:
        for word in words[2:]:
            if word.startswith("peer.identity_file="):
                pathlib.Path(pair.folder / "key").write_text("")
                (pair.folder / "key").chmod(0o600)
        pair.ok(*[re.sub(r"(peer.identity_file=).*", rf"\1{pair.folder}/key", word) for word in words])
        return
    assert pair.run(*words, "--help").returncode == 0


def test_the_usage_of_the_program_is_in_its_manual_page(pair):
    page = pair.ok("help", "--mdoc")
    for command in ("init", "config set", "apply", "promote", "agent heartbeat", "notify flush", "points list"):
        assert f".It Nm Cm {command}\n" in page


@pytest.mark.skipif(os.geteuid() != 0, reason="a read-only mount needs root")
def test_a_read_only_state_is_told(pair):
    pair.ok("status")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", f"mount --bind {pair.state} {pair.state} && mount -o remount,ro,bind {pair.state} && exec \"$@\"", "sh", HASYNC, "pause"],
                          env=pair.environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr == f"hasync: cannot open the store {pair.state}/hasync.db: Read-only file system\n"
