"""Readings and alarm events as InfluxDB line protocol, nanosecond precision (docs/reference/influxdb.md)."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.entries import Readings
from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, QUALITY_MASK, RETAINED, Quality
from plant.site import Point, Site
from rules.events import AlarmEvent
from tocsin.followers.influx.escape import tag, text
from tocsin.followers.influx.instants import tell_apart

_NS_PER_MS: Final = 1_000_000
_EVENTS_PER_MS: Final = 1_000_000
"""Events at one millisecond are told apart by their number modulo this, in nanoseconds."""

_COLOURS: Final = {"red": 4, "orange": 3, "yellow": 2, "blue": 1}

Where = tuple[str, str]
"""(unit, region) of a subject, "" where there is none."""


class PointPrefixes:
    """`reading,point=...,... ` for each point number: all of a line that does not change from reading to reading.

    Made once for a version of the site. `ids` are the registry's point ids in the order of their numbers; it may
    grow behind our back, and holds points that the site no longer has: those are tagged with their id alone.
    """

    def __init__(self, ids: Sequence[str], site: Site | None, measurement: str = "reading") -> None:
        self._ids = ids
        self._measurement = measurement
        self._points: Mapping[str, Point] = site.points if site is not None else {}
        self._prefixes: list[str] = []

    def upto(self, number: int) -> list[str]:
        """The prefixes by point number, at least up to and with `number`.

        A number that the registry never gave (it should not happen) is tagged `number-N`, so that nothing is lost.
        """
        known = min(number + 1, len(self._ids))
        self._prefixes.extend(self._prefix(self._ids[n]) for n in range(len(self._prefixes), known))
        strangers = range(len(self._prefixes), number + 1)
        if not strangers:
            return self._prefixes
        return [*self._prefixes, *(self._prefix(f"number-{n}") for n in strangers)]

    def _prefix(self, point_id: str) -> str:
        tags = tag("point", point_id)
        point = self._points.get(point_id)
        if point is not None:
            tags += tag("enterprise", point.enterprise) + tag("unit", point.unit) + tag("kind", point.kind)
        return f"{self._measurement}{tags} "


def stored_form(entry: Readings) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Times in ms and qualities as history keeps them, by semantics 1.5 and 2.

    A timestamp that is missing, unreadable, before 2015 or over a minute ahead gives way to received_at (all but the
    missing make good uncertain); a value that is not finite is bad. The RETAINED mark is not in the qualities.
    """
    return stored_columns(entry.batch, np.full(len(entry.batch), entry.received_at_ms, dtype=np.int64))


def stored_columns(batch: Batch, received_at_ms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The same for rows that came at times of their own."""
    measured = batch.measured_at_ms
    unusable = (measured < OLDEST_TIME_MS) | (measured > received_at_ms + AHEAD_MS)
    times = np.where(unusable, received_at_ms, measured)
    quality = batch.quality & np.uint8(QUALITY_MASK)
    quality[unusable & (measured != NO_TIME_MS) & (quality == Quality.GOOD)] = Quality.UNCERTAIN
    quality[~np.isfinite(batch.value)] = Quality.BAD
    return times, quality


def reading_lines(entry: Readings, prefixes: PointPrefixes) -> list[str]:
    """One line for each reading of the entry, in its order.

    Equal readings (point, time, value, quality) of one entry give one line; others of one point at one millisecond
    stand a nanosecond apart.
    """
    batch = entry.batch
    if not len(batch):
        return []
    times, quality = stored_form(entry)
    rows, ordinal = tell_apart(batch.point, times, batch.value, quality)
    stamps_ns = times * _NS_PER_MS + ordinal
    point, value, shown, stamp_ns = batch.point[rows], batch.value[rows], quality[rows], stamps_ns[rows]
    prefix = prefixes.upto(int(point.max()))
    lines = [
        f"{prefix[p]}value={v!r},quality={q}i {t}"
        for p, v, q, t in zip(point.tolist(), value.tolist(), shown.tolist(), stamp_ns.tolist(), strict=True)
    ]
    retained = (batch.quality[rows] & RETAINED) != 0
    for i in np.flatnonzero(retained | (shown == Quality.BAD)).tolist():
        fields = _odd_fields(float(value[i]), int(shown[i]), bool(retained[i]))
        lines[i] = f"{prefix[int(point[i])]}{fields} {int(stamp_ns[i])}"
    return lines


def _odd_fields(value: float, quality: int, retained: bool) -> str:
    """A bad value stands in a field of its own, so that no mean over `value` ever holds one."""
    fields = f"quality={quality}i"
    if math.isfinite(value):
        fields = f"{'bad_value' if quality == Quality.BAD else 'value'}={value!r},{fields}"
    return fields + (",retained=true" if retained else "")


def event_line(cursor: int, event: AlarmEvent, ordinal: int, where: Where = ("", "")) -> str:
    """One line for an alarm event; `cursor` is its number in the alarm book, `ordinal` its number within its alarm.

    `where` is (unit, region) of its subject.

    Subjects are fields: as tags they would make a series of each (rule, subject). So events of different subjects
    share series, and the book's number, which no two events share, keeps those of one millisecond apart.
    """
    tags = (
        tag("enterprise", event.enterprise)
        + tag("rule", event.rule)
        + tag("severity", event.severity)
        + tag("event", event.event)
        + tag("side", event.side)
        + tag("exercise", "true" if event.exercise else "false")
        + tag("region", where[1])
    )
    fields = [
        f"alarm={text(event.alarm)}",
        f"subject={text(event.subject)}",
        f"level={text(event.level)}",
        f"reason={text(event.reason)}",
        f"version={event.version}i",
        f"ordinal={ordinal}i",
        f"raised_at={event.raised_at}i",
        f"historical={'true' if event.historical else 'false'}",
        f"colour={_COLOURS.get(event.severity, 0)}i",
    ]
    if where[0]:
        fields.append(f"unit={text(where[0])}")
    if event.value is not None and math.isfinite(event.value):
        fields.append(f"value={float(event.value)!r}")
    if event.limit is not None and math.isfinite(event.limit):
        fields.append(f"limit={float(event.limit)!r}")
    if event.onset is not None:
        fields.append(f"onset={event.onset}i")
    if event.pending:
        fields.append(f"pending={text(' '.join(event.pending))}")
    if event.forecast is not None:
        spans = {
            "forecast_at": event.forecast.at,
            "forecast_from": event.forecast.from_,
            "forecast_to": event.forecast.to,
        }
        fields += [f"{name}={ms}i" for name, ms in spans.items() if ms is not None]
    return f"alarm{tags} {','.join(fields)} {event.at * _NS_PER_MS + cursor % _EVENTS_PER_MS}"
