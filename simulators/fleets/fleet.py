"""A fleet that plays a stream live: asyncio, one process, from one connection to thousands."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulators.feed import Progress
from simulators.fleets.layout import Group, Layout
from simulators.fleets.line import Line, OnState
from simulators.fleets.link import Dialler
from simulators.fleets.outages import common
from simulators.fleets.pacing import dues
from simulators.fleets.stream import Stream
from simulators.wire.port import Form, Told, device_of

NowMs = Callable[[], int]

_LOOK_S: Final = 0.1
"""How often a stop is looked for."""
_BREATH: Final = 50
"""Messages without a wait, after which the connections get their turn."""
_WHOLE_WINDOW: Final = 20_000
"""Messages in flight of the whole fleet, at most."""
_LEAST_WINDOW: Final = 4


class BrokerAwayError(OSError):
    """The broker, or whoever listens, could not be reached at the start. A later try can help."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a run sent. `unacknowledged` messages may or may not have been taken over."""

    readings: int
    messages: int
    unacknowledged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a stream is played.

    speed      seconds of the stream in one second
    shifted    whether times are those of now; False: as the stream has them
    window     messages in flight on one connection
    """

    speed: float = 1.0
    shifted: bool = True
    window: int = 1000
    connect_within_s: float = 10.0
    drain_within_s: float = 5.0


class Fleet:
    """One run. Made in the event loop that runs it."""

    def __init__(
        self,
        stream: Stream,
        form: Form,
        layout: Layout,
        dialler: Dialler,
        now_ms: NowMs,
        pace: Pace,
        progress: Progress | None = None,
        on_state: OnState | None = None,
    ) -> None:
        self._stream = stream
        self._form = form
        self._layout = layout
        self._now_ms = now_ms
        self._pace = pace
        self._progress = progress
        self._began_ms = 0
        members: list[list[Group]] = [[] for _ in range(layout.connections)]
        for group in layout.groups:
            members[group.connection].append(group)
        window = min(pace.window, max(_LEAST_WINDOW, _WHOLE_WINDOW // max(layout.connections, 1)))
        told = on_state if layout.connections == 1 else None
        self._lines = [Line(dialler, [g.speaker for g in groups], window, now_ms, told) for groups in members]
        self._actions = self._outages(members)
        self._readings = 0

    async def run(self, stop: threading.Event) -> Published:
        """Play until the stream ends or `stop` is set, then wait for the last acknowledgements. BrokerAwayError."""
        play = asyncio.ensure_future(self._play())
        try:
            while not play.done():
                await asyncio.wait({play}, timeout=_LOOK_S)
                if stop.is_set():
                    break
            if play.done():
                play.result()
        finally:
            play.cancel()
            await asyncio.wait({play})
            if any(line.opened.is_set() for line in self._lines):
                await asyncio.wait([asyncio.ensure_future(self._drain())], timeout=self._pace.drain_within_s + _LOOK_S)
            in_flight = sum(line.in_flight for line in self._lines)
            taken = sum(line.acknowledged for line in self._lines)
            await asyncio.gather(*(line.close() for line in self._lines))
        return Published(self._readings, taken + in_flight, in_flight)

    async def _play(self) -> None:
        await self._open()
        stream, pace = self._stream, self._pace
        self._began_ms = self._now_ms()
        points = list(stream.site.points)
        groups, lines, breath = self._layout.groups, self._lines, 0
        for done_ms, feed in stream.parts(chunk_s=max(1.0, pace.speed)):
            until_ms = stream.start_ms + done_ms if self._form.gathers else None
            for due in dues(feed, self._layout, points, until_ms):
                breath += 1
                if breath >= _BREATH:
                    await asyncio.sleep(0)
                    breath = 0
                await self._until(due.at_ms)
                group = groups[due.group]
                told = [Told(self._payload_ms(at_ms), values) for at_ms, values in due.told]
                await lines[group.connection].say(group.speaker, told)
                self._readings += sum(len(values) for _, values in due.told)
            if self._progress is not None:
                self._progress(done_ms / 1000.0, stream.duration_ms / 1000.0, self._readings)
        await self._until(stream.start_ms + stream.duration_ms)

    async def _until(self, at_ms: int) -> None:
        """Wait for a time of the stream; what happens to connections until then happens in its time."""
        while self._actions and self._actions[-1][0] <= at_ms - self._stream.start_ms:
            action_ms, act = self._actions.pop()
            await self._sleep_until(self._stream.start_ms + action_ms)
            act()
        await self._sleep_until(at_ms)

    async def _sleep_until(self, at_ms: int) -> None:
        early_ms = self._wall_ms(at_ms) - self._now_ms()
        if early_ms > 0:
            await asyncio.sleep(early_ms / 1000.0)

    async def _open(self) -> None:
        """All connections; given up where none of them comes up for a while."""
        for line in self._lines:
            line.start()
        waiting = {asyncio.ensure_future(line.opened.wait()) for line in self._lines}
        try:
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=self._pace.connect_within_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    away = [line for line in self._lines if not line.opened.is_set()]
                    raise BrokerAwayError(away[0].reason)
        finally:
            for task in waiting:
                task.cancel()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._pace.drain_within_s):
                await asyncio.gather(*(line.drain() for line in self._lines))
        except TimeoutError:
            pass  # what is left is counted

    def _wall_ms(self, at_ms: int) -> int:
        return self._began_ms + round((at_ms - self._stream.start_ms) / self._pace.speed)

    def _payload_ms(self, at_ms: int) -> int:
        return self._wall_ms(at_ms) if self._pace.shifted else at_ms

    def _outages(self, members: list[list[Group]]) -> list[tuple[int, Callable[[], None]]]:
        """What becomes of connections when links go down and come back, latest first."""
        outages = self._stream.outages()
        if not outages:
            return []
        found: list[tuple[int, Callable[[], None]]] = []
        for line, groups in zip(self._lines, members, strict=True):
            for begin_ms, end_ms in common((p.point for g in groups for p in g.points), outages):
                found += [(begin_ms, line.drop), (end_ms, line.restore)]
            for group in groups:
                devices: dict[str, set[str]] = {}
                for p in group.points:
                    devices.setdefault(device_of(p), set()).add(p.point)
                for points in devices.values():
                    lost = frozenset(points)
                    for begin_ms, _ in common(points, outages):
                        found.append((begin_ms, _losing(line, group, lost)))
        return sorted(found, key=lambda action: -action[0])


def _losing(line: Line, group: Group, points: frozenset[str]) -> Callable[[], None]:
    return lambda: line.lose(group.speaker, points)
