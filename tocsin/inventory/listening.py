"""The log as online time sees it: who was heard when, on the listened clock, under which configuration."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp
from plant.quality import RETAINED
from tocsin.inventory.device_table import I64, Bool, DeviceKey, DeviceTable, Index
from tocsin.inventory.health import NOT_HEARD, UNHEARD_MS
from tocsin.inventory.online_time import OnlineTime


class Listening:
    """Folds entries, and adds up online time between `from_ms` and `to_ms`. Memory goes with points, not readings.

    begun_ms, ended_ms  the span added up, by received_at: what of the span asked for lies in the log
    listened_ms         its length without the pauses of the service
    pauses              how many there were in it
    """

    def __init__(self, table: DeviceTable, table_of: Callable[[str], DeviceTable], from_ms: int, to_ms: int) -> None:
        """`table` holds until a Configuration says otherwise; `table_of` knows what a digest of one means."""
        self.begun_ms: int | None = None
        self.ended_ms = from_ms
        self.listened_ms = 0
        self.pauses = 0
        self.online_ms: dict[DeviceKey, int] = {}
        self.expected_ms: dict[DeviceKey, int] = {}
        self.heard: set[DeviceKey] = set()
        """Devices that were heard at all before the end, as far back as the log goes."""
        self.done = False
        self._from_ms, self._to_ms = from_ms, to_ms
        self._table, self._table_of = table, table_of
        self._clock_ms: int | None = None
        self._paused_ms = 0
        self._up: frozenset[str] = frozenset()
        self._sources: dict[str, int] = {}
        self._heard_ms: I64 = np.full(len(table.device), NOT_HEARD)
        self._source: NDArray[np.int32] = np.full(len(table.device), -1, dtype=np.int32)
        self._down: Bool = np.zeros(len(table.device), dtype=np.bool_)
        """Points whose device said that it went down, and that were not heard since."""
        self._spoke: Bool = np.zeros(len(table.device), dtype=np.bool_)
        """Points that were heard within the span."""
        self._waiting: list[tuple[int, Readings]] = []
        self._online: OnlineTime | None = None

    def apply(self, entries: Sequence[Entry]) -> None:
        """Fold entries, in the order of the log, however cut."""
        for entry in entries:
            now_ms = entry.received_at_ms
            if self.begun_ms is None and self._from_ms <= now_ms:
                self._begin(now_ms)
            if now_ms >= self._to_ms:
                self._take()
                return self._end(self._to_ms, now_ms)
            self._move(now_ms)
            if isinstance(entry, Readings):
                self._set_up(self._up | {entry.source})
                self._waiting.append((now_ms - self._paused_ms, entry))
            elif isinstance(entry, SourceUp):
                self._set_up(self._up | {entry.source})
            elif isinstance(entry, SourceDown):
                self._set_up(self._up - {entry.source})
            elif isinstance(entry, DeviceDown):
                self._go_down(entry.points)
            elif isinstance(entry, Configuration):
                self._configure(entry.digest)
        return self._take()

    def finish(self) -> None:
        """The log ends here: so does the span, if it has not ended yet."""
        if self._clock_ms is not None:
            self._end(self._clock_ms, self._clock_ms)

    def points_heard(self) -> list[int]:
        """Numbers of the points, of those in the site at the end, that were heard within the span."""
        return np.flatnonzero(self._spoke).tolist()

    def _move(self, now_ms: int) -> None:
        """Move the clock; a pause takes no time on the listened one, and nobody knows which sources are up after it."""
        if self._clock_ms is not None and now_ms - self._clock_ms > UNHEARD_MS:
            self._set_up(frozenset())
            self._paused_ms += now_ms - self._clock_ms
            if self.begun_ms is not None:
                self.pauses += 1
        self._clock_ms = now_ms

    def _listened(self, at_ms: int, next_ms: int) -> int:
        """The listened clock at an instant between the last entry and the next one."""
        assert self._clock_ms is not None  # noqa: S101 - there was an entry
        pause = next_ms - self._clock_ms > UNHEARD_MS
        return (self._clock_ms if pause else at_ms) - self._paused_ms

    def _begin(self, now_ms: int) -> None:
        self._take()
        if self._clock_ms is not None:
            self.begun_ms, start_ms = self._from_ms, self._listened(self._from_ms, now_ms)
        elif now_ms < self._to_ms:
            self.begun_ms = start_ms = now_ms
        else:
            return
        self.listened_ms = -start_ms
        self._start(start_ms)

    def _end(self, at_ms: int, next_ms: int) -> None:
        """`next_ms` is when the next entry comes."""
        if self.begun_ms is None or self.done:
            return
        if self._clock_ms is not None and next_ms - self._clock_ms > UNHEARD_MS:
            self.pauses += 1
        end_ms = self._listened(at_ms, next_ms)
        self._stop(end_ms)
        self.listened_ms += end_ms
        self.ended_ms, self.done = at_ms, True

    def _set_up(self, up: frozenset[str]) -> None:
        """These sources are up from now on. Points whose silence says nothing show their devices online by that."""
        if up == self._up:
            return
        forever = self._table.forever.any()
        if forever:
            self._take()
        self._up = up
        if forever:
            self._look_anew()

    def _go_down(self, points: Sequence[int]) -> None:
        """These points show nothing any more, until they are heard again."""
        self._take()
        point = np.array(points, dtype=np.intp)
        self._down[point[point < len(self._down)]] = True
        self._look_anew()

    def _look_anew(self) -> None:
        """Which last readings show their devices online has changed."""
        if self._online is not None and self._clock_ms is not None:
            now_ms = self._clock_ms - self._paused_ms
            self._online.settle(now_ms)
            self._online.resume(now_ms, self._heard_ms, self._showing())

    def _configure(self, digest: str) -> None:
        self._take()
        old, new = self._table, self._table_of(digest)
        if new is old:
            return
        assert self._clock_ms is not None  # noqa: S101 - the entry has moved it
        now_ms = self._clock_ms - self._paused_ms
        if self._online is not None:
            self._stop(now_ms)
        self._table = new
        size = len(new.device)
        heard, source = np.full(size, NOT_HEARD), np.full(size, -1, dtype=np.int32)
        down, spoke = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
        both = np.intersect1d(old.points, new.points, assume_unique=True)
        heard[both], source[both], down[both] = self._heard_ms[both], self._source[both], self._down[both]
        spoke[both] = self._spoke[both]
        self._heard_ms, self._source, self._down, self._spoke = heard, source, down, spoke
        if self._online is not None:
            self._start(now_ms)

    def _start(self, now_ms: int) -> None:
        self._online = OnlineTime(self._table, now_ms)
        self._online.resume(now_ms, self._heard_ms, self._showing())

    def _stop(self, now_ms: int) -> None:
        """Close the account of one configuration."""
        online, table = self._online, self._table
        assert online is not None  # noqa: S101 - the caller has begun
        online.settle(now_ms)
        for key, ms in zip(table.keys, online.online_ms.tolist(), strict=True):
            self.online_ms[key] = self.online_ms.get(key, 0) + ms
            self.expected_ms[key] = self.expected_ms.get(key, 0) + now_ms - online.start_ms
        at = table.points
        heard = at[self._heard_ms[at] != NOT_HEARD]
        self.heard.update(table.keys[device] for device in np.unique(table.device[heard]).tolist())

    def _showing(self) -> Index:
        """The points whose last reading can show that their device is online now."""
        at = self._table.points
        at = at[~self._down[at]]
        forever = self._table.forever[at]
        if not forever.any():
            return at
        up = np.array([*(name in self._up for name in self._sources), False], dtype=np.bool_)
        return at[~forever | up[self._source[at]]]

    def _take(self) -> None:
        """Take what waits, all under one configuration."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        batches = [entry.batch for _, entry in waiting]
        numbers = [self._sources.setdefault(entry.source, len(self._sources)) for _, entry in waiting]
        lengths = [len(batch) for batch in batches]
        point = np.concatenate([batch.point for batch in batches]).astype(np.intp)
        heard_ms = np.repeat(np.array([at_ms for at_ms, _ in waiting], dtype=np.int64), lengths)
        source = np.repeat(np.array(numbers, dtype=np.int32), lengths)
        kept = np.concatenate([batch.quality for batch in batches]) < RETAINED
        kept &= point < len(self._table.device)
        kept[kept] = self._table.device[point[kept]] >= 0
        if not kept.all():
            point, heard_ms, source = point[kept], heard_ms[kept], source[kept]
        self._heard_ms[point] = heard_ms  # of several, the last one stays
        self._source[point] = source
        self._down[point] = False
        if self.begun_ms is not None:
            self._spoke[point] = True
        if self._online is not None:
            self._online.hear(point, heard_ms)
