"""One device's connection: packets in, answers out when they are due; bounded in everything."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from ingest.sources.tcp_framing import Cutter, Heard

MAX_UNANSWERED: Final = 64
"""Packets of one connection on their way to the log; it is not read from while there are more."""
MAX_UNSENT_BYTES: Final = 64 << 10
"""Answers that the device does not fetch; above this it is disconnected."""


class TcpConnection(asyncio.Protocol):
    """Told by asyncio; tells its owner of packets, and of its beginning and end."""

    def __init__(
        self,
        cutter: Cutter,
        on_packet: Callable[["TcpConnection", Heard], None],
        on_open: Callable[["TcpConnection"], None],
        on_close: Callable[["TcpConnection"], None],
    ) -> None:
        self.heard_at_s = 0.0
        """When the last good packet came, by the loop's clock; the beginning before there was one."""
        self._cutter = cutter
        self._on_packet = on_packet
        self._on_open = on_open
        self._on_close = on_close
        self._transport: asyncio.Transport | None = None
        self._unanswered = 0
        self._is_held = False
        """Whether its owner wants nothing read."""
        self._waiting = b""
        """What was read all the same: an event loop may begin to read after it was told not to. One read at most."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._on_open(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_close(self)

    def data_received(self, data: bytes) -> None:
        if self._is_held:
            self._waiting += data
            self._read(False)
            return
        for heard in self._cutter.feed(data):
            if heard.device:
                self._unanswered += 1
            self._on_packet(self, heard)
        if self._cutter.is_hopeless:
            self.abort()
        elif self._unanswered > MAX_UNANSWERED:
            self._read(False)

    def settle(self, answer: bytes | None) -> None:
        """One packet is durable: send its answer, if the device is still there."""
        self._unanswered -= 1
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if answer is not None:
            transport.write(answer)
            if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                self.abort()
                return
        if self._unanswered <= MAX_UNANSWERED // 2 and not self._is_held:
            self._read(True)

    def hold(self, is_held: bool) -> None:
        """Stop reading, or go on."""
        self._is_held = is_held
        if not is_held and self._waiting:
            waiting, self._waiting = self._waiting, b""
            self.data_received(waiting)
        self._read(not is_held and self._unanswered <= MAX_UNANSWERED)

    def begin_held(self) -> None:
        """Like `hold`, while the connection is being made: the first read pauses it."""
        self._is_held = True

    def close(self) -> None:
        """Send what is still to be sent, then end."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End now."""
        if self._transport is not None:
            self._transport.abort()

    def _read(self, wanted: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or transport.is_reading() == wanted:
            return
        if wanted:
            transport.resume_reading()
        else:
            transport.pause_reading()
