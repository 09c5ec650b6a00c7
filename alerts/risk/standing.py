"""What an alarm adds to the state of the places it stands in (pure)."""

from typing import NamedTuple

from alerts.machine import ACTIVE, State
from alerts.record import AlarmRecord

_SILENT_AT_MOST = frozenset({"blue", "yellow"})


class Standing(NamedTuple):
    """One open alarm, as the roll-up sees it."""

    alarm: str
    subject: str
    enterprise: str
    severity: str
    active: bool
    acknowledged: bool
    withheld: str = ""
    """The kind of override it is under: it is counted and marked, and gives no colour."""
    silence: bool = False
    """It says that the point brings no data: it gives no colour of its own, the point counts as silent."""
    raised_at: int = 0


def standing_of(record: AlarmRecord, *, silence: bool) -> Standing | None:
    """What an alarm adds; None once it is closed. `silence` says that its rule is one of silent points.

    A silent point that had something pending has a severe alarm (semantics: stale), and that gives its colour.
    """
    if record.state in (State.CLOSED, State.NEW):
        return None
    active = record.state in ACTIVE
    return Standing(
        alarm=record.alarm,
        subject=record.subject,
        enterprise=record.enterprise,
        severity=record.severity if active else record.peak_severity,
        active=active,
        acknowledged=record.state in (State.ACTIVE_ACKNOWLEDGED, State.LATCHED_ACKNOWLEDGED),
        withheld=record.override_kind or ("suppressed_by_design" if record.suppressed_by is not None else ""),
        silence=silence and active and record.severity in _SILENT_AT_MOST,
        raised_at=record.raised_at,
    )
