"""The points of a unit as its page shows them: what stays, and what changes every second (pure)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from alerts.wording.figures import figure
from plant.quality import Quality
from plant.site import Point
from tocsin.centre.latest import Latest
from tocsin.centre.rules_of import LevelLimit
from tocsin.console.places.bar import Scale, scale_of
from tocsin.console.places.kinds import point_kind
from tocsin.console.units import unit_sign
from tocsin.console.words import Language

OLD_PERIODS: Final = 3
"""A periodic point that has said nothing for so many periods is old."""

State = Literal["good", "uncertain", "bad", "old", "never"]
_OF_QUALITY: Final[dict[Quality, State]] = {Quality.GOOD: "good", Quality.UNCERTAIN: "uncertain", Quality.BAD: "bad"}


class PointRow(NamedTuple):
    """What stays while the page is open. `limits` is in words, from the lowest up."""

    point: str
    kind: str
    symbol: str
    device: str
    limits: tuple[LevelLimit, ...]
    scale: Scale | None
    old_ms: int | None
    """Silent for longer, it is old; None: it reports on change."""


class PointNow(NamedTuple):
    """What changes.

    number    the value, where it can be used
    severity  the worst of its alarms whose condition is on; "" where there is none
    over      none is on, but one that was has yet to be acknowledged or reset
    at        where the value stands on the bar, in percent
    """

    point: str
    number: float | None
    figure: str
    state: State
    severity: str
    over: bool
    at: float | None
    heard_ms: int | None

    def form(self) -> dict[str, Any]:
        """For the page's script."""
        return self._asdict()


def row_of(point: Point, limits: Sequence[LevelLimit], language: Language) -> PointRow:
    return PointRow(
        point=point.point,
        kind=point_kind(point.kind, language),
        symbol=unit_sign(point.unit_symbol),
        device=point.device or "",
        limits=tuple(limits),
        scale=scale_of(point.range_low, point.range_high, limits),
        old_ms=None if point.report == "on_change" else round(OLD_PERIODS * point.period_s * 1000),
    )


def now_of(row: PointRow, latest: Latest | None, severity: str | None, now_ms: int) -> PointNow:
    """A point at this moment; `severity` of its open alarms, "" if none of them is on, None if there is none.

    A bad value is not shown as one: nobody should read it.
    """
    shown, over = severity or "", severity == ""
    if latest is None:
        return PointNow(row.point, None, "—", "never", shown, over, None, None)
    state = _OF_QUALITY[latest.quality]
    if row.old_ms is not None and now_ms - latest.received_at_ms > row.old_ms + 1000:
        state = "old"
    usable = latest.value if state != "bad" else None
    at = row.scale.at(usable) if row.scale is not None and usable is not None else None
    return PointNow(row.point, usable, figure(usable), state, shown, over, at, latest.received_at_ms)


def changed(before: Mapping[str, PointNow], after: Sequence[PointNow]) -> list[PointNow]:
    """Those that look otherwise; the time at which they were heard alone is no news."""
    return [now for now in after if _looks(before.get(now.point)) != _looks(now)]


def _looks(now: PointNow | None) -> tuple[object, ...] | None:
    return None if now is None else (now.figure, now.state, now.severity, now.over, now.at)
