"""The effective state of an alarm: a fold in a fixed order, first match wins (semantics 5.6; pure).

As docs/reference/alarm-states.md lists it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from alerts.machine import ACTIVE, State
from alerts.record import AlarmRecord


class Effective(StrEnum):
    """In order: what comes first goes before what follows."""

    DISABLED = "disabled"
    OUT_OF_SERVICE = "out_of_service"
    SHELVED = "shelved"
    SUPPRESSED_BY_DESIGN = "suppressed_by_design"
    ON_DELAY = "on_delay"
    LATCHED = "latched"
    ACTIVE = "active"
    OFF_DELAY = "off_delay"
    NORMAL = "normal"


class Facts(NamedTuple):
    """What the effective state is made of. `holds` is the raw condition, where it is known apart from the alarm."""

    state: State = State.NEW
    override_kind: str | None = None
    suppressed: bool = False
    holds: bool | None = None


_LATCHED: Final = frozenset({State.LATCHED_UNACKNOWLEDGED, State.LATCHED_ACKNOWLEDGED})

_ORDER: Final[tuple[tuple[Effective, Callable[[Facts], bool]], ...]] = (
    (Effective.DISABLED, lambda f: f.override_kind == "disabled"),
    (Effective.OUT_OF_SERVICE, lambda f: f.override_kind == "out_of_service"),
    (Effective.SHELVED, lambda f: f.override_kind == "shelved"),
    (Effective.SUPPRESSED_BY_DESIGN, lambda f: f.suppressed),
    (Effective.ON_DELAY, lambda f: f.state not in ACTIVE and f.holds is True),
    (Effective.LATCHED, lambda f: f.state in _LATCHED),
    (Effective.ACTIVE, lambda f: f.state in ACTIVE and f.holds is not False),
    (Effective.OFF_DELAY, lambda f: f.state in ACTIVE),
    (Effective.NORMAL, lambda f: True),
)


def effective_of(facts: Facts) -> Effective:
    """The first of the order that holds."""
    return next(effective for effective, holds in _ORDER if holds(facts))


def effective_state(
    record: AlarmRecord | None, override_kind: str | None = None, *, holds: bool | None = None
) -> Effective:
    """The effective state of an alarm, None where none is open.

    `override_kind` is that of the first override over it, where the record does not say it yet; `holds` the raw
    condition where it is known, so that waiting for a delay shows.
    """
    if record is None:
        return effective_of(Facts(override_kind=override_kind, holds=holds))
    kind = override_kind or record.override_kind
    return effective_of(Facts(record.state, kind, record.suppressed_by is not None, holds))
