"""Writes checkpoints of one shard in slices, so that no effect waits for a whole one."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from plant.entries import Position
from rules.engine import STATE_VERSION
from tocsin.clock import Clock
from tocsin.worker.metrics import WorkerMetrics
from tocsin.worker.shard import ShardFold
from tocsin.worker.state_chunks import ChunkedState
from tocsin.worker.written import Chunk

_SLICE: Final = 8
"""Chunks of one transaction: 4 MB."""


class Checkpointing:
    """Begins a checkpoint when one is due, and hands out slice after slice. For the shard's thread."""

    def __init__(self, partitions: int, every_s: float, serial: int, clock: Clock, metrics: WorkerMetrics) -> None:
        """`serial` is the newest one's so far."""
        self._partitions = partitions
        self._every_s = every_s
        self._serial = serial
        self._clock = clock
        self._metrics = metrics
        self._due_s = clock.monotonic_s() + every_s
        self._begun_s = 0.0
        self._begins: Position | None = None
        self._state: ChunkedState | None = None
        self._version = 0
        self._chunks: Iterator[tuple[bytes, bytes]] = iter(())

    @property
    def is_under_way(self) -> bool:
        return self._state is not None

    def begin_if_due(self, fold: ShardFold, *, at_once: bool = False) -> None:
        """Freeze the state as of now, if it is time, no checkpoint is under way, and a version is in force."""
        if self.is_under_way or not fold.version or not (at_once or self._clock.monotonic_s() >= self._due_s):
            return
        self._serial += 1
        self._begun_s = self._clock.monotonic_s()
        self._due_s = self._begun_s + self._every_s
        self._begins, self._version = None, fold.version
        self._state = ChunkedState(self._serial, fold.dump(), next=fold.next, state_version=STATE_VERSION)
        self._chunks = self._state.chunks()

    def next_slice(self) -> tuple[list[Chunk], Position | None]:
        """Records to write next, and where the checkpoint begins, once it is whole with them."""
        if self._state is None:
            return [], None
        found = [Chunk(key, value) for key, value in islice(self._chunks, _SLICE)]
        if self._begins is None and found:
            found[0] = Chunk(found[0].key, found[0].value, self._note)
        if len(found) == _SLICE or self._begins is None:
            # The first slice must be there before it is known where it begins.
            return found, None
        found.append(Chunk(*self._state.manifest(self._partitions, self._version)))
        return found, self._begins

    def written(self, checkpoint_at: Position | None) -> None:
        """The slice is durable; with a place, the checkpoint is whole."""
        if checkpoint_at is None or self._state is None:
            return
        self._metrics.checkpoint_s.observe(self._clock.monotonic_s() - self._begun_s)
        self._metrics.checkpoint_bytes.inc(self._state.size)
        self._state = None

    def _note(self, offset: Position) -> None:
        self._begins = offset
