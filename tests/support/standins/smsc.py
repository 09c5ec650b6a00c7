"""A short message centre that speaks SMPP 3.4 on 127.0.0.1, read and written here byte by byte."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.standins.harness import Script

from alerts.channels.smpp import Smpp, SmppSettings
from alerts.channels.sms_parts import read_part

SYSTEM_ID, PASSWORD = "tocsin", "sMpPpAsS"
SOURCE = "10690001"
_BIND = {0x01, 0x02, 0x09}
_UNBIND, _SUBMIT, _DELIVER, _ENQUIRE = 0x06, 0x04, 0x05, 0x15
_RESPONSE = 0x80000000


@dataclass
class Submitted:
    destination: str
    ton: int
    coding: int
    esm_class: int
    registered: int
    octets: bytes
    message_id: str


@dataclass
class _Connection:
    socket: socket.socket
    bound: bool = False
    sequence: int = 0x70000000
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        with self.lock, contextlib.suppress(OSError):
            self.socket.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)


class Smsc:
    """A context manager."""

    def __init__(self) -> None:
        self.script: Script = "ok"
        self.submitted: list[Submitted] = []
        self.refuse_part: int | None = None
        """Answer the n-th submit_sm (from 0) with ESME_RSYSERR."""
        self.status = 0
        self.binds = 0
        self.enquiries = 0
        self.acknowledged: list[int] = []
        """Sequence numbers of deliver_sm that were answered."""
        self.faults: list[str] = []
        self.chatter = False
        """Send an enquire_link before each answer."""
        self.released = threading.Event()
        self._connections: list[_Connection] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._ended = False

    @property
    def port(self) -> int:
        port: int = self._server.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        self.released.set()
        self._server.close()
        self.hang_up()

    def play(self, script: Script) -> None:
        if script == "slow":
            self.released.clear()
        else:
            self.released.set()
        self.script = script

    def hang_up(self) -> None:
        """End every connection, without a word."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
            connection.socket.close()
        self._connections = []

    def report(self, message_id: str, stat: str, err: str = "000", tlv: bool = False) -> None:
        """Send a delivery receipt."""
        text = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:2611220800 done date:2611220801 stat:{stat} err:{err} text:"
        )
        optional = struct.pack(">HH", 0x001E, len(message_id) + 1) + message_id.encode() + b"\0" if tlv else b""
        self._deliver("8613800001234", 0x04, 0, b"" if tlv else text.encode(), optional + _state(stat) if tlv else b"")

    def reply(self, source: str, text: str) -> None:
        """Send what somebody wrote."""
        self._deliver(source, 0x00, 8, text.encode("utf-16-be"), b"")

    def _deliver(self, source: str, esm_class: int, coding: int, octets: bytes, optional: bytes) -> None:
        (connection,) = [c for c in self._connections if c.bound]
        connection.sequence += 1
        body = b"\0\1\1" + source.encode() + b"\0\0\1" + SOURCE.encode() + b"\0"
        body += bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(octets)]) + octets + optional
        connection.send(_DELIVER, 0, connection.sequence, body)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended:
                accepted, _ = self._server.accept()
                connection = _Connection(accepted)
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError, ConnectionError):
            while True:
                head = _exactly(connection.socket, 16)
                length, command, _, sequence = struct.unpack(">IIII", head)
                self._take(connection, command, sequence, _exactly(connection.socket, length - 16))
        connection.bound = False

    def _take(self, connection: _Connection, command: int, sequence: int, body: bytes) -> None:
        if command in _BIND:
            self.binds += 1
            system_id, password, *_ = body.split(b"\0")
            wrong = (system_id.decode(), password.decode()) != (SYSTEM_ID, PASSWORD)
            connection.bound = not wrong
            connection.send(command | _RESPONSE, 0x0E if wrong else 0, sequence, b"smsc\0")
        elif command == _SUBMIT:
            self._submit(connection, sequence, body)
        elif command == _ENQUIRE:
            self.enquiries += 1
            connection.send(_ENQUIRE | _RESPONSE, 0, sequence)
        elif command == _DELIVER | _RESPONSE:
            self.acknowledged.append(sequence)
        elif command == _UNBIND:
            connection.send(_UNBIND | _RESPONSE, 0, sequence)
            connection.bound = False

    def _submit(self, connection: _Connection, sequence: int, body: bytes) -> None:
        if self.script == "slow":
            self.released.wait(20)
            return
        if self.script == "hang_up":
            connection.socket.shutdown(socket.SHUT_RDWR)
            return
        if self.script == "nonsense":
            with connection.lock:
                connection.socket.sendall(struct.pack(">IIII", 20, 0xDEADBEEF, 0, sequence) + b"what")
            return
        if self.chatter:
            connection.sequence += 1
            connection.send(_ENQUIRE, 0, connection.sequence)
        status = {"error": 0x08, "throttled": 0x58}.get(self.script, self.status)
        if self.refuse_part == len(self.submitted):
            status, self.refuse_part = 0x08, None
        if not connection.bound:
            status = 0x04
        if status:
            connection.send(_SUBMIT | _RESPONSE, status, sequence)
            return
        one = self._read(body)
        self.submitted.append(one)
        connection.send(_SUBMIT | _RESPONSE, 0, sequence, one.message_id.encode() + b"\0")

    def _read(self, body: bytes) -> Submitted:
        _, rest = body.split(b"\0", 1)
        source, rest = rest[2:].split(b"\0", 1)
        ton = rest[0]
        destination, rest = rest[2:].split(b"\0", 1)
        esm_class = rest[0]
        _, _, rest = rest[3:].split(b"\0", 2)
        registered, _, coding, _, length = rest[:5]
        octets = rest[5 : 5 + length]
        if source.decode() != SOURCE:
            self.faults.append(f"source {source!r}")
        if len(octets) != length or length > 160 or (coding == 8 and length > 140):
            self.faults.append(f"{length} octets of coding {coding}")
        message_id = f"{0xA0000000 + len(self.submitted):X}"
        return Submitted(destination.decode(), ton, coding, esm_class, registered, octets, message_id)

    def texts(self) -> list[str]:
        """What handsets show: parts with one reference joined."""
        found: dict[object, str] = {}
        for n, one in enumerate(self.submitted):
            header = bool(one.esm_class & 0x40)
            key = (one.destination, one.octets[:5]) if header else n
            found[key] = found.get(key, "") + read_part(one.octets, "ucs2" if one.coding == 8 else "gsm7", header)
        return list(found.values())


def _state(stat: str) -> bytes:
    return struct.pack(">HHB", 0x0427, 1, {"DELIVRD": 2, "UNDELIV": 5, "ENROUTE": 1}[stat])


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = connection.recv(count - len(found))
        if not part:
            raise ConnectionError
        found += part
    return found


def settings(port: int, folder: Path, **changes: Any) -> SmppSettings:
    """Settings for the stand-in; the password goes into `folder`."""
    (folder / "smpp").write_text(PASSWORD + "\n")
    given = {
        "kind": "smpp",
        "name": "smpp",
        "host": "127.0.0.1",
        "port": port,
        "system_id": SYSTEM_ID,
        "password_file": folder / "smpp",
        "source": SOURCE,
    }
    return SmppSettings.model_validate({**given, **changes})


class SmppHarness:
    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = True
    secrets: tuple[str, ...] = (PASSWORD, "13800001234")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.centre = Smsc()

    def __enter__(self) -> Self:
        self.centre.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.centre.__exit__(kind, error, at)

    def channel(self, timeout_s: float = 5.0) -> Smpp:
        return settings(self.centre.port, self._folder, timeout_s=timeout_s).open()

    def play(self, script: Script) -> None:
        self.centre.play(script)

    def told(self) -> list[str]:
        return self.centre.texts()

    def complaints(self) -> list[str]:
        return self.centre.faults
