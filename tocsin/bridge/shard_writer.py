"""What one lease writes: entries become records of their shards; an entry is durable once all its records are."""

import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from plant.entries import Configuration, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from tocsin.bridge.filters import Unit
from tocsin.bridge.metrics import BridgeMetrics
from tocsin.bridge.producing import Producing, Record
from tocsin.clock import Clock
from tocsin.kafka.arrival import after
from tocsin.kafka.client import RECORD_BYTES
from tocsin.kafka.division import Division
from tocsin.kafka.records import RecordError, encode
from tocsin.kafka.topics import Shard, Topics
from tocsin.runtime.work import Work

TICK_AFTER_S: Final = 1.0
"""A tick is written when so long passed without another entry (engine semantics 1.2)."""

_LARGEST: Final = RECORD_BYTES - (1 << 16)
"""Room for what Kafka puts around a record."""

_log = structlog.get_logger(__name__)


class _Written:
    """A piece of work under way, and how many of its records are not confirmed yet."""

    __slots__ = ("left", "offset", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.left = 0
        self.offset = -1


class ShardWriter:
    """Implements tocsin.runtime.work.EntryWriter for one lease; positions are offsets of its last record.

    Entries of unit k < n go to shard k, and what spans partitions to the second stage, where its sources are known as
    SOURCE/k. Those of the rest go wherever their points belong, under the name that they have.
    """

    def __init__(
        self, unit: Unit, topics: Topics, division: Division, producing: Producing, clock: Clock, metrics: BridgeMetrics
    ) -> None:
        self._unit = unit
        self._topics = topics
        self._division = division
        self._producing = producing
        self._clock = clock
        self._metrics = metrics
        self._is_rest = unit == topics.second_stage
        self._lock = threading.RLock()
        self._order: deque[_Written] = deque()
        self._waiting_bytes = 0
        self._in_flight: Counter[Shard] = Counter()
        self._last_ms: dict[Shard, int] = {}
        self._last_s = clock.monotonic_s()
        self._is_lost = False

    @property
    def waiting_bytes(self) -> int:
        """Roughly the memory of what was submitted and is not confirmed yet."""
        return self._waiting_bytes

    def use(self, division: Division) -> None:
        """Entries from now on are divided by another version."""
        self._division = division

    def submit(self, work: Work) -> None:
        """In the event loop's thread. Returns at once."""
        self._submit(work, self._split(work.entry))

    def copy(self, entry: Readings) -> None:
        """Write for the second stage alone what the log of its shard has already. Otherwise as `submit`."""
        self._submit(Work(entry), [(self._topics.second_stage, entry)])

    def _submit(self, work: Work, parts: Iterable[tuple[Shard, Entry]]) -> None:
        with self._lock:
            written = _Written(work)
            records = list(self._records(written, parts))
            written.left = len(records)
            self._order.append(written)
            self._waiting_bytes += work.size
            for record in records:
                self._producing.put(record)
        if not records:
            self._settle()

    def tick(self) -> None:
        """Write a tick into the lease's own shard, if it is due: not while something else is on its way there."""
        with self._lock:
            due = self._clock.monotonic_s() - self._last_s >= TICK_AFTER_S and not self._in_flight[self._unit]
        if due:
            self.submit(Work(Tick(self._clock.now_ms())))

    @property
    def is_busy(self) -> bool:
        """Whether something that was submitted is not confirmed yet."""
        return bool(self._order)

    def drop(self) -> None:
        """The lease is lost: whatever is not confirmed is no business of ours any more."""
        with self._lock:
            self._is_lost = True
            self._order.clear()
            self._waiting_bytes = 0

    def _records(self, written: _Written, parts: Iterable[tuple[Shard, Entry]]) -> Iterator[Record]:
        for shard, part in parts:
            place = self._topics.log_of(shard)
            for entry, value in self._values(shard, part):
                confirmed = partial(self._confirmed, written, shard, entry)
                self._in_flight[shard] += 1
                if shard == self._unit:
                    self._last_s = self._clock.monotonic_s()
                yield Record(place, value, entry.received_at_ms, confirmed, self._is_wanted)

    def _split(self, entry: Entry) -> Iterable[tuple[Shard, Entry]]:
        match entry:
            case Tick() | Configuration():
                return [(self._unit, entry)]
            case SourceUp() | SourceDown():
                shards = self._division.split(entry, lease=self._lease)
                return [(s, e) for s, e in shards if self._is_rest or s in (self._unit, self._topics.second_stage)]
            case Readings() | DeviceDown():
                return self._division.split(entry, lease=self._lease)
            case _:
                raise ValueError(f"{type(entry).__name__} does not come from the field")

    @property
    def _lease(self) -> str | None:
        return None if self._is_rest else str(self._unit)

    def _values(self, shard: Shard, entry: Entry) -> Iterator[tuple[Entry, bytes]]:
        """The entry as it is written, in halves where it is too large for one record."""
        try:
            taken = after(entry, self._last_ms.get(shard))
            value = encode(taken)
        except RecordError as error:
            # Nothing that a device sends can bring this about.
            _log.error("entry_not_written", shard=shard, error=str(error))
            return
        if len(value) > _LARGEST and isinstance(entry, Readings) and len(entry.batch) > 1:
            half = len(entry.batch) // 2
            # The keys stand with the last part: with the first, a crash between the two would lose the others.
            yield from self._values(shard, replace(entry, batch=entry.batch.select(slice(half)), redelivery_keys=()))
            yield from self._values(shard, replace(entry, batch=entry.batch.select(slice(half, None))))
            return
        self._last_ms[shard] = taken.received_at_ms
        yield taken, value

    def _is_wanted(self) -> bool:
        return not self._is_lost

    def _confirmed(self, written: _Written, shard: Shard, entry: Entry, offset: int, took_s: float) -> None:
        """On the producing thread."""
        metrics = self._metrics
        metrics.produce_s.observe(took_s)
        metrics.entries.labels(type(entry).__name__.lower()).inc()
        if isinstance(entry, Readings) and (shard != self._topics.second_stage):
            metrics.readings.inc(len(entry.batch))
            metrics.batch_readings.observe(len(entry.batch))
        with self._lock:
            self._in_flight[shard] -= 1
            written.left -= 1
            written.offset = offset
        self._settle()

    def _settle(self) -> None:
        """Tell of work that is done, in the order in which it was submitted: acknowledgements keep the order."""
        done: list[_Written] = []
        with self._lock:
            while self._order and not self._order[0].left:
                written = self._order.popleft()
                self._waiting_bytes -= written.work.size
                done.append(written)
            for written in done:
                if written.work.durable is not None:
                    written.work.durable()
                if written.work.decided is not None:
                    written.work.decided(written.offset)
