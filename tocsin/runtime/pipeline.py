"""From taken-in batches to booked alarms: one thread makes entries durable, another decides them, in order."""

import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from plant.entries import Entry, Readings, Tick
from tocsin.book import Committed
from tocsin.clock import Clock
from tocsin.database.errors import TRY_AGAIN
from tocsin.log.port import LogFullError
from tocsin.observe.metrics import Metrics
from tocsin.runtime.core import Core
from tocsin.runtime.fold import GROUP_READINGS, Numbered
from tocsin.runtime.work import SWITCH_S, Work

TICK_AFTER_MS: Final = 1000
"""A tick is written when so long passed without another entry (semantics 1.2)."""

_GROUP_BYTES: Final = 32 << 20
_RETRY_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Pipeline:
    """Two threads over a core. `submit` from any thread; entries keep the order of submission."""

    def __init__(
        self,
        core: Core,
        clock: Clock,
        metrics: Metrics,
        on_commit: Callable[[Committed], None],
        checkpoint_s: float,
        ticking: Callable[[], bool] = lambda: True,
    ) -> None:
        """`on_commit` hears of every commit to the book, on the decider's thread. Ticks are written while `ticking`."""
        self._ticking = ticking
        self._core = core
        self._clock = clock
        self._metrics = metrics
        self._on_commit = on_commit
        self._checkpoint_s = checkpoint_s
        self._to_write: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._to_decide: queue.SimpleQueue[list[tuple[Numbered, Work]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._stopping = threading.Event()
        self._checkpointing: threading.Thread | None = None
        self.disk_full = False
        self.trouble = ""
        """Why nothing is decided any more; the process must end."""
        self._writer = threading.Thread(target=self._guarded, args=(self._write,), name="writer", daemon=True)
        self._decider = threading.Thread(target=self._guarded, args=(self._decide,), name="decider", daemon=True)

    @property
    def waiting_bytes(self) -> int:
        """Roughly the memory of what was submitted and is not decided yet."""
        return self._waiting_bytes

    def start(self) -> None:
        sys.setswitchinterval(SWITCH_S)
        self._writer.start()
        self._decider.start()

    def submit(self, work: Work) -> None:
        with self._lock:
            self._waiting_bytes += work.size
        self._to_write.put(work)

    def stop(self, timeout_s: float) -> bool:
        """Write and decide what was submitted, then end; False if that took longer than `timeout_s`."""
        self._to_write.put(None)
        self._writer.join(timeout_s)
        if self._writer.is_alive():
            # Nothing gets written (a full disk): what waits was not acknowledged and comes again.
            self._stopping.set()
            self._writer.join(timeout_s)
        self._decider.join(timeout_s)
        if self._checkpointing is not None:
            self._checkpointing.join(timeout_s)
        return not (self._writer.is_alive() or self._decider.is_alive())

    def _guarded(self, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
            _log.exception("pipeline_broken")

    def _write(self) -> None:
        more = True
        while more:
            works, more = self._next_works()
            if works:
                self._append(works)
        self._to_decide.put(None)

    def _next_works(self) -> tuple[list[Work], bool]:
        """What waits, up to a group; a tick when nothing came for long enough; (works, whether to go on)."""
        last_ms = self._core.journal.last_received_at_ms or 0
        due_ms = last_ms + TICK_AFTER_MS - self._clock.now_ms() if self._ticking() else TICK_AFTER_MS
        try:
            work = self._to_write.get(timeout=max(0.0, min(due_ms, TICK_AFTER_MS)) / 1000)
        except queue.Empty:
            return [Work(Tick(self._clock.now_ms()))] if self._ticking() else [], True
        works: list[Work] = []
        size = 0
        while work is not None:
            works.append(work)
            size += work.size
            if size >= _GROUP_BYTES:
                return works, True
            try:
                work = self._to_write.get_nowait()
            except queue.Empty:
                return works, True
        return works, False

    def _append(self, works: Sequence[Work]) -> None:
        entries: list[Entry] = []
        last_ms = self._core.journal.last_received_at_ms or 0
        for work in works:
            # Times are made distinct, so that an event tells its entry; semantics 1.1 asks only that none goes back.
            last_ms = max(work.entry.received_at_ms, last_ms + 1)
            entries.append(replace(work.entry, received_at_ms=last_ms))
        while True:
            try:
                with self._metrics.append_s.time():
                    first = self._core.append(entries)
                break
            except LogFullError as error:
                if not self.disk_full:
                    _log.error("disk_full", error=str(error))
                self.disk_full = True
                if self._stopping.wait(_RETRY_S):
                    return
        if self.disk_full:
            _log.info("disk_has_room_again")
            self.disk_full = False
        for work in works:
            if work.durable is not None:
                work.durable()
        self._to_decide.put(list(zip(enumerate(entries, first), works, strict=True)))

    def _decide(self) -> None:
        due_s = self._clock.monotonic_s() + self._checkpoint_s
        while (group := self._to_decide.get()) is not None:
            group, ended = self._whole_group(group)
            items = [numbered for numbered, _ in group]
            with self._metrics.engine_s.time():
                commits = self._core.decide(items)
            for commit in commits:
                committed = self._patiently(partial(self._core.record, commit))
                if committed is not None:
                    self._on_commit(committed)
            self._count(group)
            if ended:
                return self._checkpoint(wait=True)
            if self._clock.monotonic_s() >= due_s:
                self._checkpoint(wait=False)
                due_s = self._clock.monotonic_s() + self._checkpoint_s
        return self._checkpoint(wait=True)

    def _whole_group(self, group: list[tuple[Numbered, Work]]) -> tuple[list[tuple[Numbered, Work]], bool]:
        """Take what else waits: deciding several entries together is cheaper, and the events are the same."""
        readings = sum(_readings(item) for item, _ in group)
        while readings < GROUP_READINGS:
            try:
                more = self._to_decide.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return group, True
            group = group + more
            readings += sum(_readings(item) for item, _ in more)
        return group, False

    def _patiently(self, record: Callable[[], Committed | None]) -> Committed | None:
        """The engine has moved on: its events must reach the book, however long there is no room."""
        while True:
            try:
                return record()
            except TRY_AGAIN as error:
                _log.error("book_not_written", error=str(error))
                if self._stopping.wait(_RETRY_S):
                    raise

    def _count(self, group: Sequence[tuple[Numbered, Work]]) -> None:
        metrics = self._metrics
        with self._lock:
            self._waiting_bytes -= sum(work.size for _, work in group)
        for (position, entry), work in group:
            metrics.entries.labels(type(entry).__name__.lower()).inc()
            if isinstance(entry, Readings):
                metrics.readings.inc(len(entry.batch))
                metrics.batch_readings.observe(len(entry.batch))
            if work.decided is not None:
                work.decided(position)

    def _checkpoint(self, *, wait: bool) -> None:
        if self._checkpointing is not None and self._checkpointing.is_alive():
            if not wait:
                return
            self._checkpointing.join()
        try:
            write = self._core.checkpoint()
        except TRY_AGAIN as error:
            _log.warning("checkpoint_not_written", error=str(error))
            return
        self._checkpointing = threading.Thread(target=_write_checkpoint, args=(write,), name="checkpoint", daemon=True)
        self._checkpointing.start()
        if wait:
            self._checkpointing.join()


def _readings(item: Numbered) -> int:
    return len(item[1].batch) if isinstance(item[1], Readings) else 0


def _write_checkpoint(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        _log.warning("checkpoint_not_written", error=str(error))
