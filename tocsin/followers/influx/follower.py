"""The history follower: reads the log and the alarm book behind the alarm path and writes both to InfluxDB."""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog

from plant.entries import Configuration, Position, Readings
from rules.events import AlarmEvent
from tocsin.clock import Clock
from tocsin.followers.backoff import Backoff
from tocsin.followers.cursor import Cursor, CursorFile, CursorStore
from tocsin.followers.influx.lines import PointPrefixes, Where, event_line, reading_lines
from tocsin.followers.influx.patience import PatientWriter, Stopped
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.followers.influx.sink import LineSink
from tocsin.followers.status import FollowerStatus
from tocsin.log.port import LogReader

_ENTRIES_AT_ONCE: Final = 10_000
"""Read at most this many before a write: ticks make no lines, and the cursor must move on all the same."""

_SAVE_EVERY_S: Final = 1.0
"""A cursor is synced at most this often; what is written twice after a crash overwrites itself."""


class EventFeed(Protocol):
    """The alarm book's events in the order in which they were decided. Asked from the follower's thread alone."""

    @property
    def last_seq(self) -> int:
        """The number of the newest event; 0 where there is none."""

    def events_since(self, cursor: int, limit: int) -> Sequence[tuple[int, AlarmEvent, int]]:
        """Up to `limit` events after `cursor` as (its own cursor, event, its number within its alarm)."""


PrefixesOfSite = Callable[[str], PointPrefixes]
"""The prefixes of the site version with this digest; "" is the version in force when the service first started."""


class InfluxFollower:
    """One thread. `start` and `stop` from the composition root; everything else may be asked from any thread.

    Delivery is at least once and in order: the cursor moves only behind what the server has taken, and what is
    written twice has the same series, instant and fields, so that it overwrites itself.
    """

    def __init__(
        self,
        log: LogReader,
        events: EventFeed,
        sink: LineSink,
        prefixes_of_site: PrefixesOfSite,
        folder: Path,
        clock: Clock,
        settings: InfluxSettings,
        rng: random.Random | None = None,
        where_of: Callable[[AlarmEvent], Where] = lambda _: ("", ""),
        cursors: CursorStore[Cursor] | None = None,
        name: str = "influx",
    ) -> None:
        """`log` is asked from several threads, and shows durable entries only: the writer's own log does both.

        `folder` gets `influx.rejected.jsonl`, if ever needed, and the cursor file `influx.cursor` unless `cursors` says
        where else the cursor is kept.
        """
        self.name = name
        self._log = log
        self._events = events
        self._sink = sink
        self._prefixes_of_site = prefixes_of_site
        self._clock = clock
        self._where_of = where_of
        self._settings = settings
        self._cursors = cursors or CursorFile(folder / "influx.cursor")
        self._stopping = threading.Event()
        backoff = Backoff(settings.backoff_min_s, settings.backoff_max_s, rng or random.Random())
        self._writer = PatientWriter(sink, backoff, self._stopping, folder / "influx.rejected.jsonl")
        self._thread = threading.Thread(target=self._run, name="influx-follower", daemon=True)
        self._report = structlog.get_logger("tocsin.followers.influx")
        self._cursor = self._load()
        self._saved = self._cursor
        self._saved_at_s = clock.monotonic_s()
        self._prefixes = prefixes_of_site(self._cursor.site)
        self._version = 0
        self._reached_ms: int | None = None
        self._readings = 0
        self._written_events = 0
        self._lost = 0
        self._trouble = ""

    @property
    def position(self) -> Position:
        """All entries before this are safely in InfluxDB, even after a crash: the log may drop them."""
        return self._saved.position

    @property
    def written(self) -> Position:
        """All entries before this are in InfluxDB; after a crash the last of them are written again."""
        return self._cursor.position

    @property
    def event(self) -> int:
        """The number of the alarm book's last event that is safely in InfluxDB."""
        return self._saved.event

    def start(self) -> None:
        """Begin to follow; returns at once, also while the server is away."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish or give up the present request, save the cursor, close the sink; the rest waits in the log."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._sink.close()

    def status(self) -> FollowerStatus:
        """How it stands, for health and metrics."""
        behind = max(0, self._log.end - self._cursor.position)
        reached = self._reached_ms
        return FollowerStatus(
            position=self._cursor.position,
            event=self._cursor.event,
            lag_entries=behind,
            lag_s=max(0, self._clock.now_ms() - reached) / 1000 if behind and reached is not None else 0.0,
            readings=self._readings,
            events=self._written_events,
            rejected=self._writer.rejected.count,
            lost_entries=self._lost,
            failures=self._writer.failures,
            refused=self._writer.refused,
            trouble=self._writer.trouble or self._trouble,
        )

    def _load(self) -> Cursor:
        """The saved cursor, brought into what the log still holds."""
        try:
            cursor = self._cursors.load()
        except ValueError as error:
            self._report.warning("cursor unreadable, starting over", error=str(error))
            cursor = None
        if cursor is None:
            return Cursor(position=self._log.first)
        if cursor.position > self._log.end:
            # The log was restored from an older copy: its positions mean other entries now.
            self._report.warning("cursor beyond the log, starting over", cursor=cursor.position, end=self._log.end)
            return Cursor(position=self._log.first)
        return cursor

    def _run(self) -> None:
        backoff = Backoff(self._settings.backoff_min_s, self._settings.backoff_max_s, random.Random())
        while not self._stopping.is_set():
            try:
                more = self._step()
                self._trouble = ""
                backoff.reset()
            except Stopped:
                break
            except Exception as error:
                # Nobody else would notice a dead thread; the log keeps what is unwritten, so trying again is right.
                self._trouble = f"{type(error).__name__}: {error}"
                self._report.exception("history follower stumbled")
                self._stopping.wait(backoff.next_s())
                continue
            if not more:
                self._stopping.wait(self._settings.interval_s)
        try:
            self._save()
        except OSError as error:
            self._report.warning("cursor not saved; some history will be written again", error=str(error))

    def _step(self) -> bool:
        """Write what is new, a request's worth of each at most; returns whether there is more."""
        more_readings = self._write_readings()
        more_events = self._write_events()
        if self._clock.monotonic_s() - self._saved_at_s >= _SAVE_EVERY_S:
            self._save()
        return more_readings or more_events

    def _write_readings(self) -> bool:
        start = self._cursor.position
        if start < self._log.first:
            self._lost += self._log.first - start
            self._report.error("history lost: the log dropped entries", first=self._log.first, cursor=start)
            start = self._log.first
        position, site, prefixes, reached_ms = start, self._cursor.site, self._prefixes, self._reached_ms
        pending: list[str] = []
        # All reading is done before any writing: nothing of the log is held open while the server is away.
        for at, entry in self._log.read(start, min(self._log.end, start + _ENTRIES_AT_ONCE)):
            if self._reached_ms is None:
                self._reached_ms = entry.received_at_ms
            if isinstance(entry, Readings):
                pending += reading_lines(entry, prefixes)
            elif isinstance(entry, Configuration) and entry.kind == "site" and entry.version >= self._version:
                prefixes, site = self._prefixes_of_site(entry.digest), entry.digest
                self._version = entry.version
            position, reached_ms = at + 1, entry.received_at_ms
            if len(pending) >= self._settings.batch_lines:
                break
        for chunk in _chunks(pending, self._settings.batch_lines):
            self._writer.write(chunk)
            self._readings += len(chunk)
        self._cursor = Cursor(position, self._cursor.event, site)
        self._prefixes, self._reached_ms = prefixes, reached_ms
        return position < self._log.end

    def _write_events(self) -> bool:
        limit = min(self._settings.batch_lines, 1_000)
        newest = self._events.last_seq
        if self._cursor.event > newest:
            self._report.warning("cursor beyond the alarm book, starting over", cursor=self._cursor.event, end=newest)
            self._cursor = Cursor(self._cursor.position, 0, self._cursor.site)
        found = self._events.events_since(self._cursor.event, limit)
        if not found:
            return False
        self._writer.write(
            [event_line(number, event, ordinal, self._where_of(event)) for number, event, ordinal in found]
        )
        self._written_events += len(found)
        self._cursor = Cursor(self._cursor.position, found[-1][0], self._cursor.site)
        return len(found) >= limit

    def _save(self) -> None:
        self._saved_at_s = self._clock.monotonic_s()
        if self._cursor != self._saved:
            self._cursors.save(self._cursor)
            self._saved = self._cursor


def _chunks(lines: list[str], size: int) -> Iterable[list[str]]:
    return (lines[i : i + size] for i in range(0, len(lines), size))
