"""A connection that is kept up: births first, a bounded number of messages in flight, what was not taken over again."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.fleets.link import Dialler, Link, Listener
from simulators.wire.port import Message, Speaker, Told

_BACKOFF_MIN_S: Final = 0.5
_BACKOFF_MAX_S: Final = 10.0

OnState = Callable[[bool, str], None]


@dataclass(slots=True, eq=False)
class _Utterance:
    """Readings on their way; `left` of its messages are not yet taken over."""

    speaker: Speaker
    told: Sequence[Told]
    left: int = 0


class Line:
    """The speakers of one connection. Readings that were not taken over when it breaks are said again on the next one.

    now_ms    the time of births and deaths
    window    messages in flight; beyond it `say` waits
    """

    def __init__(
        self,
        dialler: Dialler,
        speakers: Sequence[Speaker],
        window: int,
        now_ms: Callable[[], int],
        on_state: OnState | None = None,
    ) -> None:
        self._dialler = dialler
        self._speakers = speakers
        self._window = window
        self._now_ms = now_ms
        self._on_state = on_state
        self._link: Link | None = None
        self._told: bool | None = None
        self._in_flight: dict[int, _Utterance | None] = {}
        self._room = asyncio.Event()
        self._settled = asyncio.Event()
        self._allowed = asyncio.Event()
        self._allowed.set()
        self._task: asyncio.Task[None] | None = None
        self._owner: dict[str, Speaker] = {topic: s for s in speakers for topic in s.subscriptions}
        self.opened = asyncio.Event()
        """Set when the connection came up for the first time."""
        self.reason = "not connected yet"
        self.acknowledged = 0

    @property
    def in_flight(self) -> int:
        """Messages that the other side has not taken over yet."""
        return len(self._in_flight)

    def start(self) -> None:
        """Begin to connect, and go on for ever."""
        self._task = asyncio.get_running_loop().create_task(self._keep_up())

    async def say(self, speaker: Speaker, told: Sequence[Told]) -> None:
        """Send readings as soon as the connection stands and has room."""
        while not self._room.is_set():
            await self._room.wait()
        self._utter(_Utterance(speaker, told))

    def lose(self, speaker: Speaker, points: frozenset[str]) -> None:
        """A speaker can't reach some of its points."""
        for message in speaker.lose(points, self._now_ms()):
            self._send(message, None)

    def drop(self) -> None:
        """Break the connection without a word, and stay away until `restore`."""
        self._allowed.clear()
        if self._link is not None:
            self._link.abort()

    def restore(self) -> None:
        """Connect again."""
        self._allowed.set()

    async def drain(self) -> None:
        """Wait until everything is taken over."""
        while self._in_flight:
            self._settled.clear()
            await self._settled.wait()

    async def close(self) -> None:
        """Say farewell and end the connection."""
        link = self._link
        if self._task is not None:
            self._task.cancel()
        if link is not None:
            for speaker in self._speakers:
                for message in speaker.farewell(self._now_ms()):
                    link.send(message)
            await link.close()

    async def _keep_up(self) -> None:
        tries = 0
        while True:
            await self._allowed.wait()
            lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            try:
                self._link = await self._dial(lost)
            except OSError as error:
                self._tell(False, str(error))
                # Jitter, or thousands of devices would come back at the same instant.
                await asyncio.sleep(min(_BACKOFF_MAX_S, _BACKOFF_MIN_S * 2.0**tries) * random.uniform(0.5, 1.0))
                tries = min(tries + 1, 10)
                continue
            tries = 0
            self._begin()
            self._tell(True, "connected")
            reason = await lost
            self._link = None
            self._room.clear()
            self._tell(False, reason)
            await asyncio.sleep(_BACKOFF_MIN_S * random.uniform(0.0, 1.0))

    async def _dial(self, lost: asyncio.Future[str]) -> Link:
        def is_lost(reason: str) -> None:
            if not lost.done():
                lost.set_result(reason)

        wills = [will for speaker in self._speakers if (will := speaker.begin()) is not None]
        listener = Listener(self._acknowledged, self._heard, is_lost)
        return await self._dialler.dial(wills[0] if wills else None, tuple(self._owner), listener)

    def _begin(self) -> None:
        unsaid = dict.fromkeys(u for u in self._in_flight.values() if u is not None)
        self._in_flight.clear()
        for speaker in self._speakers:
            for message in speaker.births(self._now_ms()):
                self._send(message, None)
        for utterance in unsaid:
            self._utter(_Utterance(utterance.speaker, utterance.told))
        self.opened.set()
        self._look()

    def _utter(self, utterance: _Utterance) -> None:
        for message in utterance.speaker.say(utterance.told):
            utterance.left += 1
            self._send(message, utterance)

    def _send(self, message: Message, utterance: _Utterance | None) -> None:
        if self._link is not None:
            self._in_flight[self._link.send(message)] = utterance
            if len(self._in_flight) >= self._window:
                self._room.clear()

    def _acknowledged(self, token: int) -> None:
        if token not in self._in_flight:
            return
        del self._in_flight[token]
        self.acknowledged += 1
        self._look()

    def _look(self) -> None:
        if self._link is not None and len(self._in_flight) < self._window:
            self._room.set()
        if not self._in_flight:
            self._settled.set()

    def _heard(self, topic: str, payload: bytes) -> None:
        speaker = self._owner.get(topic)
        if speaker is not None:
            for message in speaker.heard(topic, payload, self._now_ms()):
                self._send(message, None)

    def _tell(self, connected: bool, reason: str) -> None:
        self.reason = reason
        changed, self._told = connected is not self._told, connected
        if changed and self._on_state is not None:
            self._on_state(connected, reason)
