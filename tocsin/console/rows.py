"""A row of the alarm board, as it travels to browsers."""

import msgspec

from alerts.channels.port import Facts
from alerts.machine import ACTIVE, UNACKNOWLEDGED
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.wording.figures import figure
from tocsin.centre.marks import Mark
from tocsin.console.units import unit_sign
from tocsin.console.words import Language


class Row(msgspec.Struct, omit_defaults=True):
    """What is empty, zero or false is left out. Times are ms since the epoch."""

    id: str
    severity: str
    """The worst since it was raised or last acknowledged."""
    state: str
    at: int
    """When it was raised."""
    text: str
    subject: str = ""
    level: str = ""
    enterprise: str = ""
    enterprise_name: str = ""
    unit: str = ""
    unit_name: str = ""
    regions: tuple[str, ...] = ()
    value: str = ""
    limit: str = ""
    on: bool = False
    """Its condition is on."""
    unacknowledged: bool = False
    by: str = ""
    """Who acknowledged."""
    answered: str = ""
    """Who answered for the enterprise while it was red: the centre has yet to acknowledge."""
    aside: str = ""
    """Why nobody is called for it: shelved, out_of_service, disabled, suppressed."""
    until: int = 0
    """The end of its shelf."""
    incident: str = ""
    first: bool = False
    """First out of its incident."""
    of: int = 0
    """How many alarms its incident has had."""
    late: bool = False
    exercise: bool = False

    @property
    def calls(self) -> bool:
        """Somebody has to look at it now: it blinks, is counted and is heard."""
        return self.unacknowledged and not self.aside and not self.exercise


def row_of(record: AlarmRecord, facts: Facts, place: Place, mark: Mark | None, language: Language) -> Row:
    """The row of an open alarm (pure)."""
    sign = unit_sign(facts.unit_symbol)
    symbol = f" {sign}" if sign else ""
    other: Language = "en" if language == "zh" else "zh"
    return Row(
        id=record.alarm,
        severity=record.peak_severity,
        state=record.state.value,
        at=record.raised_at,
        text=facts.text.get(language) or facts.text.get(other) or record.rule,
        subject=facts.subject_name,
        level=record.peak_level if record.peak_level != "on" else "",
        enterprise=record.enterprise,
        enterprise_name=facts.enterprise_name,
        unit=place.unit,
        unit_name=facts.unit_name,
        regions=place.regions,
        value=f"{figure(facts.value)}{symbol}" if facts.value is not None else "",
        limit=f"{figure(facts.limit)}{symbol}" if facts.limit is not None else "",
        on=record.state in ACTIVE,
        unacknowledged=record.state in UNACKNOWLEDGED,
        by=record.acknowledged_by or "",
        answered=record.answered_by or "",
        aside=_aside(record),
        until=record.shelved_until or 0,
        incident=mark.incident if mark is not None else "",
        first=mark is not None and mark.first_out and mark.alarms > 1,
        of=mark.alarms if mark is not None else 0,
        late=record.historical,
        exercise=record.exercise,
    )


def _aside(record: AlarmRecord) -> str:
    if record.override_kind is not None:
        return record.override_kind
    if record.shelved_by is not None:
        return "shelved"
    return "suppressed" if record.suppressed_by is not None else ""
