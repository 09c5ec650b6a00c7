"""How another process asks the running service to act: JSON lines over a socket that only its user may open."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from alerts.channels.port import Receipt
from plant.entries import DisposalActionName, OperatorActionName, OverrideKind, OverridePurpose, OverrideScope, Tier
from tocsin.log.layout import CONTROL

_LONGEST_PATH: Final = 100
_LONGEST_LINE: Final = 64 << 10
_TIMEOUT_S: Final = 15.0
APPLY_TIMEOUT_S: Final = 600.0
"""A large site is read and compiled while it runs: that takes its time; so does a self-test."""


class Request(msgspec.Struct, forbid_unknown_fields=True, tag="act"):
    """An operator's action on an alarm."""

    action: OperatorActionName
    alarm: str
    by: str
    comment: str = ""
    until_ms: int | None = None
    tier: Tier = "centre"
    one_shot: bool = False


class OverrideRequest(msgspec.Struct, forbid_unknown_fields=True, tag="override"):
    """A person takes alarms out of service or disables them, or ends that (plant.entries.OverrideAction)."""

    action: Literal["set", "end"]
    override: str
    by: str
    kind: OverrideKind = "out_of_service"
    purpose: OverridePurpose = ""
    scope: OverrideScope = "point"
    subject: str = ""
    rule: str = ""
    why: str = ""
    until_ms: int | None = None
    approved_by: str = ""


class DisposalRequest(msgspec.Struct, forbid_unknown_fields=True, tag="dispose"):
    """A person's step towards the disposal of an alarm (plant.entries.DisposalAction)."""

    action: DisposalActionName
    alarm: str
    by: str
    fields: dict[str, str]
    tier: Tier = "centre"


class NoticeRequest(msgspec.Struct, forbid_unknown_fields=True, tag="notice"):
    """An approver lets a held call go, or stops it (plant.entries.NoticeAction)."""

    action: Literal["approve", "reject"]
    call: str
    by: str


class ApplyRequest(msgspec.Struct, forbid_unknown_fields=True, tag="apply"):
    """Put a configuration into force that the data folder keeps under `digest`.

    `instead_of` is the digest of what it is to take the place of, as far as who asks has seen.
    """

    digest: str
    instead_of: str
    by: str
    why: str


class SeenRequest(msgspec.Struct, forbid_unknown_fields=True, tag="seen"):
    """What was heard of each point, for the inventory of devices."""


class ValuesRequest(msgspec.Struct, forbid_unknown_fields=True, tag="values"):
    """The last value of each of these points, as far as it can be used."""

    points: tuple[str, ...]


class SelfTestRequest(msgspec.Struct, forbid_unknown_fields=True, tag="selftest"):
    """Run a self-test now; the answer comes when it is over."""


class ReceiptsRequest(msgspec.Struct, forbid_unknown_fields=True, tag="receipts"):
    """What a provider has told of messages that went over a channel."""

    channel: str
    receipts: tuple[Receipt, ...]


class Answer(msgspec.Struct):
    """`refused` says why it was not done; `error` why the request could not be read. `position` is the entry of a
    change of configuration.
    """

    refused: str | None = None
    error: str | None = None
    position: int | None = None
    seen: bytes | None = None
    """`tocsin.inventory.seen.Seen`, as it travels."""
    selftest: bytes | None = None
    """`tocsin.selftest.record.Run`, as JSON."""
    values: dict[str, float] | None = None
    """By point; those without a value are not in it."""


AnyRequest = (
    Request
    | OverrideRequest
    | DisposalRequest
    | NoticeRequest
    | ApplyRequest
    | SeenRequest
    | ValuesRequest
    | SelfTestRequest
    | ReceiptsRequest
)


class NotRunningError(ConnectionError):
    """No service runs on this data folder."""


def control_path(data: Path) -> Path:
    """Where the socket of a data folder lies: in it, unless its name is too long for a socket's."""
    path = data.resolve() / CONTROL
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    return Path(tempfile.gettempdir()) / f"tocsin-{sha256(os.fsencode(path)).hexdigest()[:16]}.sock"


class ControlServer:
    """Answers requests with `act`; one request a line."""

    def __init__(self, data: Path, act: Callable[[AnyRequest], Awaitable[Answer]]) -> None:
        self._path = control_path(data)
        self._act = act
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. The caller holds the journal's lock, so a socket that lies there is a dead one's."""
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST_LINE)
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S) as limit:
                try:
                    request = msgspec.json.decode(await reader.readline(), type=AnyRequest)
                    limit.reschedule(asyncio.get_running_loop().time() + _timeout_s(request))
                    answer = await self._act(request)
                except (msgspec.MsgspecError, ValueError) as error:
                    answer = Answer(error=str(error))
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()


def ask(data: Path, request: AnyRequest) -> Answer:
    """Ask the service that runs on `data`. NotRunningError if none does; TimeoutError if it does not answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_timeout_s(request))
        try:
            connection.connect(str(control_path(data)))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunningError(f"{data}: no service runs on this folder") from error
        connection.sendall(msgspec.json.encode(request) + b"\n")
        with connection.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            raise ConnectionAbortedError(f"{data}: the service ended before it answered")
        return msgspec.json.decode(line, type=Answer)


def _timeout_s(request: AnyRequest) -> float:
    return APPLY_TIMEOUT_S if isinstance(request, ApplyRequest | SelfTestRequest) else _TIMEOUT_S
