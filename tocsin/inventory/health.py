"""What was heard of each point, whatever became of it: a fold over the log beside the engine's.

Columns by point number, a fixed number of bytes a point; a batch costs a few array operations.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.entries import DeviceDown, Entry, Readings, SourceDown, SourceUp
from plant.quality import NEWEST_TIME_MS, OLDEST_TIME_MS, RETAINED

I64 = NDArray[np.int64]

UNHEARD_MS: Final = 2000
"""Where more than this lies between two entries, nobody listened (docs/decisions/0007)."""

PANE_MS: Final = 600_000
"""Delays are kept for the current span of so long and the one before it."""

NO_LOW: Final = 2**62
NO_HIGH: Final = -(2**62)
"""The least and the greatest delay where none was measured."""

NOT_HEARD: Final = -(2**62)

_MOST_PAUSES: Final = 1000

State = dict[str, NDArray[Any] | str | int]


class DeviceHealth:
    """Readings, last arrival and delays by point. `apply` moves it on by entries of the log, however cut.

    A delay is received_at - measured_at. Its least value over a while tells how far the device's clock is off, for
    the quickest reading was hardly on its way; its greatest tells how late readings come.
    """

    COLUMNS: Final = ("readings", "heard_ms", "down", "delay_low", "delay_high")

    def __init__(self) -> None:
        self.clock_ms = -1
        """The last entry's received_at; -1 before the first."""
        self.since_ms = -1
        """The first entry's received_at: from when on things are counted."""
        self.up: set[str] = set()
        """Sources that are up: by their source_up or a reading, until their source_down or a pause."""
        self._pauses: list[tuple[int, int]] = []
        """(end, length) in ms of the latest pauses, the oldest first."""
        self.readings: I64 = np.zeros(0, dtype=np.int64)
        self.heard_ms: I64 = np.zeros(0, dtype=np.int64)
        self.down: I64 = np.zeros(0, dtype=np.int64)
        """1 where the point's device said that it went down, and the point was not heard since."""
        self.delay_low: I64 = np.zeros((2, 0), dtype=np.int64)
        self.delay_high: I64 = np.zeros((2, 0), dtype=np.int64)
        self._pane = 0

    def apply(self, entries: Sequence[Entry]) -> None:
        """Fold entries, in the order of the log."""
        batches: list[Batch] = []
        times: list[int] = []
        for entry in entries:
            now_ms = entry.received_at_ms
            self._listen(now_ms)
            if isinstance(entry, Readings):
                self.up.add(entry.source)
                if len(entry.batch):
                    pane = now_ms // PANE_MS
                    if pane != self._pane:
                        self._take(batches, times)
                        batches, times = [], []
                        self._turn(pane)
                    batches.append(entry.batch)
                    times.append(now_ms)
            elif isinstance(entry, SourceUp):
                self.up.add(entry.source)
            elif isinstance(entry, SourceDown):
                self.up.discard(entry.source)
            elif isinstance(entry, DeviceDown):
                self._take(batches, times)
                batches, times = [], []
                point = np.array(entry.points, dtype=np.intp)
                self.down[point[point < len(self.down)]] = 1
        self._take(batches, times)

    def silence_ms(self, heard_ms: I64) -> I64:
        """How long nothing came since then, pauses of the service not counted."""
        pauses = self._pause_columns()
        ends: I64 = pauses[0]
        after: I64 = np.cumsum(np.append(pauses[1], 0)[::-1])[::-1]
        return self.clock_ms - heard_ms - after[np.searchsorted(ends, heard_ms, "right")]

    def delays_ms(self) -> tuple[I64, I64]:
        """(least, greatest) delay of each point within the last ten to twenty minutes."""
        return self.delay_low.min(axis=0), self.delay_high.max(axis=0)

    def dump(self) -> State:
        """The whole state; arrays are its own, so write them before it moves on."""
        return {
            "devices.clock_ms": self.clock_ms,
            "devices.since_ms": self.since_ms,
            "devices.pane": self._pane,
            "devices.up": "\n".join(sorted(self.up)),
            "devices.pauses": self._pause_columns(),
            **{f"devices.{column}": getattr(self, column) for column in self.COLUMNS},
        }

    @classmethod
    def load(cls, state: State) -> "DeviceHealth":
        """What goes on from a dumped state. ValueError if it is not there or of another shape."""
        health = cls()
        health.clock_ms, health.since_ms, health._pane = (
            _whole(state, name) for name in ("clock_ms", "since_ms", "pane")
        )
        health.up = set(str(state.get("devices.up", "")).split("\n")) - {""}
        health._pauses = [(end, length) for end, length in _column(state, "pauses").T.tolist()]
        for column in cls.COLUMNS:
            setattr(health, column, _column(state, column))
        return health

    def _pause_columns(self) -> I64:
        """Two rows: ends, lengths."""
        return np.array(list(self._pauses), dtype=np.int64).reshape(-1, 2).T

    def _listen(self, now_ms: int) -> None:
        if self.clock_ms < 0:
            self.since_ms = now_ms
        elif now_ms - self.clock_ms > UNHEARD_MS:
            self.up.clear()
            self._pauses.append((now_ms, now_ms - self.clock_ms))
            # Of a point not heard since before the oldest one that is kept, the silence seems longer than it was.
            del self._pauses[:-_MOST_PAUSES]
        self.clock_ms = now_ms

    def _take(self, batches: list[Batch], times: list[int]) -> None:
        if not batches:
            return
        if len(batches) == 1:
            batch = batches[0]
            point, measured, quality = batch.point, batch.measured_at_ms, batch.quality
            received: I64 = np.full(len(point), times[0], dtype=np.int64)
        else:
            point = np.concatenate([batch.point for batch in batches])
            measured = np.concatenate([batch.measured_at_ms for batch in batches])
            quality = np.concatenate([batch.quality for batch in batches])
            received = np.repeat(np.array(times, dtype=np.int64), [len(batch) for batch in batches])
        at = point.astype(np.intp)
        if int(quality.max()) >= RETAINED:
            kept = quality < RETAINED
            at, measured, received = at[kept], measured[kept], received[kept]
            if not len(at):
                return
        self._make_room(int(at.max()) + 1)
        np.add.at(self.readings, at, 1)
        self.heard_ms[at] = received  # of several, the last one stays
        self.down[at] = 0
        timed = (measured >= OLDEST_TIME_MS) & (measured < NEWEST_TIME_MS)
        if not timed.all():
            at, measured, received = at[timed], measured[timed], received[timed]
        delay = received - measured
        np.minimum.at(self.delay_low[0], at, delay)
        np.maximum.at(self.delay_high[0], at, delay)

    def _turn(self, pane: int) -> None:
        """Begin another pane of delays."""
        for kept, nothing in ((self.delay_low, NO_LOW), (self.delay_high, NO_HIGH)):
            kept[1] = kept[0] if pane == self._pane + 1 else nothing
            kept[0] = nothing
        self._pane = pane

    def _make_room(self, size: int) -> None:
        more = size - len(self.readings)
        if more <= 0:
            return
        more = max(more, len(self.readings) // 4)
        self.readings = np.concatenate([self.readings, np.zeros(more, dtype=np.int64)])
        self.heard_ms = np.concatenate([self.heard_ms, np.full(more, NOT_HEARD)])
        self.down = np.concatenate([self.down, np.zeros(more, dtype=np.int64)])
        self.delay_low = np.concatenate([self.delay_low, np.full((2, more), NO_LOW)], axis=1)
        self.delay_high = np.concatenate([self.delay_high, np.full((2, more), NO_HIGH)], axis=1)


def _whole(state: State, name: str) -> int:
    value = state.get(f"devices.{name}")
    if not isinstance(value, int):
        raise ValueError(f"the state has no devices.{name}")
    return value


def _column(state: State, name: str) -> I64:
    value = state.get(f"devices.{name}")
    if not isinstance(value, np.ndarray) or value.dtype != np.int64:
        raise ValueError(f"the state has no devices.{name}")
    return value
