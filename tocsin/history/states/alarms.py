"""Alarms from raised to ended, and the list of those that stand."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from alerts.ground import Ground
from alerts.machine import ACTIVE, State
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from tocsin.database import Database
from tocsin.history.states.line import NS_PER_MS, colour, line, offset_ns, span_s

SLOTS: Final = 500

_OPEN: Final = "SELECT record FROM alarms WHERE state <> 'closed'"
_CHANGED: Final = (
    "SELECT record FROM alarms WHERE alarm IN (SELECT alarm FROM events WHERE seq > ? AND seq <= ? GROUP BY alarm)"
)


def open_alarms(db: Database) -> dict[str, AlarmRecord]:
    """Every alarm that is not closed, by id."""
    decode = msgspec.json.Decoder(AlarmRecord).decode
    return {record.alarm: record for record in (decode(form) for (form,) in db.execute(_OPEN))}


def changed_alarms(db: Database, after: int, upto: int) -> list[AlarmRecord]:
    """The alarms of the events with these numbers, as they stand now."""
    decode = msgspec.json.Decoder(AlarmRecord).decode
    return [decode(form) for (form,) in db.execute(_CHANGED, (after, upto))]


def span_line(record: AlarmRecord, ground: Ground) -> str:
    """One alarm, at the instant at which it was raised."""
    place = ground.place_of(record)
    return line(
        "alarm_span",
        {
            "enterprise": record.enterprise,
            "region": place.regions[0] if place.regions else "",
            "exercise": "true" if record.exercise else "false",
        },
        {
            "alarm": record.alarm,
            "rule": record.rule,
            "subject": record.subject,
            "side": record.side,
            "level": record.level,
            "unit": place.unit,
            "reason": record.reason,
            "severity": record.worst_severity,
            "colour": colour(record.worst_severity),
            "state": str(record.state),
            "standing": record.state is not State.CLOSED,
            "raised_at": record.raised_at,
            "ended_at": None if record.state in ACTIVE else _ended(record),
            "acknowledged_at": record.acknowledged_at,
            "duration_s": None if record.state in ACTIVE else span_s(record.raised_at, _ended(record)),
            "acknowledge_s": span_s(record.raised_at, record.acknowledged_at),
            "value": record.value,
            "limit": record.limit,
            "historical": record.historical,
        },
        record.raised_at * NS_PER_MS + offset_ns(record.alarm),
    )


def _ended(record: AlarmRecord) -> int:
    return record.last_at if record.cleared_at is None else record.cleared_at


class Slots:
    """The worst and newest alarms, each in a slot that it keeps; a slot that becomes free is written empty once."""

    def __init__(self) -> None:
        self._slot_of: dict[str, int] = {}
        self._used: set[int] = set(range(SLOTS))
        """Slots that may hold something in the store: at the start nobody knows which."""

    def lines(self, alarms: Mapping[str, AlarmRecord], ground: Ground, at_ns: int) -> list[str]:
        """The list as it is at the moment."""
        shown = sorted(
            (record for record in alarms.values() if not record.exercise),
            key=lambda r: (-severity_rank(r.peak_severity), -r.raised_at, r.alarm),
        )[:SLOTS]
        kept = {r.alarm: self._slot_of[r.alarm] for r in shown if r.alarm in self._slot_of}
        free = iter(sorted(set(range(SLOTS)) - set(kept.values())))
        self._slot_of = kept | {r.alarm: next(free) for r in shown if r.alarm not in kept}
        empty = self._used - set(self._slot_of.values())
        self._used = set(self._slot_of.values())
        return [*(_slot(self._slot_of[r.alarm], r, ground, at_ns) for r in shown), *_emptied(empty, at_ns)]


def _slot(slot: int, record: AlarmRecord, ground: Ground, at_ns: int) -> str:
    place = ground.place_of(record)
    known = ground.site.enterprises.get(record.enterprise)
    return line(
        "active",
        {"slot": str(slot)},
        {
            "alarm": record.alarm,
            "enterprise": record.enterprise,
            "enterprise_name": known.name if known is not None else "",
            "region": place.regions[0] if place.regions else "",
            "unit": place.unit,
            "subject": record.subject,
            "rule": record.rule,
            "level": record.level,
            "severity": record.peak_severity,
            "colour": colour(record.peak_severity),
            "state": str(record.state),
            "raised_at": record.raised_at,
            "value": record.value,
            "limit": record.limit,
            "acknowledged": record.state in (State.ACTIVE_ACKNOWLEDGED, State.LATCHED_ACKNOWLEDGED),
        },
        at_ns,
    )


def _emptied(slots: Iterable[int], at_ns: int) -> list[str]:
    return [line("active", {"slot": str(slot)}, {"alarm": "", "colour": 0}, at_ns) for slot in sorted(slots)]
