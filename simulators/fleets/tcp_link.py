"""Connections of devices that dial in over TCP: a packet counts as taken over when its answer has come."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Final, cast

from ingest.codecs.gb26875.frame import CONFIRM, read_frame
from ingest.codecs.hj212.packet import DATA_ANSWER, read_packet
from ingest.sources.tcp_framing import Cutter, TcpForm, framing_of
from simulators.fleets.link import Link, Listener
from simulators.wire.port import Message

_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 30.0
"""Without an answer for so long a device gives the connection up, dials again and repeats what was not answered."""
_LONGEST_PACKET: Final = 10_011


class TcpDialler:
    """One for a whole fleet."""

    def __init__(self, host: str, port: int, form: TcpForm) -> None:
        self._host = host
        self._port = port
        self._form = form

    async def dial(self, will: Message | None, subscriptions: Sequence[str], listener: Listener) -> Link:
        """See `Dialler`; there are no wills and no subscriptions over TCP."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, link = await loop.create_connection(lambda: _TcpLink(self._form, listener), self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise ConnectionError(f"nobody answers at {self._host}:{self._port}") from error
        return link


class _TcpLink(asyncio.Protocol):
    """Answers come in the order of the packets, so the oldest unanswered one is meant."""

    def __init__(self, form: TcpForm, listener: Listener) -> None:
        self._form = form
        self._listener = listener
        self._cutter = Cutter(framing_of(form), _LONGEST_PACKET)
        self._tokens = count()
        self._unanswered: deque[tuple[int, float]] = deque()
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._closed.set()
        self._listener.lost("connection lost")

    def data_received(self, data: bytes) -> None:
        for heard in self._cutter.feed(data):
            if heard.device and self._unanswered and self._is_answer(heard.content):
                self._listener.acknowledged(self._unanswered.popleft()[0])

    def send(self, message: Message) -> int:
        token = next(self._tokens)
        self._unanswered.append((token, asyncio.get_running_loop().time()))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message.payload)
        return token

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    def _is_answer(self, packet: bytes) -> bool:
        if self._form == "hj212":
            return read_packet(packet).cn == DATA_ANSWER
        return read_frame(packet).command == CONFIRM

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if self._unanswered and loop.time() - self._unanswered[0][1] > _ANSWER_S:
            self.abort()
        else:
            self._watch = loop.call_later(1.0, self._look)
