"""The last reading of every point, followed from the log: however many screens look, the service is not asked."""

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from plant.entries import Readings
from plant.quality import NO_TIME_MS, QUALITY_MASK, Quality
from plant.registry import PointRegistry
from tocsin.records import UNREADABLE, Records


class Latest(NamedTuple):
    """A point's last reading. `value` is None where it is missing; times are ms since the epoch."""

    point: str
    value: float | None
    quality: Quality
    measured_at_ms: int | None
    received_at_ms: int


class LatestValues:
    """Columns by point number. `poll` from one thread; the rest from any."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._tail = records.tail()
        self._registry = PointRegistry()
        self._value = np.zeros(0)
        self._quality = np.zeros(0, np.uint8)
        self._measured = np.zeros(0, np.int64)
        self._received = np.zeros(0, np.int64)
        self._turn = np.zeros(0, np.int64)
        self.turn = 0
        """Grows with every poll that brought readings."""
        self.heard_ms = 0
        """The time at which the newest reading was taken in; 0: none."""

    def poll(self) -> bool:
        """Take what is new; whether there was any reading. UNREADABLE: the log can't be read now.

        A point that was silent for longer than the log's tail reaches back has no value until it speaks.
        """
        entries = self._tail.poll()
        with self._lock:
            turn, any_readings = self.turn + 1, False
            for entry in entries:
                if isinstance(entry, Readings) and len(entry.batch):
                    any_readings = True
                    self._take(entry, turn)
            if any_readings:
                self.turn = turn
        return any_readings

    def clocks_ms(self) -> Mapping[str, int]:
        """The time of the newest entry of each part of the log, by its name; 0: none."""
        return self._tail.clocks_ms()

    def close(self) -> None:
        self._tail.close()

    def of(self, points: Iterable[str]) -> dict[str, Latest]:
        """By point; those that were not heard lately are not in it."""
        with self._lock:
            found = {}
            for point in points:
                number = self._number(point)
                if 0 <= number < len(self._turn) and self._turn[number]:
                    found[point] = self._latest(point, number)
            return found

    def since(self, points: Iterable[str], turn: int) -> tuple[int, dict[str, Latest]]:
        """(the turn of now, those of the points that were heard after `turn`)."""
        with self._lock:
            named = [(point, self._number(point)) for point in points]
            found = {p: self._latest(p, n) for p, n in named if 0 <= n < len(self._turn) and self._turn[n] > turn}
            return self.turn, found

    def _take(self, entry: Readings, turn: int) -> None:
        batch = entry.batch
        most = int(batch.point.max()) + 1
        if most > len(self._turn):
            self._grow(most)
        at = batch.point
        # Of several readings of a point in one batch the last one stays: numpy assigns in order.
        self._value[at] = batch.value
        self._quality[at] = batch.quality & QUALITY_MASK
        self._measured[at] = batch.measured_at_ms
        self._received[at] = entry.received_at_ms
        self._turn[at] = turn
        self.heard_ms = max(self.heard_ms, entry.received_at_ms)

    def _grow(self, most: int) -> None:
        more = max(most, 2 * len(self._turn)) - len(self._turn)
        self._value = np.concatenate([self._value, np.full(more, np.nan)])
        self._quality = np.concatenate([self._quality, np.zeros(more, np.uint8)])
        self._measured = np.concatenate([self._measured, np.full(more, NO_TIME_MS, np.int64)])
        self._received = np.concatenate([self._received, np.zeros(more, np.int64)])
        self._turn = np.concatenate([self._turn, np.zeros(more, np.int64)])

    def _number(self, point: str) -> int:
        number = self._registry.number_of(point)
        if number is None and len(self._registry) < len(self._turn):
            try:
                self._registry = self._records.registry()
            except UNREADABLE:
                return -1
            number = self._registry.number_of(point)
        return -1 if number is None else number

    def _latest(self, point: str, number: int) -> Latest:
        value, measured = float(self._value[number]), int(self._measured[number])
        return Latest(
            point,
            value if np.isfinite(value) else None,
            Quality(int(self._quality[number])),
            measured if measured > 0 else None,
            int(self._received[number]),
        )
