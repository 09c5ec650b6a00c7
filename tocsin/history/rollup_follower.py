"""The follower that makes roll-ups: behind the one that writes raw readings, with a thread and a cursor of its own."""

import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from plant.entries import Configuration, Entry, Position, Readings
from tocsin.clock import Clock
from tocsin.followers.backoff import Backoff
from tocsin.followers.cursor import CursorStore
from tocsin.followers.influx.lines import PointPrefixes
from tocsin.followers.influx.patience import PatientWriter
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.followers.influx.sink import LineSink
from tocsin.followers.status import FollowerStatus
from tocsin.history.remake import Remake, StoredRows
from tocsin.history.rollup import Closed, RollUps
from tocsin.history.rollup_lines import HOUR_MEASUREMENT, MINUTE_MEASUREMENT, rollup_lines
from tocsin.history.rollup_state import RollUpFile, RollUpState
from tocsin.history.steady import Steady
from tocsin.log.port import LogReader

_ENTRIES_AT_ONCE: Final = 10_000
_SAVE_EVERY_S: Final = 1.0
_WAIT_S: Final = 1.0

PrefixesOf = Callable[[str, str], PointPrefixes]
"""(digest of a site version, measurement) -> the prefixes of its lines."""


class RollUpFollower:
    """`start` and `stop` from the composition root; everything else may be asked from any thread.

    It goes no further than `written`, the position up to which raw readings are in the store, so that what came late
    can be made anew from there. Its state moves only behind what the server has taken; after a crash the same minutes
    are made again, and overwrite themselves.
    """

    def __init__(
        self,
        log: LogReader,
        written: Callable[[], Position],
        minutes: LineSink,
        hours: LineSink,
        stored: StoredRows,
        prefixes_of: PrefixesOf,
        folder: Path,
        clock: Clock,
        settings: InfluxSettings,
        states: CursorStore[RollUpState] | None = None,
        name: str = "rollups",
    ) -> None:
        """`folder` gets `rollups.rejected.jsonl`, if ever needed, and `rollups.state` unless `states` says where else
        the state is kept.
        """
        self.name = name
        self._log = log
        self._written = written
        self._sinks = (minutes, hours)
        self._prefixes_of = prefixes_of
        self._clock = clock
        self._settings = settings
        self._wait_ms = round(settings.rollup_wait_s * 1000)
        self._states = states or RollUpFile(folder / "rollups.state")
        self._stopping = threading.Event()
        rejected = folder / "rollups.rejected.jsonl"
        self._minutes, self._hours = (
            PatientWriter(
                sink,
                Backoff(settings.backoff_min_s, settings.backoff_max_s, random.Random()),
                self._stopping,
                rejected,
                what=f"InfluxDB, bucket {bucket}",
            )
            for sink, bucket in zip(self._sinks, (settings.of_minutes, settings.of_hours), strict=True)
        )
        self._remake = Remake(stored, settings.raw_days)
        self._steady = Steady("rollups", self._step, self._restore, self._stopping, _WAIT_S)
        self._report = structlog.get_logger("tocsin.history.rollups")
        self._reached_ms: int | None = None
        self._rows = 0
        self._lost = 0
        self._version = 0
        self._begin = max(log.first, min(written(), log.end))
        self._restore()

    @property
    def position(self) -> Position:
        """All before this is rolled up or not needed any more: the log may drop it."""
        return self._saved.position

    @property
    def is_idle(self) -> bool:
        """Whether all that is over is written, what came late too."""
        return not self._unsaved and not self._rollups.late and self._position >= self._done

    def start(self) -> None:
        """Begin; returns at once, also while the server is away."""
        self._steady.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish or give up the present request; open minutes are made from the log again at the next start."""
        self._steady.stop(timeout_s)
        for sink in self._sinks:
            sink.close()

    def status(self) -> FollowerStatus:
        """How it stands; `readings` counts rows written, `lag` is behind the log."""
        behind = max(0, self._log.end - self._done)
        reached = self._reached_ms
        writers = (self._minutes, self._hours)
        return FollowerStatus(
            position=self._done,
            event=0,
            lag_entries=behind,
            lag_s=max(0, self._clock.now_ms() - reached) / 1000 if behind and reached is not None else 0.0,
            readings=self._rows,
            events=0,
            rejected=sum(writer.rejected.count for writer in writers),
            lost_entries=self._lost,
            failures=sum(writer.failures for writer in writers) + self._remake.failures,
            refused=any(writer.refused for writer in writers),
            trouble=next((w.trouble for w in writers if w.trouble), self._remake.trouble or self._steady.trouble),
        )

    def _restore(self) -> None:
        """Go back to what is known to be written."""
        try:
            state = self._states.load()
        except ValueError as error:
            self._report.warning("roll-ups start over", error=str(error))
            state = None
        if state is not None and state.done > self._log.end:
            # The log was restored from an older copy: its positions mean other entries now.
            self._report.warning("roll-ups beyond the log, starting over", done=state.done, end=self._log.end)
            state = None
        if state is None:
            # What the log held before is left to a back-fill: it may be a month of it.
            state = RollUpState(self._begin, self._begin, "", 0, 0)
            with contextlib.suppress(OSError):
                self._states.save(state)
        self._fresh = state.closed_ms == 0
        self._saved = state
        self._unsaved = False
        self._saved_at_s = self._clock.monotonic_s()
        self._rollups = state.rollups()
        self._position, self._done, self._site = state.position, state.done, state.site
        self._use(state.site)

    def _use(self, site: str) -> None:
        self._site = site
        self._tags = {name: self._prefixes_of(site, name) for name in (MINUTE_MEASUREMENT, HOUR_MEASUREMENT)}

    def _step(self) -> bool:
        """Take what is new in the log; returns whether there is more."""
        if self._position < self._log.first:
            self._lost += self._log.first - self._position
            self._report.error("the log dropped entries before they were rolled up", first=self._log.first)
            self._position = self._done = self._log.first
            self._fresh = True
        end = min(self._log.end, self._written())
        # All reading is done before any writing: nothing of the log is held open while the server is away.
        lines, hour_over = _Lines([], []), False
        for at, entry in self._log.read(self._position, min(end, self._position + _ENTRIES_AT_ONCE)):
            hour_over = self._take(at, entry, lines)
            if hour_over or len(lines.minutes) >= self._settings.batch_lines:
                break
        more = self._position < end
        self._write(lines)
        if self._unsaved and (hour_over or not more or self._clock.monotonic_s() - self._saved_at_s >= _SAVE_EVERY_S):
            self._anew()
            self._save()
        return more

    def _take(self, at: Position, entry: Entry, lines: "_Lines") -> bool:
        """Whether no hour is half made now: a state that is saved here is small."""
        if self._fresh:
            self._rollups, self._fresh = RollUps.starting(at, entry.received_at_ms), False
            self._unsaved = True
        # Nothing is over before all that was taken once is taken again. What is over by this entry's time is closed
        # before its readings are taken.
        upto_ms = self._rollups.due(entry.received_at_ms, self._wait_ms) if at >= self._done else None
        if upto_ms is not None:
            lines.add(self._rollups.close(upto_ms), self._tags)
            self._unsaved = True
        if isinstance(entry, Readings):
            self._rollups.take(at, entry, again=at < self._done)
        elif isinstance(entry, Configuration) and entry.kind == "site" and entry.version >= self._version:
            self._use(entry.digest)
            self._version = entry.version
        self._position = at + 1
        self._done = max(self._done, self._position)
        self._reached_ms = entry.received_at_ms
        return upto_ms is not None and not len(self._rollups.hours)

    def _anew(self) -> None:
        """Make what came late anew, as far as the store can be read; the rest waits for the next minute."""
        for point_hours, rows in self._remake.rows(self._rollups.late, self._reached_ms or 0):
            lines = _Lines([], [])
            lines.add(self._rollups.again(point_hours, rows), self._tags)
            self._write(lines)

    def _write(self, lines: "_Lines") -> None:
        for writer, some in ((self._minutes, lines.minutes), (self._hours, lines.hours)):
            for start in range(0, len(some), self._settings.batch_lines):
                writer.write(some[start : start + self._settings.batch_lines])
            self._rows += len(some)

    def _save(self) -> None:
        state = RollUpState.of(self._rollups, self._done, self._site)
        self._states.save(state)
        self._saved, self._saved_at_s, self._unsaved = state, self._clock.monotonic_s(), False


@dataclass(slots=True)
class _Lines:
    minutes: list[str]
    hours: list[str]

    def add(self, closed: Closed, tags: dict[str, PointPrefixes]) -> None:
        self.minutes += rollup_lines(closed.minutes, tags[MINUTE_MEASUREMENT])
        self.hours += rollup_lines(closed.hours, tags[HOUR_MEASUREMENT])
