"""All that is known of why an alarm was raised."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from alerts.record import AlarmRecord, NumberedEvent
from plant.entries import Position
from plant.mistakes import InputError
from plant.site import Point
from rules.events import AlarmEvent
from rules.levels import effective_levels
from rules.schema import Rule
from tocsin.book import BookedAction, BookReader
from tocsin.configuration import Configured, unpack_files
from tocsin.database import Place
from tocsin.explain.cut import points_of, rule_of, shown_before_ms
from tocsin.explain.readings import Stretch, gather
from tocsin.explain.rerun import Rerun, Rerunner
from tocsin.log.versions import Version
from tocsin.records import Records
from tocsin.records.traced import Traced
from tocsin.whatif.origins import placed_rule, values_of
from tocsin.whatif.recording import Advance

Verdict = Literal["reproduced", "differs", "impossible"]

MOST_POINTS: Final = 6
"""The readings of so many points are shown, the first ones of a rule over many."""

_MARGIN_MS: Final = 120_000
_LONGEST_MS: Final = 4 * 3_600_000


@dataclass(frozen=True, slots=True)
class Explained:
    """Times are ms since the epoch. What is None is not known any more, and `why_not` says why."""

    alarm: AlarmRecord
    events: tuple[NumberedEvent, ...]
    """As they stand in the alarm book, up to now."""
    actions: tuple[BookedAction, ...]
    """What operators did to it, refused or not, the oldest first."""
    raised_entry: Position
    version: Version | None
    version_number: int | None
    configured: Configured | None
    rule: Rule | None
    limit_origin: str
    """Where the limit that decided stands; empty where that can't be told."""
    points: tuple[Point, ...]
    """What the alarm rests on."""
    stretch: Stretch | None
    from_ms: int
    to_ms: int
    """The stretch whose readings are shown."""
    rerun: Rerun | None
    why_not: str
    """A key of words.WHY_NOT with the number it speaks of, as `key:number`; empty where it was decided again."""

    @property
    def verdict(self) -> Verdict:
        if self.rerun is None:
            return "impossible"
        return "reproduced" if self.rerun.same else "differs"

    @property
    def raised(self) -> AlarmEvent:
        return self.events[0].event

    def levels(self, point: Point) -> dict[str, float]:
        """The limits of the alarm's side on a point, in its unit."""
        if self.rule is None or point.point != self.alarm.subject:
            return {}
        window = self.rule.condition.window
        if self.rule.condition.kind not in ("limit", "twa", "forecast") and (window is None or window.stat == "count"):
            return {}
        mine = ("ll", "l") if self.alarm.side == "low" else ("h", "hh")
        return {level: value for level, value in effective_levels(self.rule, point).items() if level in mine}


def explain(records: Records, alarm: str, advance: Advance = lambda done, total: None) -> Explained:
    """Look an alarm up and decide it again. Only reads, also while the service runs.

    LookupError if the alarm book does not know it, or nobody decided it from readings.
    """
    record, events, entries, actions, position = _booked(records.book, alarm)
    with records.trace(entries, position) as traced:
        return _explain(records, traced, record, events, actions, advance)


def _explain(
    records: Records,
    traced: Traced,
    record: AlarmRecord,
    events: tuple[NumberedEvent, ...],
    actions: tuple[BookedAction, ...],
    advance: Advance,
) -> Explained:
    reader, versions, stop = traced.log, traced.versions, traced.stop
    registry = records.registry()
    resolve = _Remembering(records.resolve)
    raised, raised_entry = events[0].event, traced.first
    at = [n for n, version in enumerate(versions) if version.position <= raised_entry]
    number = at[-1] if at else None
    version = None if number is None else versions[number]
    if record.state.value == "closed":
        stop = min(stop, traced.last + 1)

    configured, why_not = None, ""
    try:
        configured = resolve(version.digest) if version is not None else None
    except (LookupError, ValueError):
        why_not = "no_snapshot"
    rule = rule_of(configured, record.rule) if configured is not None else None
    if configured is None and not why_not:
        why_not = "no_version"
    if raised_entry < reader.first:
        why_not = f"dropped:{reader.first}"
    onset_ms = min(raised.onset or raised.at, raised.at, raised.received_at)
    from_ms, to_ms = _shown(record, configured, onset_ms)
    points: tuple[Point, ...] = ()
    stretch, rerun = None, None
    if configured is not None:
        points = tuple(configured.site.points[p] for p in points_of(configured, record.rule, record.subject))
    if not why_not:
        rerunner = Rerunner(
            reader, traced.checkpoints, stop, registry, versions, resolve, record, list(events), advance
        )
        rerun = rerunner.run(raised_entry, onset_ms)
        begin, end = max(reader.first, reader.position_at(from_ms)), reader.position_at(to_ms + 1)
        shown = points[:MOST_POINTS]
        stretch = gather(reader.read(begin, end) if begin < end else (), shown, registry, to_ms)
    return Explained(
        record,
        events,
        actions,
        raised_entry,
        version,
        None if number is None else number + 1,
        configured,
        rule,
        _limit_origin(configured, rule, raised, points),
        points,
        stretch,
        from_ms,
        to_ms,
        rerun,
        why_not,
    )


class _Remembering:
    """Configurations by digest, each read once."""

    def __init__(self, resolve: Callable[[str], Configured]) -> None:
        self._resolve = resolve
        self._known: dict[str, Configured] = {}

    def __call__(self, digest: str) -> Configured:
        if digest not in self._known:
            self._known[digest] = self._resolve(digest)
        return self._known[digest]


def _booked(
    place: Place, alarm: str
) -> tuple[AlarmRecord, tuple[NumberedEvent, ...], list[Position], tuple[BookedAction, ...], Position]:
    """(record, events, the entries they came of, actions, the entry up to which the book is made)."""
    reader = BookReader.open_for_reading(place)
    try:
        position = reader.position
        record = reader.alarm(alarm)
        if record is None:
            raise LookupError(f"{place}: the alarm book knows no alarm {alarm[:64]!r}")
        events = [event for event in reader.events_of(alarm, limit=100_000) if event.position < position]
        actions = tuple(sorted(a for a in reader.actions(alarm, limit=100_000) if a.position < position))
    finally:
        reader.close()
    return record, tuple(e.numbered for e in events), [e.position for e in events], actions, position


def _shown(record: AlarmRecord, configured: Configured | None, onset_ms: int) -> tuple[int, int]:
    """What to show: the alarm with what decided it before, and something around it; at most some hours."""
    length = min((record.cleared_at or record.last_at) - record.raised_at, _LONGEST_MS)
    margin = max(_MARGIN_MS, length // 4)
    if configured is not None:
        margin = max(margin, min(shown_before_ms(configured, record.rule), _LONGEST_MS))
    return onset_ms - margin, record.raised_at + length + min(margin, max(_MARGIN_MS, length // 4))


def _limit_origin(configured: Configured | None, rule: Rule | None, raised: AlarmEvent, points: Sequence[Point]) -> str:
    """`file:line` of the limit, its pack, or the point's cell, where it has the value that decided."""
    if configured is None or rule is None or raised.limit is None:
        return ""
    path = f"condition.{rule.condition.kind}.{raised.level}"
    own = next((point for point in points if point.point == raised.subject), None)
    with TemporaryDirectory(prefix="tocsin-explain-") as folder:
        unpack_files(configured.stored, Path(folder) / "site")
        try:
            placed, base = placed_rule(Path(folder) / "site", configured.site, rule.id)
        except InputError:
            return ""
        for value in values_of(placed, base, own):
            if value.path == path and value.value == raised.limit:
                return value.origin
    return ""
