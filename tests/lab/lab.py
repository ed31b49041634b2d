"""The lab as the scenarios speak of it. Everything goes through scripts/lab, as a person would."""
import contextlib
import datetime
import email
import email.header
import json
import os
import pathlib
import signal
import subprocess
import time
from typing import NamedTuple

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "lab"
# What a busy machine may add to a time that the settings promise.
ALLOWANCE_S = 10
# A look at a host costs a tenth of a second of a core, which its servers lack.
POLL_S = 0.4


def eventually(what, condition, seconds=60):
    """The first true answer of `condition`; `what` says what did not come about."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"after {seconds} s still not so: {what}"
        time.sleep(POLL_S)


def moment(item):
    """When what the history tells of began."""
    return datetime.datetime.fromisoformat(item["at"].replace("Z", "+00:00"))


class Mail(NamedTuple):
    subject: str
    text: str
    id: str


class Lab:
    up = []

    def __init__(self, name, build):
        self.name, self.build = name, build  # or "--bare", for hosts without hasync
        self.folder = pathlib.Path("/run/hasync-lab") / name
        self.customer = pathlib.Path(__file__).parent / "customer"
        self.certificate = self.folder / "ca" / "lab.pem"
        self.east, self.west, self.gateway = Host(self, "east"), Host(self, "west"), Host(self, "gateway")

    def command(self, *words, check=True, timeout=120, **options):
        done = subprocess.run([SCRIPT, "--name", self.name, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="surrogateescape", timeout=timeout, **options)
        assert not check or done.returncode == 0, f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def __enter__(self):
        try:
            self.command("up", self.build, timeout=300)  # on a machine busy with other labs
        except BaseException:
            self.command("down")
            raise
        Lab.up.append(self)
        self.network = (self.folder / "network").read_text().strip()
        return self

    def __exit__(self, *_):
        Lab.up.remove(self)
        self.command("down")

    def fault(self, *words):
        self.command("fault", *words)

    @contextlib.contextmanager
    def broken(self, fault, *words, until="heal"):
        self.fault(fault, *words)
        try:
            yield
        finally:
            self.fault(until, *(words[:1] if until != "heal" else ()))

    def note(self, text):
        """Into the timeline that a failure prints."""
        with (self.folder / "timeline").open("a") as timeline:
            timeline.write(f"{time.strftime('%FT%T', time.gmtime())}Z {text}\n")

    def deliveries(self):
        """The mails as they arrived, oldest first. One whose acceptance came too late to be heard is sent again."""
        read = []
        for path in sorted((self.folder / "mail" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns):
            message = email.message_from_bytes(path.read_bytes())
            subject = str(email.header.make_header(email.header.decode_header(message["Subject"])))
            text = "".join(part.get_payload(decode=True).decode() for part in message.walk() if part.get_content_type() == "text/plain")
            read.append(Mail(subject, text, message["Message-ID"]))
        return read

    def mails(self, containing=""):
        """Those that arrived and whose subject contains that, oldest first, each once."""
        first = {}
        for mail in self.deliveries():
            first.setdefault(mail.id, mail)
        return [mail for mail in first.values() if containing in mail.subject]

    def subjects(self, containing=""):
        return [mail.subject for mail in self.mails(containing)]


class Host:
    def __init__(self, lab, name):
        self.lab, self.name = lab, name

    @property
    def address(self):
        return f"{self.lab.network}.{ {'east': 1, 'west': 2, 'gateway': 254}[self.name] }"

    def run(self, *words, **options):
        return self.lab.command("run", self.name, *words, **options)

    def tell(self, *words, **options):
        """What it says on stdout."""
        return self.run(*words, **options).stdout

    def start(self, *words):
        return subprocess.Popen([SCRIPT, "--name", self.lab.name, "run", self.name, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def hasync(self, *words, **options):
        self.lab.note(f"{self.name}: hasync {' '.join(map(str, words))}")
        return self.run("hasync", *words, **options)

    def json(self, *words):
        return json.loads(self.tell("hasync", *words, "--json"))

    def status(self):
        return self.json("status")

    def history(self, kind):
        """Oldest first."""
        return self.json("history", kind, "--limit", 1000)["items"][::-1]

    def role(self):
        return self.status()["role"]

    def set(self, **settings):
        """heartbeat__interval="1s" sets heartbeat.interval, and so on; then Save and Apply."""
        self.hasync("config", "set", *(f"{key.replace('__', '.')}={value}" for key, value in settings.items()))
        self.hasync("apply")

    def sync_by_hand_only(self):
        """None falls due by schedule from now on, and none is going on."""
        in_two_days = datetime.date.today() + datetime.timedelta(days=2)
        self.set(sync__start_time=f"{in_two_days}T00:00:00Z", sync__run_every="1d")
        eventually("no sync is going on", lambda: self.run("systemctl", "is-active", "hasync-sync", check=False).stdout != "activating\n")

    def beat_every_second(self, failures=3, **more):
        """An outage is detected within 9 s: 1 s interval + 3 × 2 s timeout + 2 × 1 s re-check."""
        self.set(heartbeat__interval="1s", heartbeat__failures=failures, heartbeat__recheck_interval="1s", heartbeat__timeout="2s", **more)
        eventually(f"{self.name} hears its peer", lambda: self.heartbeat() == "alive")

    def takes_over_with_a_witness(self):
        """That is the gateway, whose name server listens for TCP."""
        witness = f"{{ name: gateway, type: tcp, host: {self.lab.gateway.address}, port: 53 }}"
        self.edit("  # fence:", f"  witnesses: [ {witness} ]\n  # fence:")
        self.hasync("sync")
        self.beat_every_second(failover__action="promote", notify__smtp__timeout="2s")

    def heartbeat(self):
        return self.status()["heartbeat"]["state"]

    def edit(self, old, new):
        """The settings by hand, as an editor would."""
        text = self.tell("cat", "/etc/hasync/hasync.yaml")
        assert text.count(old) == 1, text
        self.run("sh", "-c", 'printf "%s" "$0" >/etc/hasync/hasync.yaml', text.replace(old, new))

    def serves(self):
        """Whether its application answers a customer."""
        address = f"{self.name}.example.net:443:{self.address}"
        return self.lab.gateway.run("curl", "--silent", "--fail", "--max-time", 5, "--cacert", self.lab.certificate, "--resolve", address,
                                    f"https://{self.name}.example.net/status", check=False).returncode == 0

    def notes(self):
        """What a customer reads there: the hash of each note by its number. Each file is what its row says, byte for byte."""
        read = self.lab.gateway.tell(self.lab.customer, "read", self.lab.certificate, f"{self.name}.example.net", self.address)
        rows = [line.split() for line in read.splitlines()]
        assert all(written == stored for _, written, stored in rows), read
        return {int(number): written for number, written, _ in rows}

    def has_dumped(self, number):
        """Whether the copy of its database holds the note."""
        return self.run("grep", "-qP", f"^{number}\\t", "/var/lib/app/database.sql", check=False).returncode == 0


class Customers:
    """They write notes to a host's application, one after the other, until it is gone."""

    def __init__(self, host):
        self.lab = host.lab
        self.ledger = self.lab.folder / f"ledger-{time.monotonic_ns()}"
        self.ledger.touch()
        self.process = self.lab.gateway.start(self.lab.customer, "write", self.ledger, self.lab.certificate, f"{host.name}.example.net",
                                              host.address)

    def notes(self):
        """The hash by number of each that was acknowledged."""
        lines = self.ledger.read_text().rpartition("\n")[0].splitlines()
        return {int(number): written for number, written in map(str.split, lines)}

    def notes_of_at_least(self, count):
        return eventually(f"{count} notes are written", lambda: len(self.notes()) >= count and self.notes())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # scripts/lab and what it runs
        self.process.communicate()
