"""Real servers with real faults, on loopback ports that the kernel chooses. Each is a context manager."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from urllib.parse import quote
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder: pathlib.Path):
    """A self-signed certificate for localhost and 127.0.0.1."""
    key, certificate = folder / "server.key", folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=30)
    return key, certificate


class HttpServer:
    """mode: ok, error (500), wrong, endless, redirect, silent, reset"""

    def __init__(self, mode="ok", tls=None):
        self.mode = mode
        self.hits = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.hits += 1
                outer.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[1], tls[0])
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.scheme = "https" if tls else "http"
        self.stopped = threading.Event()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/status"

    def answer(self, request):
        mode = self.mode
        if mode == "silent":
            self.stopped.wait(30)
            return
        if mode == "reset":
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            request.connection.close()
            return
        if mode == "redirect":
            request.send_response(302)
            request.send_header("Location", self.url)
            request.end_headers()
            return
        request.send_response(500 if mode == "error" else 200)
        request.end_headers()
        body = {"wrong": b"maintenance"}.get(mode, b"all is OK")
        with contextlib.suppress(OSError):
            request.wfile.write(body)
            while mode == "endless" and not self.stopped.is_set():
                request.wfile.write(b"x" * 65536)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """Keeps what it accepts in `mails` as (recipients, text). refuse: addresses answered 550; later: answered 450;
    hang: never answers after the data."""

    def __init__(self, refuse=(), later=(), hang=False, tls=None, login=None, port=0, refuse_sender=False):
        self.mails = []
        self.sessions = []
        self.hang = hang
        self.released = threading.Event()
        outer = self

        class Handler:
            async def handle_MAIL(self, server, session, envelope, address, options):
                if refuse_sender:
                    return "550 5.7.1 sender not allowed"
                envelope.mail_from = address
                return "250 OK"

            async def handle_RCPT(self, server, session, envelope, address, options):
                if address in refuse:
                    return "550 5.1.1 no such user here"
                if address in later:
                    return "450 4.2.0 try again later"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                if outer.hang:
                    import asyncio
                    while not outer.released.is_set():
                        await asyncio.sleep(0.05)
                outer.mails.append((list(envelope.rcpt_tos), envelope.content.decode("utf-8", "replace")))
                outer.sessions.append(session)
                return "250 accepted"

        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[1], tls[0])

        def authenticate(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
            return AuthResult(success=good, handled=False)

        class Plain(Controller):
            def factory(self):
                options = {"tls_context": context, "require_starttls": bool(tls)}
                if login:
                    options |= {"authenticator": authenticate, "auth_required": True}
                return SMTP(self.handler, hostname="localhost", **options)

        self.port = port or free_port()
        self.controller = Plain(Handler(), hostname="127.0.0.1", port=self.port)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.controller.stop()


class SilentServer:
    """Accepts connections and says nothing."""

    def __init__(self, port=0):
        self.port = port

    def answer(self, connection):
        self.held.append(connection)

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]
        self.held = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    self.answer(self.socket.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()


class ResettingServer(SilentServer):
    """Accepts connections and resets them."""

    def answer(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()


class SshServer:
    """sshd(8) for this user on loopback, with keys of its own; `bin` comes first in the PATH of what it runs."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o700)
        self.port = free_port()
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("host_key", "client_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True, timeout=30)
        public = (folder / "client_key.pub").read_text()
        (folder / "authorized_keys").write_text(f'environment="PATH={self.bin}:/usr/bin:/bin" {public}')
        self.known_hosts = folder / "known_hosts"
        self.trust("host_key")
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile {folder}/pid\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin yes\nPermitUserEnvironment yes\nSubsystem sftp internal-sftp\n")
        self.set_environment(HOME=folder)  # bash reads ~/.bashrc in a login through ssh, and this machine's is no business of a test

    def set_environment(self, **variables):
        """Of what it runs, beside what is set already; for a server that is not up yet."""
        config = self.folder / "sshd_config"
        text, _, already = config.read_text().partition("SetEnv")  # of several such lines sshd takes the first alone
        config.write_text(text + " ".join(["SetEnv" + already.rstrip(), *(f"{name}={value}" for name, value in variables.items())]) + "\n")

    def peer(self):
        """The settings of a peer that is reached through it."""
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        return {"name": "east", "host": "127.0.0.1", "port": self.port, "user": user,
                "identity_file": str(self.folder / "client_key"), "known_hosts_file": str(self.known_hosts)}

    def describe(self, role, term, node="east", version="0.1.0", **more):
        """What a hasync on the peer answers from now on."""
        (self.bin / "hasync").write_text("#!/bin/sh\ncat <<'END'\n" + json.dumps(
            {"schema": "hasync.describe/1", "node": node, "role": role, "term": term, "version": version, "at": "2026-01-01T00:00:00Z", **more}) + "\nEND\n")
        (self.bin / "hasync").chmod(0o755)

    def trust(self, key):
        kind, blob = (self.folder / f"{key}.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {blob}\n")

    def __enter__(self):
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / "sshd_config")],
                                        stderr=(self.folder / "log").open("w"))
        wait_for_port(self.port)
        return self

    def logins(self):
        return (self.folder / "log").read_text().count("Accepted publickey")

    def drop_connections(self):
        """As a cut would end them: the processes that serve them are gone, the server stays."""
        for child in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def wait_for_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


class PostgresServer:
    """A PostgreSQL with a data directory of its own, on a socket in it; whoever may open that is let in."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # the server refuses root

    def uri(self, name, user="postgres"):
        return f"postgresql://{user}@/{quote(name, safe='')}?host={self.folder}"

    def __enter__(self):
        self.folder.mkdir()
        if self.as_user:
            shutil.chown(self.folder, "postgres")
        subprocess.run([*self.as_user, self.programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "-N",
                        "--no-instructions", "--locale=C.UTF-8"], check=True, capture_output=True, timeout=120, cwd=self.folder)
        self.start()
        return self

    def start(self):
        # Its output is kept by the server for as long as that runs.
        subprocess.run([*self.as_user, self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-s", "-l", self.folder / "log",
                        "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off -c autovacuum=off", "start"],
                       check=True, timeout=120, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        subprocess.run([*self.as_user, self.programs / "pg_ctl", "-D", self.folder / "data", "-s", "-m", "fast", "stop"], check=True,
                       timeout=120, cwd=self.folder)

    def sql(self, text, database="postgres"):
        """The rows, each a list."""
        done = subprocess.run(["psql", "-X", "-q", "-w", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", self.uri(database), "-f", "-"], input=text,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def databases(self):
        return [name for (name,) in self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1")]

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()


class MariadbServer:
    """A MariaDB with a data directory of its own, on a socket in it; its root has no password."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.as_user = ["--user=mysql"] if os.geteuid() == 0 else []

    def uri(self, name, user="root"):
        return f"mysql://{user}@/{quote(name, safe='')}?socket={self.folder}/socket"

    def __enter__(self):
        self.folder.mkdir()
        if self.as_user:
            shutil.chown(self.folder, "mysql")
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", "--auth-root-authentication-method=normal",
                        "--skip-test-db", *self.as_user], check=True, capture_output=True, timeout=120)
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.folder}/socket", "--skip-networking",
             f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", *self.as_user],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("w"))
        deadline = time.monotonic() + 60
        while subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={self.folder}/socket", "--user=root", "ping"],
                             capture_output=True).returncode != 0:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def sql(self, text, database=""):
        """The rows, each a list."""
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.folder}/socket", "--user=root", "-N", "-B",
                               "--default-character-set=utf8mb4", *([database] if database else [])], input=text,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def databases(self):
        return [name for (name,) in self.sql("SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN "
                                             "('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1")]

    def __exit__(self, *_):
        self.stop()
