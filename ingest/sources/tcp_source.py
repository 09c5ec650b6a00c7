"""A source that devices dial in to over TCP. A packet's answer is its acknowledgement: sent once it is durable.

A device that gets no answer sends the packet again, so a crash between loses nothing.
"""

import asyncio
import contextlib
import random
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingest.source import OnMessage, OnState, Receipt
from ingest.sources.tcp_connection import TcpConnection
from ingest.sources.tcp_framing import Cutter, Heard, TcpForm, framing_of

FLUSH_TIMEOUT_S: Final = 2.0
RETRY_MIN_S: Final = 0.5
RETRY_MAX_S: Final = 30.0
UNREADABLE: Final = "unreadable"
"""Stands for the device in the topic of what can't be read."""


@dataclass(frozen=True, slots=True)
class TcpSourceSettings:
    """One listener."""

    name: str
    host: str
    port: int
    """0 takes a free one, see `TcpSource.port`."""
    form: TcpForm
    max_connections: int = 1_000
    idle_s: float = 600.0
    """A connection without a good packet for so long is closed."""
    first_packet_s: float = 30.0
    """And one that never brought a good packet, after this."""
    max_packet_bytes: int = 4_096


class TcpSource:
    """A `Source`. Topics are `tcp/<name>/<device>`; receipts are pairs of connection and answer."""

    def __init__(self, settings: TcpSourceSettings, on_message: OnMessage, on_state: OnState) -> None:
        self.settings = settings
        self.refused = 0
        """Connections turned away because there were too many."""
        self._on_message = on_message
        self._on_state = on_state
        self._framing = framing_of(settings.form)
        self._strangers: OrderedDict[TcpConnection, None] = OrderedDict()
        """Connections that brought no good packet yet, the oldest first."""
        self._devices: OrderedDict[TcpConnection, None] = OrderedDict()
        """The others, the one that was silent longest first."""
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._reported: tuple[bool, str] | None = None
        self._is_paused = False
        self._is_stopping = False
        self._empty = asyncio.Event()

    @property
    def port(self) -> int:
        """Where it listens; 0 before."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    @property
    def connections(self) -> int:
        """Open now."""
        return len(self._strangers) + len(self._devices)

    async def start(self) -> None:
        """Begin to listen; returns at once, also while the address is taken."""
        self._task = asyncio.create_task(self._keep_listening(), name=f"tcp source {self.settings.name}")

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """Answer packets, in the order given. Those of a connection that is gone are ignored: they come again."""
        for connection, answer in receipts:
            connection.settle(answer)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send nothing: a device on TCP is answered by `acknowledge` alone."""
        return False

    def subscribe(self, filters: Sequence[str]) -> None:
        """Nothing to do: every device that dials in is heard."""

    def pause(self) -> None:
        """Stop reading from every device (back-pressure); TCP then holds them back."""
        self._hold(True)

    def resume(self) -> None:
        """Read again."""
        self._hold(False)

    async def stop(self) -> None:
        """Send the answers that were acknowledged, close every connection, free everything."""
        self._is_stopping = True
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if self._server is not None:
            self._server.close()
        everyone = [*self._strangers, *self._devices]
        for connection in everyone:
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                while self.connections:
                    self._empty.clear()
                    await self._empty.wait()
        for connection in [*self._strangers, *self._devices]:
            connection.abort()
        self._server = None

    async def _keep_listening(self) -> None:
        settings = self.settings
        loop = asyncio.get_running_loop()
        wait_s = RETRY_MIN_S
        while self._server is None:
            try:
                self._server = await loop.create_server(self._make_connection, settings.host, settings.port)
            except OSError as error:
                self._report(False, error.strerror or str(error))
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
                wait_s = min(RETRY_MAX_S, wait_s * 2)
        self._report(True, "")
        look_every_s = max(0.02, min(settings.idle_s, settings.first_packet_s, 20.0) / 4)
        while True:
            await asyncio.sleep(look_every_s)
            self._end_silent(loop.time())

    def _end_silent(self, now_s: float) -> None:
        """Both queues are in order of time, so only those that are due are looked at."""
        for queue, limit_s in ((self._strangers, self.settings.first_packet_s), (self._devices, self.settings.idle_s)):
            for connection in list(queue):
                if now_s - connection.heard_at_s <= limit_s:
                    break
                connection.abort()

    def _make_connection(self) -> TcpConnection:
        cutter = Cutter(self._framing, self.settings.max_packet_bytes)
        return TcpConnection(cutter, self._heard, self._opened, self._closed)

    def _opened(self, connection: TcpConnection) -> None:
        connection.heard_at_s = asyncio.get_running_loop().time()
        self._strangers[connection] = None
        if self._is_paused:
            connection.begin_held()
        if self._is_stopping:
            connection.abort()
        elif self.connections > self.settings.max_connections:
            # Whoever has never said anything makes room; where all are devices, the newcomer has to come again.
            self.refused += 1
            oldest, _ = self._strangers.popitem(last=False)
            oldest.abort()

    def _closed(self, connection: TcpConnection) -> None:
        self._strangers.pop(connection, None)
        self._devices.pop(connection, None)
        if not self.connections:
            self._empty.set()

    def _heard(self, connection: TcpConnection, heard: Heard) -> None:
        if self._is_stopping:
            return
        if not heard.device:
            topic, receipt = f"tcp/{self.settings.name}/{UNREADABLE}", None
        else:
            connection.heard_at_s = asyncio.get_running_loop().time()
            self._strangers.pop(connection, None)
            self._devices[connection] = None
            self._devices.move_to_end(connection)
            topic, receipt = f"tcp/{self.settings.name}/{heard.device}", (connection, heard.answer)
        self._on_message(topic, heard.content, False, False, zlib.crc32(heard.content) & 0xFFFF, receipt)

    def _hold(self, is_held: bool) -> None:
        self._is_paused = is_held
        for connection in [*self._strangers, *self._devices]:
            connection.hold(is_held)

    def _report(self, connected: bool, reason: str) -> None:
        if self._reported != (connected, reason):
            self._reported = (connected, reason)
            self._on_state(connected, reason)
