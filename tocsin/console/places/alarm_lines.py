"""Alarms as pages about places list them (pure)."""

from collections.abc import Sequence
from typing import NamedTuple

from alerts.machine import ACTIVE, UNACKNOWLEDGED, State
from alerts.record import AlarmRecord
from alerts.wording.figures import with_unit
from tocsin.centre.alarms import Listed
from tocsin.console.units import unit_sign
from tocsin.console.words import Language


class AlarmLine(NamedTuple):
    """Times are ms; `value` and `limit` are in words, "" where there is none."""

    alarm: str
    severity: str
    text: str
    subject: str
    value: str
    at: int
    on: bool
    unacknowledged: bool
    aside: bool
    """Shelved, under an override or suppressed: nobody is called for it."""
    ended_at: int | None
    forecast_at: int | None
    limit: str


def line_of(listed: Listed, language: Language) -> AlarmLine:
    record, facts = listed
    other: Language = "en" if language == "zh" else "zh"
    return AlarmLine(
        alarm=record.alarm,
        severity=record.worst_severity if record.state is State.CLOSED else record.peak_severity,
        text=facts.text.get(language) or facts.text.get(other) or record.rule,
        subject=facts.subject_name,
        value=with_unit(facts.value, unit_sign(facts.unit_symbol)) if facts.value is not None else "",
        at=record.raised_at,
        on=record.state in ACTIVE,
        unacknowledged=record.state in UNACKNOWLEDGED,
        aside=any((record.override_kind, record.shelved_by, record.suppressed_by)),
        ended_at=record.cleared_at if record.state not in ACTIVE else None,
        forecast_at=record.forecast.at if record.forecast is not None else None,
        limit=with_unit(facts.limit, unit_sign(facts.unit_symbol)) if facts.limit is not None else "",
    )


def looks(records: Sequence[AlarmRecord]) -> tuple[tuple[object, ...], ...]:
    """What a list of alarms shows: while this stays the same, so does the list."""
    return tuple((r.alarm, r.state, r.peak_severity, r.value, r.override_kind, r.suppressed_by) for r in records)
