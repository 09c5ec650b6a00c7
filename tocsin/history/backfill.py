"""Filling history from the journal and the alarm book: raw readings, roll-ups, alarms."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from alerts.ground import Ground
from alerts.record import AlarmRecord
from plant.entries import Position
from tocsin.book import BookReader
from tocsin.book.schema import open_reader
from tocsin.followers.cursor import replace_file
from tocsin.followers.influx.lines import PointPrefixes, event_line, reading_lines
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.followers.influx.sink import LineSink, LinesRejectedError
from tocsin.history.remake import Remake, StoredRows
from tocsin.history.rollup import Closed, RollUps
from tocsin.history.rollup_lines import HOUR_MEASUREMENT, MINUTE_MEASUREMENT, rollup_lines
from tocsin.history.rollup_state import RollUpState
from tocsin.history.states.alarms import span_line
from tocsin.history.walk import Advance, Span, Walk
from tocsin.log.layout import BOOK, FOLLOWERS

_SAVE_EVERY: Final = 20
"""Requests between two savings of how far it has got."""

_EVENTS_AT_ONCE: Final = 5_000
_RECORDS: Final = "SELECT record FROM alarms WHERE raised_at >= ? AND raised_at < ?"


class _Saved(msgspec.Struct):
    """How far a back-fill of these hours has got."""

    from_ms: int
    to_ms: int
    end: Position
    state: RollUpState


@dataclass(slots=True)
class Filled:
    """What was written, in lines, and what the server would not take."""

    span: Span
    readings: int = 0
    minutes: int = 0
    hours: int = 0
    events: int = 0
    alarms: int = 0
    rejected: int = 0
    unmade: int = 0
    """Hours of points with late readings that could not be made anew."""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Sinks:
    """One for each bucket."""

    raw: LineSink
    minutes: LineSink
    hours: LineSink


@dataclass(slots=True)
class _Pending:
    """Lines not written yet."""

    raw: list[str]
    minutes: list[str]
    hours: list[str]

    def __len__(self) -> int:
        return len(self.raw) + len(self.minutes) + len(self.hours)

    def clear(self) -> None:
        self.raw, self.minutes, self.hours = [], [], []


class Backfill:
    """Reads a data folder, also while a service writes it; writes lines that overwrite themselves.

    How far it has got stands in `followers/backfill.state`: the same call goes on there.
    """

    def __init__(
        self,
        data: Path,
        sinks: Sinks,
        stored: StoredRows,
        prefixes_of: Callable[[str, str], PointPrefixes],
        settings: InfluxSettings,
    ) -> None:
        """`prefixes_of` is given a digest of a site version and a measurement."""
        self._data = data
        self._walk = Walk(data)
        self._sinks = sinks
        self._stored = stored
        self._prefixes_of = prefixes_of
        self._settings = settings
        self._path = data / FOLLOWERS / "backfill.state"
        self._wait_ms = round(settings.rollup_wait_s * 1000)

    def readings(self, from_ms: int | None, to_ms: int | None, advance: Advance) -> Filled:
        """Raw readings and roll-ups of the whole hours in [from_ms, to_ms). ValueError if there are none.

        SinkAwayError and SinkRefusesError where the server does not take them; what is written stays.
        """
        saved = self._resume(from_ms, to_ms)
        if saved is None:
            span = self._walk.span(from_ms, to_ms, self._walk.reader.end, self._wait_ms)
            site = self._walk.site_at(span.start)
            saved = _Saved(
                span.from_ms,
                span.to_ms,
                span.end,
                RollUpState(span.start, span.start, site, span.from_ms, span.from_ms),
            )
        span = Span(saved.from_ms, saved.to_ms, saved.state.position, saved.end)
        filled = Filled(span)
        self._fold(span, saved.state, filled, advance)
        self._path.unlink(missing_ok=True)
        return filled

    def alarms(self, filled: Filled, ground: Ground) -> None:
        """Alarm events and alarms of the span, out of the book."""
        span = filled.span
        db = open_reader(self._data / BOOK)
        try:
            book, after = BookReader(db), 0
            while found := book.events_since(after, _EVENTS_AT_ONCE):
                after = found[-1][0]
                within = [row for row in found if span.from_ms <= row[1].at < span.to_ms]
                lines = []
                for number, event, ordinal in within:
                    place = ground.places.of(event.subject, event.enterprise)
                    lines.append(event_line(number, event, ordinal, (place.unit, next(iter(place.regions), ""))))
                filled.events += self._write(self._sinks.raw, lines, filled)
            decode = msgspec.json.Decoder(AlarmRecord).decode
            rows = db.execute(_RECORDS, (span.from_ms, span.to_ms))
            while some := rows.fetchmany(_EVENTS_AT_ONCE):
                lines = [span_line(decode(form), ground) for (form,) in some]
                filled.alarms += self._write(self._sinks.raw, lines, filled)
        finally:
            db.close()

    def _resume(self, from_ms: int | None, to_ms: int | None) -> _Saved | None:
        try:
            saved = msgspec.msgpack.decode(self._path.read_bytes(), type=_Saved)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        asked = self._walk.span(from_ms, to_ms, saved.end, self._wait_ms)
        same = (asked.from_ms, asked.to_ms) == (saved.from_ms, saved.to_ms)
        return saved if same and saved.state.position >= self._walk.reader.first else None

    def _fold(self, span: Span, state: RollUpState, filled: Filled, advance: Advance) -> None:
        rollups, done, site = state.rollups(), state.done, state.site
        raw = self._prefixes_of(site, "reading")

        def use(digest: str) -> None:
            nonlocal site, raw
            site, raw = digest, self._prefixes_of(digest, "reading")

        pending = _Pending([], [], [])
        requests = 0
        for position, clock_ms, entry, rows in self._walk.entries(span, state.position, advance, use):
            again = position < done
            upto_ms = None if again else rollups.due(clock_ms, self._wait_ms)
            if upto_ms is not None and rollups.closed_ms < span.to_ms:
                self._put(rollups.close(min(upto_ms, span.to_ms)), site, pending)
            if entry is not None:
                rollups.take_rows(position, rows, again=again)
                if not again:
                    pending.raw += reading_lines(entry, raw)
            if len(pending) >= self._settings.batch_lines:
                self._flush(pending, filled)
                requests += 1
                if requests % _SAVE_EVERY == 0:
                    self._save(span, RollUpState.of(rollups, position + 1, site))
        if rollups.closed_ms < span.to_ms:
            self._put(rollups.close(span.to_ms), site, pending)
        self._flush(pending, filled)
        self._anew(rollups, site, span, filled)

    def _anew(self, rollups: RollUps, site: str, span: Span, filled: Filled) -> None:
        """What came too late for its minute, by now all in the raw store."""
        if not self._settings.rollups:
            return
        remake = Remake(self._stored, self._settings.raw_days)
        pending = _Pending([], [], [])
        for point_hours, rows in remake.rows(rollups.late.copy(), span.to_ms):
            self._put(rollups.again(point_hours, rows), site, pending)
            if len(pending) >= self._settings.batch_lines:
                self._flush(pending, filled)
        self._flush(pending, filled)
        filled.unmade, filled.trouble = len(rollups.late), filled.trouble or remake.trouble

    def _put(self, closed: Closed, site: str, pending: "_Pending") -> None:
        if self._settings.rollups:
            pending.minutes += rollup_lines(closed.minutes, self._prefixes_of(site, MINUTE_MEASUREMENT))
            pending.hours += rollup_lines(closed.hours, self._prefixes_of(site, HOUR_MEASUREMENT))

    def _flush(self, pending: "_Pending", filled: Filled) -> None:
        """Write all that is pending, raw readings first."""
        filled.readings += self._write(self._sinks.raw, pending.raw, filled)
        filled.minutes += self._write(self._sinks.minutes, pending.minutes, filled)
        filled.hours += self._write(self._sinks.hours, pending.hours, filled)
        pending.clear()

    def _write(self, sink: LineSink, lines: Sequence[str], filled: Filled) -> int:
        written = 0
        for start in range(0, len(lines), self._settings.batch_lines):
            written += _write_some(sink, lines[start : start + self._settings.batch_lines], filled)
        return written

    def _save(self, span: Span, state: RollUpState) -> None:
        # Without it a back-fill that is broken off begins anew; it must not fail for that.
        with contextlib.suppress(OSError):
            replace_file(self._path, msgspec.msgpack.encode(_Saved(span.from_ms, span.to_ms, span.end, state)))


def _write_some(sink: LineSink, lines: Sequence[str], filled: Filled) -> int:
    """How many were taken; those that never will be are found by halving, and counted."""
    if not lines:
        return 0
    try:
        sink.write(lines)
    except LinesRejectedError as error:
        if len(lines) == 1 or error.dropped == len(lines):
            filled.rejected += len(lines)
            filled.trouble = filled.trouble or str(error)
            return 0
        half = len(lines) // 2
        return _write_some(sink, lines[:half], filled) + _write_some(sink, lines[half:], filled)
    return len(lines)
