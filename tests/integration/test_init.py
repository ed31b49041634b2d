"""`hasync init` as a conversation on a real terminal, and without one, where nothing is ever asked."""
import os
import pathlib
import pty
import re
import select
import subprocess
import time

import pytest

from conftest import HASYNC
from servers import SilentServer, SshServer

SECONDS = 30  # for what must come; nothing here waits that long when all is well


class Talk:
    """`hasync init`, or another command, on a terminal of its own."""

    def __init__(self, pair, *words, before=(), config=None, command="init"):
        self.config = pathlib.Path(config or pair.folder / "etc" / "hasync.yaml")
        argv = [*before, HASYNC, "--config", str(self.config), command, *map(str, words)]
        self.seen = ""
        self.read_to = 0
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execvpe(argv[0], argv, pair.environment(TERM="dumb"))

    def _more(self, deadline):
        """Whether anything came; nothing more does once the program has ended."""
        assert select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0], f"nothing more came after:\n{self.seen}"
        try:
            piece = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.seen += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)

    def expect(self, text):
        """Waits for `text` after what was expected before, and gives what came before it."""
        deadline = time.monotonic() + SECONDS
        while (at := self.seen.find(text, self.read_to)) < 0:
            assert self._more(deadline), f"ended before {text!r}:\n{self.seen}"
        before = self.seen[self.read_to:at]
        self.read_to = at + len(text)
        return before

    def type(self, text):
        os.write(self.terminal, text.encode())

    def answer(self, what, line=""):
        """Waits for the question and its prompt, and answers it."""
        self.expect(what)
        self.expect("> ")
        self.type(line + "\n")

    def ended(self):
        """The exit code, once it has ended."""
        deadline = time.monotonic() + SECONDS
        while self._more(deadline):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def nothing_written(self):
        return not self.config.parent.exists()


NODE, ROLE, PEER, WAY = "This server's name", "Is it primary or secondary", "The other server's name", "How ssh reaches east"
HOST_KEY, IDENTITY, DATASETS = "Is it the key of east", "The private key that opens east", "What is replicated"


def go_to_the_way(pair, *words):
    talk = Talk(pair, *words)
    talk.answer(NODE, "west")
    talk.answer(ROLE)
    talk.answer(PEER, "east")
    return talk


def account(server):
    peer = server.peer()
    return f"{peer['user']}@{peer['host']}:{peer['port']}"


@pytest.fixture
def server(tmp_path):
    with SshServer(tmp_path / "ssh") as each:
        yield each


def offer_folders(pair, server):
    """On the peer find(1) finds these, and nothing of this machine."""
    for name, size in (("small", 10), ("large", 3_000_000), ("dpkg", 10)):
        (pair.folder / "srv" / name).mkdir(parents=True)
        (pair.folder / "srv" / name / "f").write_bytes(b"x" * size)
    (server.bin / "find").write_text(f'#!/bin/sh\nexec /usr/bin/find -P {pair.folder}/srv -mindepth 1 -maxdepth 1 -type d -not -empty -print0\n')
    (server.bin / "find").chmod(0o755)


def test_a_whole_conversation(pair, server):
    server.describe("primary", 1)
    offer_folders(pair, server)
    talk = Talk(pair)
    talk.expect("Nothing is written before you agree")
    talk.answer(NODE, "we st")
    talk.expect('  "we st" is not a name')
    talk.answer("", "?")
    talk.expect("letters, digits, - and _")
    talk.answer("", "wesr\x7ft")  # the terminal's own line editing
    talk.answer(ROLE)
    talk.answer(PEER, "eats")
    talk.answer("How ssh reaches eats", "back")
    talk.expect(PEER)
    assert talk.expect("> ").endswith("\n[eats] ")
    talk.type("east\n")
    talk.answer(WAY, account(server))
    asked = talk.expect(HOST_KEY)
    listed = subprocess.run(["ssh-keygen", "-lf", server.folder / "host_key.pub"], capture_output=True, text=True, check=True).stdout
    assert f"{listed.split()[1]} (ED25519)\n" in asked
    talk.answer("", "yes")
    talk.answer(IDENTITY, str(server.folder / "client_key"))
    talk.expect("ssh reaches east, and rsync is there")
    offered = talk.expect(DATASETS)
    assert re.findall(r"^ +(\d)  (\S+) +(.*)$", offered, re.M) == [("1", f"{pair.folder}/srv/large", "2.9 MiB"), ("2", f"{pair.folder}/srv/small", "4.0 KiB")]
    talk.answer("", f"2 more={pair.source}:{pair.live}")
    talk.answer("Where copies of the data are kept", str(pair.store))
    talk.answer("How often the data is pulled", "15")
    talk.expect("did you mean 15m?")
    talk.answer("", "45m")
    talk.answer("The first run, UTC", "\x1b[A")
    talk.expect("that holds a control character, as an arrow key leaves, or is not UTF-8; type it again")
    talk.answer("", "02:00")
    talk.answer("What tells that east is alive")
    talk.answer("When east is gone")
    talk.answer("The systemd unit of the application", "app.service")
    talk.answer("Who is told when something fails", "ops@example.com")
    talk.answer("The mail server", "smtp://mail.example.com:587")
    summary = talk.expect(f"Write {talk.config}")
    assert "host key pinned" in summary and "an outage is detected within 1 min 35 s" in summary and f"more: {pair.source} to {pair.live}" in summary
    talk.answer("", "show")
    talk.expect("run_every: 45m")
    assert talk.nothing_written()
    talk.answer("", "yes")
    talk.expect("next: hasync pair --install, then hasync check, then hasync notify test, then hasync sync, then hasync apply\n")
    assert talk.ended() == 0

    assert talk.config.stat().st_mode & 0o777 == 0o640
    known_hosts = talk.config.parent / "ssh" / "known_hosts"
    assert known_hosts.read_text() == server.known_hosts.read_text()
    assert known_hosts.parent.stat().st_mode & 0o777 == 0o700
    shown = {each["key"]: each["value"] for each in pair.json("--config", talk.config, "config", "show")["settings"]}
    assert {"node.name": "west", "peer.user": server.peer()["user"], "peer.known_hosts_file": str(known_hosts), "sync.run_every": "45m",
            "sync.start_time": "02:00", "sync.datasets.small.live": f"{pair.folder}/srv/small", "sync.datasets.more.live": str(pair.live),
            "notify.smtp.tls": "required"}.items() <= shown.items()
    (pair.source / "f").write_text("1")
    assert pair.json("--config", talk.config, "sync")["result"] == "success"


def test_a_host_key_that_is_not_agreed_to_is_not_pinned(pair, server):
    talk = go_to_the_way(pair)
    talk.answer(WAY, account(server))
    talk.answer(HOST_KEY, "no")
    talk.answer(IDENTITY, str(server.folder / "client_key"))
    talk.expect("the ssh host key of east (127.0.0.1) is not known here; put it into known_hosts after comparing its fingerprint\n")
    talk.answer("Try ssh again", "no")
    talk.answer(DATASETS, "/var/lib/app")
    for _ in range(7):
        talk.answer("")
    talk.answer("host key not pinned", "yes")
    assert talk.ended() == 0
    assert [each.name for each in talk.config.parent.iterdir()] == ["hasync.yaml"]
    assert pair.run("--config", talk.config, "config", "get", "peer.known_hosts_file").returncode == 1


def test_a_key_that_is_refused_is_told_and_tried_again(pair, server):
    talk = go_to_the_way(pair)
    talk.answer(WAY, account(server))
    talk.answer(HOST_KEY, "yes")
    talk.answer(IDENTITY, str(server.folder / "other_key"))
    talk.expect("east (127.0.0.1) refuses the ssh key for user")
    with (server.folder / "authorized_keys").open("a") as keys:
        keys.write((server.folder / "other_key.pub").read_text())
    talk.answer("Try ssh again", "yes")
    talk.expect("ssh reaches east, and rsync is there")
    talk.answer(DATASETS, "quit")
    talk.expect("left; nothing was written\n")
    assert talk.ended() == 1 and talk.nothing_written()


def test_a_key_is_made_and_let_in(pair, server):
    talk = go_to_the_way(pair)
    talk.answer(WAY, account(server))
    talk.answer(HOST_KEY, "yes")
    talk.answer(IDENTITY)
    told = talk.expect("Does east let it in now")
    line = re.search(r"^  (ssh-ed25519 \S+ hasync@west)$", told, re.M).group(1)
    key = talk.config.parent / "ssh" / "id_ed25519"
    assert f"ssh-copy-id -i {key}.pub -p {server.port}" in told
    with (server.folder / "authorized_keys").open("a") as keys:
        keys.write(line + "\n")
    talk.answer("", "yes")
    talk.expect("ssh reaches east, and rsync is there")
    talk.expect(DATASETS)
    talk.expect("> ")
    talk.type("\x04")
    talk.expect(f"left; nothing was written but the key {key}\n")
    assert talk.ended() == 1 and not talk.config.exists()
    assert sorted(each.name for each in key.parent.iterdir()) == ["id_ed25519", "id_ed25519.pub"]
    assert key.stat().st_mode & 0o777 == 0o600
    # The next time it is there.
    again = go_to_the_way(pair)
    again.answer(WAY, account(server))
    again.answer(HOST_KEY, "yes")
    again.expect(f"[{key}] > ")
    again.type("\n")
    again.expect("ssh reaches east, and rsync is there")
    again.type("\x03")
    assert again.ended() == 130


def test_a_host_key_that_has_changed_is_told_loudly_and_replaced_only_when_agreed_to(pair, server):
    known_hosts = pair.folder / "etc" / "ssh" / "known_hosts"
    known_hosts.parent.mkdir(parents=True)
    server.trust("other_key")
    known_hosts.write_text("# ours\n" + server.known_hosts.read_text())
    talk = go_to_the_way(pair)
    talk.answer(WAY, account(server))
    assert f"IT DIFFERS FROM THE ONE PINNED in {known_hosts}" in talk.expect(HOST_KEY)
    talk.answer("", "yes")
    talk.answer(IDENTITY, str(server.folder / "client_key"))
    talk.expect("ssh reaches east, and rsync is there")
    talk.answer(DATASETS, "/var/lib/app")
    assert "other" not in known_hosts.read_text() and server.known_hosts.read_text() in known_hosts.read_text()
    for _ in range(7):
        talk.answer("")
    talk.answer("host key pinned", "yes")
    assert talk.ended() == 0
    server.trust("host_key")
    assert known_hosts.read_text() == "# ours\n" + server.known_hosts.read_text()
    # Pinned now, it is no question any more.
    again = go_to_the_way(pair, "--replace")
    again.answer(WAY, account(server))
    assert HOST_KEY not in again.expect(IDENTITY)
    again.type("\x03")
    assert again.ended() == 130


@pytest.mark.parametrize("keys,code", [("\x04", 1), ("quit\n", 1), ("\x03", 130)], ids=["Ctrl-D", "quit", "Ctrl-C"])
def test_who_leaves_has_written_nothing(pair, keys, code):
    talk = go_to_the_way(pair)
    talk.expect(WAY)
    talk.expect("> ")
    talk.type(keys)
    talk.expect("left; nothing was written\n")
    assert talk.ended() == code and talk.nothing_written()


def test_a_look_is_left_at_once(pair):
    with SilentServer() as silent:
        talk = go_to_the_way(pair)
        talk.answer(WAY, f"127.0.0.1:{silent.port}")
        talk.expect("asking east for its ssh host key")
        talk.type("\x03")
        assert talk.ended() == 130 and talk.nothing_written()
        assert HOST_KEY not in talk.seen and IDENTITY not in talk.seen


def test_a_terminal_that_is_gone_ends_it(pair):
    talk = go_to_the_way(pair)
    talk.expect(WAY)
    talk.expect("> ")
    os.close(talk.terminal)
    deadline = time.monotonic() + SECONDS
    while (ended := os.waitpid(talk.process, os.WNOHANG))[0] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(ended[1]) in (1, 130) and talk.nothing_written()


def test_settings_that_are_there_are_told_before_anything_is_asked(pair):
    talk = Talk(pair)
    talk.expect(NODE)
    talk.config.parent.mkdir()
    talk.config.write_text("node: { name: west }\n")
    again = Talk(pair)
    assert again.ended() == 6 and "is there already" in again.seen and NODE not in again.seen
    talk.type("\x03")
    assert talk.ended() == 130


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_who_cannot_write_the_settings_is_told_before_anything_is_asked(pair):
    talk = Talk(pair, before=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], config="/etc/hasync-not-there/hasync.yaml")
    assert talk.ended() == 1 and NODE not in talk.seen
    assert talk.seen == "hasync: cannot write /etc/hasync-not-there/hasync.yaml: Permission denied; become root, or name another with --config\n"


@pytest.mark.parametrize("words", [["--node", "west"], ["--answers", "/nonexistent"], ["--check"], ["--json"]], ids=" ".join)
def test_who_says_anything_is_not_asked(pair, words):
    talk = Talk(pair, *words)
    assert talk.ended() in (1, 2) and "> " not in talk.seen and talk.nothing_written()


def test_without_a_terminal_nothing_is_asked(pair):
    command = [HASYNC, "--config", str(pair.folder / "etc" / "hasync.yaml"), "init"]
    options = {"env": pair.environment(), "timeout": SECONDS, "text": True}
    leader, follower = pty.openpty()
    typed = "west\n\neast\n"
    # At most one end is a terminal: cron, a script, a program that reads what we print.
    for ends in ({"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}, {"input": typed, "stdout": subprocess.PIPE},
                 {"input": typed, "stdout": follower}, {"stdin": follower, "stdout": subprocess.PIPE}):
        done = subprocess.run(command, stderr=subprocess.PIPE, **ends, **options)
        assert (done.returncode, done.stdout or "") == (2, "")
        assert done.stderr == ("hasync: it is not said what to write: on a terminal hasync init asks; else give --node, --peer, --host and "
                               "--dataset, or --answers FILE (see: hasync init --help)\n")
    assert not select.select([leader], [], [], 0)[0]
    os.close(leader)
    os.close(follower)
