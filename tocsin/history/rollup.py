"""Roll-ups as a fold over the log (pure): rows of open minutes, sums of open hours, and what came too late."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plant.entries import Position, Readings
from tocsin.followers.influx.instants import tell_apart
from tocsin.followers.influx.lines import stored_form
from tocsin.history.buckets import HOUR_MS, I64, MINUTE_MS, Buckets, Rows, merge, roll_up

_NS_PER_MS: Final = 1_000_000

MOST_ROWS: Final = 10_000_000
"""Above this, at 21 bytes a row, minutes end without being waited for; what then comes is late."""

PointHour = tuple[int, int]
"""(point number, the beginning of an hour in ms)."""


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """Minutes and hours that are over, to be written; either may be empty."""

    minutes: Buckets
    hours: Buckets


def rows_of(entry: Readings) -> Rows:
    """The readings of an entry as history stores them (docs/reference/influxdb.md)."""
    batch = entry.batch
    times, quality = stored_form(entry)
    kept, ordinal = tell_apart(batch.point, times, batch.value, quality)
    bad = quality == 2
    value = np.where(bad, np.nan, batch.value)
    return Rows(batch.point[kept], (times * _NS_PER_MS + ordinal)[kept], value[kept], bad[kept])


class RollUps:
    """Take entries in the order of the log, then `close`; `late` says what must be made anew from the raw store.

    Minutes before `closed_ms` are over: a reading that comes for one makes its (point, hour) late. Readings between
    `closed_ms` and `whole_from_ms` lie in an hour of which the beginning was not seen: they are left to a back-fill.
    """

    def __init__(self, closed_ms: int, whole_from_ms: int | None = None, most_rows: int = MOST_ROWS) -> None:
        self.closed_ms = closed_ms
        self.whole_from_ms = closed_ms if whole_from_ms is None else whole_from_ms
        self.hours = Buckets.none()
        """What closed minutes of open hours come to so far."""
        self.late: set[PointHour] = set()
        self._most_rows = most_rows
        self._open: list[tuple[Position, Rows]] = []
        self._size = 0

    @classmethod
    def starting(cls, position: Position, clock_ms: int) -> "RollUps":
        """For a log that is read from `position`, whose entry came at `clock_ms`.

        At the log's very beginning nothing came before; elsewhere the hour at hand is not whole, nor what a device
        that is a minute ahead may have sent of the next.
        """
        hour_ms = clock_ms // HOUR_MS * HOUR_MS
        whole_ms = hour_ms if position == 0 else -(-(clock_ms + MINUTE_MS) // HOUR_MS) * HOUR_MS
        return cls(hour_ms, whole_ms)

    def take(self, position: Position, entry: Readings, *, again: bool = False) -> None:
        """Take an entry. `again`: it was taken before a restart, so only rows of minutes still open count."""
        if len(entry.batch):
            self.take_rows(position, rows_of(entry), again=again)

    def take_rows(self, position: Position, rows: Rows, *, again: bool = False) -> None:
        """The same with the rows of an entry, or with some of them; at least one."""
        at_ms = rows.at_ns // _NS_PER_MS
        if int(at_ms.min()) < max(self.closed_ms, self.whole_from_ms):
            if not again:
                self._late(rows, at_ms)
            rows = rows.where(at_ms >= max(self.closed_ms, self.whole_from_ms))
            if not len(rows):
                return
        self._open.append((position, rows))
        self._size += len(rows)

    def _late(self, rows: Rows, at_ms: I64) -> None:
        hour_ms = at_ms // HOUR_MS * HOUR_MS
        over = (at_ms < self.closed_ms) & ((hour_ms >= self.whole_from_ms) | (hour_ms + HOUR_MS <= self.closed_ms))
        self.late.update(zip(rows.point[over].tolist(), hour_ms[over].tolist(), strict=True))

    def due(self, clock_ms: int, wait_ms: int) -> int | None:
        """Up to where minutes are over, by the log's clock; None where that is nothing new."""
        if self._size > self._most_rows:
            wait_ms = 0
            clock_ms = max(clock_ms, self.closed_ms + MINUTE_MS)
        upto_ms = (clock_ms - wait_ms) // MINUTE_MS * MINUTE_MS
        return upto_ms if upto_ms > self.closed_ms else None

    def close(self, upto_ms: int) -> Closed:
        """End all minutes before `upto_ms`, and the hours that end with them."""
        ended: list[Rows] = []
        still: list[tuple[Position, Rows]] = []
        for position, rows in self._open:
            over = rows.at_ns < upto_ms * _NS_PER_MS
            if over.all():
                ended.append(rows)
            elif over.any():
                ended.append(rows.where(over))
                still.append((position, rows.where(~over)))
            else:
                still.append((position, rows))
        self._open, self._size = still, sum(len(rows) for _, rows in still)
        self.closed_ms = upto_ms
        minutes = roll_up(Rows.of(ended), MINUTE_MS)
        hours = merge(Buckets.of([self.hours, minutes]), HOUR_MS)
        over = hours.start_ms + HOUR_MS <= upto_ms
        self.hours = hours.where(~over)
        return Closed(minutes, hours.where(over))

    def again(self, point_hours: set[PointHour], rows: Rows) -> Closed:
        """What late (point, hour)s come to, made of all their stored rows; to be written over what was written."""
        minutes = roll_up(rows.where(rows.at_ns < self.closed_ms * _NS_PER_MS), MINUTE_MS)
        hours = merge(minutes, HOUR_MS)
        over = hours.start_ms + HOUR_MS <= self.closed_ms
        still = hours.where(~over)
        if len(still):
            replaced = ~np.isin(self.hours.key(), still.key())
            self.hours = merge(Buckets.of([self.hours.where(replaced), still]), HOUR_MS)
        self.late -= point_hours
        return Closed(minutes, hours.where(over))

    def oldest(self, done: Position) -> Position:
        """From where the log must be read again to have the open minutes back; `done` is one past the last taken."""
        return min((position for position, _ in self._open), default=done)
