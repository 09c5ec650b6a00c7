"""What the adapters share: connect, subscribe, lose the connection, wait, connect again, for ever."""

import asyncio
import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ingest.source import OnMessage, OnState, Receipt, SourceSettings

CONNECT_TIMEOUT_S: Final = 10.0
SUBSCRIBE_TIMEOUT_S: Final = 10.0
FLUSH_TIMEOUT_S: Final = 2.0
NO_FILTER: Final = "tocsin/no/such/subscription"
"""Unsubscribed from for a round trip: the one request that changes nothing."""
_FILTERS_A_PACKET: Final = 500
"""Of a SUBSCRIBE: brokers bound the size of packets."""
REFUSED: Final = 0x80
"""SUBACK codes from here on are refusals."""


class ConnectError(Exception):
    """An attempt to connect failed; the text says why. A later one may succeed."""


class ReconnectingSource(ABC):
    """A `Source` but for the MQTT client itself."""

    def __init__(self, settings: SourceSettings, on_message: OnMessage, on_state: OnState) -> None:
        """ValueError if the settings can't work."""
        if settings.qos not in (0, 1):
            raise ValueError(f"qos {settings.qos}: 0 or 1 (a durable acknowledgement needs no more)")
        if settings.protocol not in (4, 5):
            raise ValueError(f"protocol {settings.protocol}: 4 (MQTT 3.1.1) or 5 (MQTT 5)")
        if not settings.client_id.isascii() or not settings.client_id:
            raise ValueError("client_id: ASCII text, as a persistent session needs a name")
        _check_filters(settings.subscribe)
        self.settings = settings
        self._on_message = on_message
        self._on_state = on_state
        self._epoch = 0
        self._paused = False
        self._is_open = False
        self._settled = False
        self._reported: tuple[bool, str] | None = None
        self._lost: asyncio.Future[str] | None = None
        self._wants_others: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once, also while the broker is away."""
        self._task = asyncio.create_task(self._keep_connected(), name=f"mqtt source {self.settings.name}")

    async def stop(self) -> None:
        """Send what was acknowledged, disconnect cleanly (the session stays at the broker), free everything."""
        if self._task is None:
            return
        self._on_message = _ignore
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if self._is_open and self._lost is not None and not self._lost.done():
            # The broker may look at this connection last: were it closed at once, a new client of the same session
            # could take over before the last acknowledgements are read. An answer proves that they were.
            if self._settled:
                self._unsettle()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(FLUSH_TIMEOUT_S):
                    await self._unsubscribe((NO_FILTER,))
        await self._close()

    @abstractmethod
    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """See `Source`."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """See `Source`."""
        lost = self._lost is None or self._lost.done()
        if lost or not self._settled or not is_publishable(topic):
            return False
        self._publish(topic, payload, retain)
        return True

    def subscribe(self, filters: Sequence[str]) -> None:
        """See `Source`. ValueError if there is none."""
        _check_filters(filters)
        self.settings = replace(self.settings, subscribe=tuple(filters))
        if self._wants_others is not None and not self._wants_others.done():
            self._wants_others.set_result(None)

    @abstractmethod
    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """PUBLISH at QoS 0 over the connection, which is up."""

    def pause(self) -> None:
        """Stop reading from the socket (back-pressure). Holds over a reconnect."""
        if not self._paused:
            self._paused = True
            if self._settled:
                self._stop_reading()

    def resume(self) -> None:
        """Read again."""
        if self._paused:
            self._paused = False
            if self._settled:
                self._read_again()

    @abstractmethod
    async def _open(self) -> None:
        """Connect up to an accepted CONNACK; ConnectError or OSError otherwise. Calls `_accepted` at the CONNACK."""

    @abstractmethod
    async def _subscribe(self, filters: Sequence[str]) -> Sequence[int]:
        """SUBSCRIBE; the SUBACK's codes in the order of the filters."""

    @abstractmethod
    async def _unsubscribe(self, filters: Sequence[str]) -> None:
        """UNSUBSCRIBE; returns when the broker has answered: it has read all that was sent before."""

    @abstractmethod
    async def _close(self) -> None:
        """DISCONNECT if connected, and free the client. Never raises."""

    @abstractmethod
    def _stop_reading(self) -> None: ...

    @abstractmethod
    def _read_again(self) -> None: ...

    def _accepted(self) -> None:
        self._is_open = True

    def _disconnected(self, reason: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(reason)

    def _report(self, connected: bool, reason: str) -> None:
        if self._reported != (connected, reason):
            self._reported = (connected, reason)
            self._on_state(connected, reason)

    def _settle(self) -> None:
        # A pause asked for earlier takes hold only now: CONNACK and SUBACK had to be read.
        self._settled = True
        if self._paused:
            self._stop_reading()

    def _unsettle(self) -> None:
        self._settled = False
        if self._paused:
            self._read_again()

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = self.settings.reconnect_min_s
        while True:
            self._epoch += 1
            self._lost = loop.create_future()
            started_s = loop.time()
            try:
                await self._open()
                reason = await self._keep_subscribed(self._lost)
            except Exception as error:  # whatever it was, a later attempt may go better
                reason = str(error) or type(error).__name__
            self._is_open = self._settled = False
            self._report(False, reason)
            await self._close()
            # A connection that held for long earns a quick retry; two clients that throw each other out do not.
            if loop.time() - started_s > self.settings.reconnect_max_s:
                wait_s = self.settings.reconnect_min_s
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(self.settings.reconnect_max_s, wait_s * 2)

    async def _keep_subscribed(self, lost: "asyncio.Future[str]") -> str:
        """Subscribe to what is wanted until the connection is lost; returns why. What is refused is tried again."""
        granted: set[str] = set()
        wait_s = self.settings.reconnect_min_s
        while True:
            others = self._wants_others = asyncio.get_running_loop().create_future()
            wanted = self.settings.subscribe
            new = [topic for topic in wanted if topic not in granted]
            task = asyncio.ensure_future(self._exchange(new, sorted(granted.difference(wanted))))
            try:
                # Not awaited themselves: `stop` cancels this task, not the connection.
                waited: set[asyncio.Future[Any]] = {task, lost}
                await asyncio.wait(waited, timeout=SUBSCRIBE_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            finally:
                task.cancel()
            if lost.done():
                return lost.result()
            if not task.done():
                raise ConnectError("no SUBACK came")
            self._settle()
            refused = {topic: code for topic, code in zip(new, task.result(), strict=True) if code >= REFUSED}
            self._report(True, "; ".join(f"subscription refused: {t} (0x{code:02x})" for t, code in refused.items()))
            granted = set(wanted).difference(refused)
            pause_s = wait_s * random.uniform(0.5, 1.0) if refused else None
            wait_s = min(self.settings.reconnect_max_s, wait_s * 2) if refused else self.settings.reconnect_min_s
            await asyncio.wait({lost, others}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                return lost.result()
            self._unsettle()

    async def _exchange(self, new: Sequence[str], gone: Sequence[str]) -> list[int]:
        """Subscribe to some filters and not to others any more; the codes of the new ones."""
        codes: list[int] = []
        for start in range(0, len(new), _FILTERS_A_PACKET):
            codes += await self._subscribe(new[start : start + _FILTERS_A_PACKET])
        if gone:
            await self._unsubscribe(gone)
        return codes


def _check_filters(filters: Sequence[str]) -> None:
    if not filters:
        raise ValueError("subscribe: at least one topic filter")


def is_publishable(topic: str) -> bool:
    """Whether a message may be published under it."""
    try:
        length = len(topic.encode())
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return 0 < length <= 65_535 and not set(topic) & set("+#\0")


def _ignore(*_: object) -> None:
    """A message after `stop`: not acknowledged, so it comes again."""
