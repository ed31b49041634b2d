"""`hasync pair`: a key, a pinned host key, and the line that lets the key in on the peer, which runs a real sshd."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import HASYNC
from servers import SshServer
from test_init import Talk


class East(SshServer):
    """Its operator's own key opens it as ever; ~/.ssh/authorized_keys is a file of the test's."""

    def __init__(self, folder, source):
        super().__init__(folder)
        self.home = folder / "home"
        self.keys = self.home / ".ssh" / "authorized_keys"
        self.home.mkdir()
        (self.bin / "getent").write_text(f'#!/bin/sh\n[ "$2" = nobody-such ] || echo "$2:x:0:0::{self.home}:/bin/sh"\n')
        (self.bin / "getent").chmod(0o755)
        config = folder / "hasync.yaml"
        config.write_text(json.dumps({"node": {"name": "east", "role": "primary"}, "peer": {"name": "west", "host": "127.0.0.1"},
                                      "sync": {"store": str(folder / "store"), "datasets": [{"name": "app", "source": str(source)}]}}))
        config.chmod(0o600)
        text = (folder / "sshd_config").read_text()
        (folder / "sshd_config").write_text(re.sub("(AuthorizedKeysFile .*)", rf"\1 {self.keys}", text))
        self.set_environment(HASYNC_CONFIG=config, HASYNC_STATE_DIR=folder / "state")

    def fingerprint(self, key="host_key"):
        return subprocess.run(["ssh-keygen", "-lf", self.folder / f"{key}.pub"], capture_output=True, text=True, check=True).stdout.split()[1]


@pytest.fixture
def east(pair, tmp_path):
    (pair.source / "f").write_text("1")
    with East(tmp_path / "ssh", pair.source) as server:
        pair.keys = tmp_path / "keys"
        pair.settings["peer"] = {**server.peer(), "identity_file": str(pair.keys / "id"), "known_hosts_file": str(pair.keys / "known_hosts")}
        pair.save()
        yield server


@pytest.fixture
def operator(east, tmp_path):
    """The environment in which ssh has the operator's key, from an agent, as it may come with a login."""
    socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    environment = {"SSH_AUTH_SOCK": str(socket)}
    try:
        while not socket.exists():
            assert agent.poll() is None
        subprocess.run(["ssh-add", "-q", str(east.folder / "client_key")], env={**os.environ, **environment}, check=True, timeout=30)
        yield environment
    finally:
        agent.kill()
        agent.wait()


def test_a_host_key_that_nobody_compared_is_not_pinned(pair, east):
    done = pair.run("pair")
    assert done.returncode == 6
    assert f"the host key of east is not pinned yet, and nobody is here to compare it: {east.fingerprint()} (ED25519)" in done.stderr
    done = pair.run("pair", "--fingerprint", east.fingerprint("other_key"))
    assert done.returncode == 6
    assert f"answers with the host key {east.fingerprint()} (ED25519), not {east.fingerprint('other_key')}: someone may be in between" in done.stderr
    told = pair.json("pair", "--check", "--fingerprint", east.fingerprint())
    assert told["changed"] and [change["what"] for change in told["diff"]] == [str(pair.keys / "known_hosts"), str(pair.keys / "id")]
    assert not pair.keys.exists()


def test_pairs_on_a_terminal(pair, east):
    talk = Talk(pair, command="pair", config=pair.config)
    assert f"{east.fingerprint()} (ED25519)\n" in talk.expect("[no] > ")
    talk.type("\n")
    assert talk.ended() == 6 and "was not agreed to; nothing was changed" in talk.seen
    assert not pair.keys.exists()
    talk = Talk(pair, command="pair", config=pair.config)
    talk.expect("[no] > ")
    talk.type("yes\n")
    assert talk.ended() == 0
    public = " ".join((pair.keys / "id.pub").read_text().split()[:2])
    assert f'restrict,command="{HASYNC} agent serve" {public} hasync@west\n' in talk.seen
    assert "east does not let the key in yet: east (127.0.0.1) refuses the ssh key for user" in talk.seen
    assert "next: add the line on east, or: hasync pair --install" in talk.seen
    assert (pair.keys / "id").stat().st_mode & 0o777 == 0o600 and (pair.keys / "known_hosts").stat().st_mode & 0o777 == 0o600
    assert pair.json("pair")["changed"] is False


def test_installs_the_line_for_the_peer_once(pair, east, operator):
    fingerprint = ("--fingerprint", east.fingerprint())
    told = pair.json("pair", "--install", "--check", *fingerprint, env=operator)
    assert told["changed"] and not east.keys.exists()
    told = pair.json("pair", "--install", *fingerprint, env=operator)
    assert told["changed"] and told["answers"] and told["words"] == "east answers: primary, term 0, hasync 0.1.0"
    line = told["authorized_keys"]
    assert east.keys.read_text() == line + "\n"
    assert (east.keys.stat().st_mode & 0o777, east.keys.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for check in ([], ["--check"]):
        assert pair.json("pair", "--install", *check, env=operator)["changed"] is False
    # It opens what a sync needs, and nothing else.
    assert pair.json("sync")["result"] == "success"
    peer = pair.settings["peer"]
    shell = subprocess.run(["ssh", "-p", str(peer["port"]), "-i", peer["identity_file"], "-oIdentitiesOnly=yes", f"-oUserKnownHostsFile={peer['known_hosts_file']}",
                            f"{peer['user']}@127.0.0.1", "id"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert (shell.returncode, shell.stdout) == (6, "")


def test_an_older_line_of_the_key_is_replaced_and_others_stay(pair, east, operator):
    pair.json("pair", "--fingerprint", east.fingerprint())
    public = (pair.keys / "id.pub").read_text().strip()
    east.keys.parent.mkdir(mode=0o700)
    others = ["# a comment", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtherOtherOtherOtherOtherOtherOtherOther other"]
    east.keys.write_text("\n".join([others[0], public, others[1], 'from="*" ' + public]))
    told = pair.json("pair", "--install", pair.settings["peer"]["user"], env=operator)
    assert [change["what"] for change in told["diff"]] == [f"authorized_keys of {pair.settings['peer']['user']} on east"]
    assert east.keys.read_text().splitlines() == [*others, told["authorized_keys"]]
    assert [path.name for path in east.keys.parent.iterdir()] == ["authorized_keys"]
    assert pair.run("pair", "--install", "--from", '*" ssh-ed25519', env=operator).returncode == 2
    done = pair.run("pair", "--install", "--from", "192.0.2.7,2001:db8::/32", "--json", env=operator)
    assert done.returncode == 4
    told = json.loads(done.stdout)
    assert told["changed"] and not told["answers"]
    assert east.keys.read_text().splitlines()[-1].startswith(f'restrict,command="{HASYNC} agent serve",from="192.0.2.7,2001:db8::/32" ssh-ed25519 ')


def test_without_a_way_in_the_line_is_told(pair, east):
    done = pair.run("pair", "--install", "--fingerprint", east.fingerprint(), env={"SSH_AUTH_SOCK": ""})
    assert done.returncode == 4
    assert "the key could not be put into authorized_keys of" in done.stderr
    assert f'put the line there by hand: restrict,command="{HASYNC} agent serve" ssh-ed25519 ' in done.stderr


def test_a_changed_host_key_is_refused_loudly(pair, east):
    pair.json("pair", "--fingerprint", east.fingerprint())
    pinned = (pair.keys / "known_hosts").read_text()
    config = east.folder / "sshd_config"
    config.write_text(config.read_text().replace("HostKey " + str(east.folder / "host_key"), "HostKey " + str(east.folder / "other_key")))
    east.__exit__()
    with east:
        done = pair.run("pair")
        assert done.returncode == 6
        assert "THE HOST KEY OF east (127.0.0.1) IS NOT THE ONE PINNED" in done.stderr and east.fingerprint("other_key") in done.stderr
        assert (pair.keys / "known_hosts").read_text() == pinned
        told = pair.json("pair", "--fingerprint", east.fingerprint("other_key"))
        assert told["changed"] and told["host_key"] == f"{east.fingerprint('other_key')} (ED25519)"
        now = (pair.keys / "known_hosts").read_text()
        assert now.count("\n") == 1 and (east.folder / "other_key.pub").read_text().split()[1] in now


def test_the_files_are_named_in_the_settings(pair, east):
    del pair.settings["peer"]["identity_file"], pair.settings["peer"]["known_hosts_file"]
    pair.save()
    named = {"peer.identity_file": f"{pair.folder}/ssh/id_ed25519", "peer.known_hosts_file": f"{pair.folder}/ssh/known_hosts"}
    told = (pair.json("pair", "--check", "--fingerprint", east.fingerprint()), pair.json("pair", "--fingerprint", east.fingerprint()))
    for each in told:
        assert each["changed"] and named.items() <= {change["what"]: change["after"] for change in each["diff"]}.items()
    for key, path in named.items():
        assert pair.ok("config", "get", key).strip() == path and pathlib.Path(path).exists()
    assert pair.json("pair")["changed"] is False
    pair.set("peer", transport="local")
    done = pair.run("pair")
    assert done.returncode == 3 and "is reached as a local folder (peer.transport), which needs no key" in done.stderr


def test_a_peer_of_another_version_is_not_pulled_from(ssh_pair):
    pair, server = ssh_pair
    (pair.source / "f").write_text("1")
    server.describe("primary", 0, version="0.2.0")
    done = pair.run("sync")
    assert done.returncode == 6 and "east has hasync 0.2.0, this node 0.1.0, which need not understand each other" in done.stderr
    server.describe("primary", 0, version="0.1.99")
    pair.ok("sync")
    pathlib.Path(server.bin / "hasync").write_text('#!/bin/sh\ncase "$*" in *--source*) echo "unknown option" >&2; exit 2 ;; esac\n')
    done = pair.run("sync")
    assert done.returncode == 1 and "hasync on east does not know agent describe --source, so it is older than this one" in done.stderr
