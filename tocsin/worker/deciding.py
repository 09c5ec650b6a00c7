"""A restored shard goes on: groups of entries in, their effects written, checkpoints in between. For one thread."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import structlog

from plant.entries import Position, Readings
from rules.events import AlarmEvent
from tocsin.clock import Clock
from tocsin.kafka.arrival import arrive
from tocsin.kafka.partition_log import PartitionLog, Poison
from tocsin.kafka.steps import Steps
from tocsin.runtime.fold import in_groups
from tocsin.worker.checkpointing import Checkpointing
from tocsin.worker.inbox import Inbox, Record
from tocsin.worker.metrics import WorkerMetrics
from tocsin.worker.shard import Numbered, ShardFold
from tocsin.worker.written import Effects, Writer

_GROUP_BYTES: Final = 1_500_000
"""Of records that are decided together: about as many readings as tocsin.runtime.fold puts together."""

_QUIET_S: Final = 2.0
"""A live log has an entry a second. Where the stream says nothing for so long, the log itself is looked at."""

_NOTE_S: Final = 2.0
"""So often at least it is written how far the log is decided, also where nothing came of it: others watch over that."""

_log = structlog.get_logger(__name__)


class Deciding:
    """`stopping` ends every method soon; `dead` are records that could not be read, as `log` tells of them.

    end  one past the newest entry that was heard of
    """

    def __init__(
        self,
        fold: ShardFold,
        log: PartitionLog,
        writer: Writer,
        checkpoints: Checkpointing,
        metrics: WorkerMetrics,
        dead: list[Poison],
        stopping: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self.fold = fold
        self.end: Position = fold.next
        self._log = log
        self._writer = writer
        self._checkpoints = checkpoints
        self._metrics = metrics
        self._dead = dead
        self._stopping = stopping
        self._clock = clock
        self._written_s = clock.monotonic_s()

    def catch_up(self) -> None:
        """Decide what the log holds, and again, until there is no more."""
        while not self._stopping():
            self.end = max(self.end, self._log.end)
            if self.fold.next >= self.end:
                break
            self._read_up_to(self.end)

    def take_live(self, inbox: Inbox) -> bool:
        """Decide what the stream has delivered, or after a while of silence what the log holds.

        False where the log held something that the stream had not delivered.
        """
        self._checkpoints.begin_if_due(self.fold)
        busy = self._checkpoints.is_under_way
        records = inbox.take(_GROUP_BYTES, 0.0 if busy else _QUIET_S)
        if not records and not busy:
            before = self.fold.next
            self.catch_up()
            return self.fold.next == before
        if not records:
            self._write(())
        fresh = [record for record in records if record.offset >= self.fold.next]
        if fresh and fresh[0].offset > self.fold.next:
            self._read_up_to(fresh[0].offset)
        if fresh and not self._stopping():
            self._take(list(self._entries(fresh)))
        return True

    def leave(self) -> None:
        """A last checkpoint, so that whoever goes on has little to fold."""
        self._finish_checkpoint()
        self._checkpoints.begin_if_due(self.fold, at_once=True)
        self._finish_checkpoint()

    def _finish_checkpoint(self) -> None:
        while self._checkpoints.is_under_way:
            self._write(())

    def _read_up_to(self, stop: Position) -> None:
        for group in in_groups(self._log.read(self.fold.next, stop, last_ms=self.fold.last_ms)):
            self._take(group)
            if self._stopping():
                return

    def _entries(self, records: Iterable[Record]) -> Iterator[Numbered]:
        last_ms = self.fold.last_ms
        for record in records:
            entry, reason = arrive(record.value, record.timestamp_ms, last_ms)
            last_ms = entry.received_at_ms
            if reason:
                self._dead.append(Poison(self._log.place, record.offset, reason, None, record.value))
            yield record.offset, entry

    def _take(self, group: Sequence[Numbered]) -> None:
        with self._metrics.engine_s.time():
            steps = self.fold.apply(group)
        self.end = max(self.end, self.fold.next)
        self._count(group, steps)
        self._checkpoints.begin_if_due(self.fold)
        is_due = self._clock.monotonic_s() - self._written_s >= _NOTE_S
        if steps or self._dead or self._checkpoints.is_under_way or is_due:
            self._write(steps)

    def _write(self, steps: Sequence[Steps]) -> None:
        # The log may have read ahead of what is decided.
        dead = [poison for poison in self._dead if poison.offset < self.fold.next]
        chunks, checkpoint_at = self._checkpoints.next_slice()
        with self._metrics.transaction_s.time():
            self._writer.write(Effects(self.fold.next, steps, dead, chunks, checkpoint_at))
        self._written_s = self._clock.monotonic_s()
        self._checkpoints.written(checkpoint_at)
        if dead:
            _log.warning("records_set_aside", shard=self.fold.shard, count=len(dead), reason=dead[0].reason)
            self._metrics.dead_letters.inc(len(dead))
            self._dead[:] = self._dead[len(dead) :]

    def _count(self, group: Sequence[Numbered], steps: Sequence[Steps]) -> None:
        metrics = self._metrics
        for _, entry in group:
            metrics.entries.labels(type(entry).__name__.lower()).inc()
            if isinstance(entry, Readings):
                metrics.readings.inc(len(entry.batch))
        for one in steps:
            for step in one.steps:
                if isinstance(step, AlarmEvent):
                    metrics.events.labels(step.event, step.severity).inc()
