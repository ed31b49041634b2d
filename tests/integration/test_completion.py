"""Completion in the real shells, with what `cmake --install` puts to where they look for it. A line is typed at a pseudo terminal, TAB
and Enter after it: `hasync` is a stand-in there that prints the words it was given, so what the shell made of the line is read off."""
import os
import pathlib
import re
import subprocess

import pexpect
import pytest

from conftest import HASYNC, Pair

SHELLS = ["bash", "zsh", "fish"]
NAMED = {
    "sync": {"run_every": "45m"},
    "heartbeat": {"probes": [{"name": "web", "type": "http", "url": "http://east/"}]},
    "failover": {"action": "promote", "promote": [{"name": "start app", "run": ["true"]}], "witnesses": [{"name": "gateway", "host": "gw", "port": 1}]},
    "notify": {"email": {"to": ["ops@example.com"]}, "smtp": {"url": "smtp://localhost"}},
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", pathlib.Path(HASYNC).parent.parent, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL, timeout=60)
    return prefix


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("node"))
    for section, values in NAMED.items():
        pair.set(section, **values)
    pair.ok("config", "check")
    (pair.store / "points" / "2026-11-24T02:00:00Z").mkdir(parents=True)
    (pair.folder / "sinks.txt").write_text("a file that is no kind of history")
    return pair


class Shell:
    START = {
        "bash": (["--noprofile", "--norc", "-i"], "source /usr/share/bash-completion/bash_completion; PS1='READY> '"),
        "zsh": (["-f", "-i"], "fpath=(PREFIX/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -d HOME/dump; PROMPT='READY> '"),
        "fish": (["--interactive"], "function fish_prompt; echo 'READY> '; end"),
    }

    def __init__(self, name, home, node, prefix):
        stand_in = home / "bin" / "hasync"
        stand_in.parent.mkdir()
        stand_in.write_text(f'#!/bin/sh\n[ "$1" = completion ] && exec {prefix}/bin/hasync "$@"\nprintf "RAN"; printf "<%s>" "$@"; echo "."\n')
        stand_in.chmod(0o755)
        environment = node.environment(PATH=f"{stand_in.parent}:/usr/bin:/bin", HOME=str(home), TERM="xterm", XDG_DATA_DIRS=f"{prefix}/share:/usr/share")
        options, setup = self.START[name]
        self.terminal = pexpect.spawn(name, options, env=environment, cwd=str(node.folder), encoding="utf-8", dimensions=(50, 200), timeout=20)
        self.terminal.delaybeforesend = None
        self.terminal.send(setup.replace("PREFIX", str(prefix)).replace("HOME", str(home)) + "; echo SET''UP\r")
        self.terminal.expect("SETUP\r\n")

    def type(self, keys):
        self.terminal.expect("READY> ")
        self.terminal.send(keys)

    def words_after_tab(self, line, then=""):
        self.type(f"{line}\t{then}\r")
        self.terminal.expect(r"RAN((?:<[^>]*>)*)\.\r\n")
        return re.findall("<([^>]*)>", self.terminal.match.group(1))


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, tmp_path_factory, node, installed):
    started = Shell(request.param, tmp_path_factory.mktemp(request.param), node, installed)
    started.name = request.param
    yield started
    started.terminal.close(force=True)


@pytest.mark.parametrize("line,then,words", [
    ("hasync conf", "", ["config"]),
    ("hasync config che", "", ["config", "check"]),
    ("hasync help conf", "", ["help", "config"]),
    ("hasync status --na", "", ["status", "--nagios"]),
    ("hasync status --json --verb", "", ["status", "--json", "--verbose"]),
    ("hasync promote --force data", "", ["promote", "--force", "data-age"]),
    ("hasync promote --force=role,data", "", ["promote", "--force=role,data-age"]),
    ("hasync init --role=s", "", ["init", "--role=secondary"]),
    ("hasync history sy", "", ["history", "syncs"]),
    ("hasync config get sync.ru", "", ["config", "get", "sync.run_every"]),
    ("hasync config get sync.datasets.app.so", "", ["config", "get", "sync.datasets.app.source"]),
    ("hasync config get heartbeat.probes.w", "url", ["config", "get", "heartbeat.probes.web.url"]),
    ("hasync config get failover.witnesses.g", "port", ["config", "get", "failover.witnesses.gateway.port"]),
    ("hasync config get failover.promote.s", "run", ["config", "get", "failover.promote.start app.run"]),
    ("hasync config get 'failover.promote.start app.on", "", ["config", "get", "failover.promote.start app.on_error"]),
    ("hasync config set sync.ke", "7", ["config", "set", "sync.keep=7"]),
    ("hasync config set sync.keep=", "", ["config", "set", "sync.keep=3"]),
    ("hasync config set failover.action=pro", "", ["config", "set", "failover.action=promote"]),
    ("hasync config set sync.keep=7 notify.on_failure=f", "", ["config", "set", "sync.keep=7", "notify.on_failure=false"]),
    ("hasync config set notify.email.t", "x@y", ["config", "set", "notify.email.to=x@y"]),
    ("hasync config unset sync.st", "", ["config", "unset", "sync.store"]),
    ("hasync config und", "", ["config", "undo"]),
    ("hasync dataset remove a", "", ["dataset", "remove", "app"]),
    ("hasync probe remove w", "", ["probe", "remove", "web"]),
    ("hasync witness remove g", "", ["witness", "remove", "gateway"]),
    ("hasync step remove pro", "", ["step", "remove", "promote"]),
    ("hasync step remove promote s", "", ["step", "remove", "promote", "start app"]),
    ("hasync config set notify.smtp.url=smtp:", "", ["config", "set", "notify.smtp.url=smtp://localhost"]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_completes(shell, line, then, words):
    assert shell.words_after_tab(line, then) == words


@pytest.mark.parametrize("line", ["hasync history sin", "hasync nonsense sin", "hasync config set sync.keep=sin", "hasync config get sync.sin",
                                  "hasync config set sync.kep=", "hasync status sin", "hasync pause --reason sin"])
def test_nothing_to_propose_leaves_the_line_and_offers_no_files(shell, line):
    assert shell.words_after_tab(line) == line.split()[1:]


def test_names_come_from_the_settings_named_on_the_line(shell, node):
    other = node.folder / "other.yaml"
    other.write_text(node.config.read_text().replace('"app"', '"photos"'))
    other.chmod(0o600)
    assert shell.words_after_tab(f"hasync --config {other} config get sync.datasets.p", "live")[2:] == ["config", "get", "sync.datasets.photos.live"]
    assert shell.words_after_tab(f"hasync config get --config={other} sync.datasets.", "live")[3:] == ["sync.datasets.photos.live"]


def test_files_are_completed_by_the_shell(shell, node):
    assert shell.words_after_tab("hasync --config sin") == ["--config", "sinks.txt"]
    assert shell.words_after_tab(f"hasync --config={node.folder}/sin") == [f"--config={node.folder}/sinks.txt"]
    assert shell.words_after_tab(f"hasync config set peer.identity_file={node.folder}/sin") == ["config", "set", f"peer.identity_file={node.folder}/sinks.txt"]
    assert shell.words_after_tab(f"hasync init --dataset app={node.folder}/sto", "points") == ["init", "--dataset", f"app={node.folder}/store/points"]
    assert shell.words_after_tab(f"hasync --state-dir {node.folder}/sin") == ["--state-dir", f"{node.folder}/sin"]  # no folder


def test_a_choice_is_shown(shell):
    tabs, shown = ("\t\t", r"standby\s+promote") if shell.name == "bash" else ("\t", "standby.*the default.*promote.*now")
    shell.type("hasync config set failover.action=" + tabs)
    shell.terminal.expect(shown)
    shell.terminal.send("\x15\r")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("break_it", [lambda path: path.write_text("sync: [nonsense"), lambda path: path.write_text("sync: { keep: none }\n"),
                                      lambda path: path.chmod(0o644), lambda path: path.unlink(),
                                      lambda path: (path.unlink(), path.mkdir()), lambda path: (path.unlink(), os.mkfifo(path))],
                         ids=["no yaml", "faults", "open to others", "none", "folder", "fifo"])
def test_settings_that_cannot_be_used_only_lack_their_names(pair, shell, break_it):
    break_it(pair.config)
    before = {path: path.lstat().st_mtime_ns for path in pair.folder.rglob("*")}
    words = (" \t\n=:", "hasync config get sync.") if shell == "bash" else ("config", "get", "sync.")
    done = pair.run("completion", "propose", shell, *words, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sync.keep" in done.stdout and "datasets" not in done.stdout
    names = (" ", "hasync points show ") if shell == "bash" else ("points", "show", "")
    done = pair.run("completion", "propose", shell, *names, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path: path.lstat().st_mtime_ns for path in pair.folder.rglob("*")} == before


def test_asking_changes_nothing(pair):
    (pair.store / "points" / "2026-11-24T02:00:00Z").mkdir(parents=True)
    before = {path: path.lstat().st_mtime_ns for path in pair.folder.rglob("*")}
    assert "sync.datasets.app.source=" in pair.ok("completion", "propose", "zsh", "config", "set", "")
    assert {path: path.lstat().st_mtime_ns for path in pair.folder.rglob("*")} == before


def test_a_tilde_is_the_home_the_shell_has_not_put_in_yet(pair):
    lines = pair.ok("completion", "propose", "zsh", "--config", "~/hasync.yaml", "config", "get", "", env={"HASYNC_CONFIG": "/nowhere"})
    assert "sync.datasets.app.source" in lines


@pytest.mark.parametrize("words", [(), ("",), ("--help", "--version", "--"), ("-",), ("--", "--config"), ("--config",), ("config", "set", "[a,b]", "{}", ""),
                                   ("\udcff", "ü", "=", "==", "--=", "---")], ids=str)
def test_any_words_get_an_answer_and_no_complaint(pair, words):
    for shell in ("zsh", "fish"):
        done = pair.run("completion", "propose", shell, *words)
        assert (done.returncode, done.stderr) == (0, "") and re.match(r"(words|files \d+|folders \d+)\n", done.stdout)
    for line in ("", " ", "hasync", "hasync '", 'hasync "$(', "hasync \\", *words):
        done = pair.run("completion", "propose", "bash", " ='", line)
        assert (done.returncode, done.stderr) == (0, "") and re.match(r"(words|files \d+|folders \d+)\n", done.stdout)
    assert (pair.run("completion", "propose").stdout, pair.run("completion", "propose", "bash", "x").stdout) == ("", "")


@pytest.mark.parametrize("option", ["--role", "--action", "--tls"])
def test_what_is_proposed_is_accepted(pair, option):
    lines = pair.ok("completion", "propose", "zsh", "init", option, "").splitlines()
    proposed = [line.split("\t")[0] for line in lines[1:]]
    assert len(proposed) == 2
    init = ["--config", pair.folder / "new.yaml", "init", "--check", "--node", "west", "--peer", "east", "--host", "east", "--dataset", "app=/var/lib/app",
            "--probe", "ssh=east:22"]
    for word in proposed:
        pair.ok(*init, option, word)
    assert pair.run(*init, option, "nonsense").returncode == 2


def test_it_is_not_told_among_the_commands(pair):
    assert "propose" not in pair.ok("completion", "--help") + pair.ok("help", "--mdoc")
    assert "propose" not in pair.ok("completion", "propose", "zsh", "completion", "")
