"""A real Mosquitto on a free port of 127.0.0.1, with persistence, and optionally TLS and passwords."""

import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.waiting import eventually

_WHERE = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/sbin"


def mosquitto_path() -> str | None:
    """The broker's program, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_WHERE)


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Certificates:
    """A throw-away authority, a server certificate for 127.0.0.1 and localhost, and a client's."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Made with the openssl command."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(*(folder / name for name in ("ca.crt", "server.crt", "server.key", "client.crt", "client.key")))
    ca_key = folder / "ca.key"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
             "-keyout", ca_key, "-out", made.ca)  # fmt: skip
    names = folder / "names.cnf"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for name, cert, key in (
        ("localhost", made.server_cert, made.server_key),
        ("device", made.client_cert, made.client_key),
    ):
        request = folder / f"{name}.csr"
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                 "-extfile", names, "-out", cert)  # fmt: skip
    return made


class Mosquitto:
    """One broker. Stopped and started again, it keeps its sessions and their messages."""

    def __init__(
        self,
        folder: Path,
        *,
        certificates: Certificates | None = None,
        users: dict[str, str] | None = None,
        options: str = "",
    ) -> None:
        """`certificates`: TLS, and clients must show one. `users`: name -> password, anonymous is refused."""
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        # Mosquitto gives up root for a user of its own if there is one; it must be able to write its database.
        lines = [
            f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/",
            "autosave_interval 0", "user root", "max_queued_messages 0", "max_inflight_messages 0",
            "allow_anonymous " + ("false" if users else "true"),
        ]  # fmt: skip
        if users:
            lines.append(f"password_file {self._password_file}")
            self.set_users(users)
        if certificates is not None:
            lines += [
                f"cafile {certificates.ca}",
                f"certfile {certificates.server_cert}",
                f"keyfile {certificates.server_key}",
                "require_certificate true",
            ]
        (folder / "mosquitto.conf").write_text("\n".join([*lines, options]) + "\n")

    @property
    def pid(self) -> int | None:
        """The broker's process."""
        return self._process.pid if self._process is not None else None

    def set_users(self, users: dict[str, str]) -> None:
        """Write the password file; a running broker reads it at `reload` or at its next start."""
        self._password_file.write_text("")
        program = shutil.which("mosquitto_passwd") or "mosquitto_passwd"
        for name, password in users.items():
            subprocess.run([program, "-b", self._password_file, name, password], check=True, capture_output=True)

    def reload(self) -> None:
        """Read the password file again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        program = mosquitto_path()
        assert program is not None, "mosquitto is not installed"
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", self._folder / "mosquitto.conf"], stdout=log, stderr=log)
        assert eventually(self._listens), (self._folder / "mosquitto.log").read_text()

    def stop(self, *, kill: bool = False) -> None:
        """Stop it cleanly (it saves its sessions), or pull its plug."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(20)
        self._process = None

    def pause(self) -> None:
        """Let it hang: it says nothing and takes nothing, and its connections stay."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def proceed(self) -> None:
        """End the pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def _password_file(self) -> Path:
        return self._folder / "passwords"

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
