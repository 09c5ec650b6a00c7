"""A group: all slots of one condition kind, evaluated together for the rows of a block."""

from typing import ClassVar, Protocol

from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, Bool
from rules.engine.output import Output
from rules.engine.points import PointState, Rows
from rules.engine.slots import Slots
from rules.engine.thresholds import Thresholds
from rules.engine.view import View


class Group(Protocol):
    """One condition kind. Its state is the bank's and the columns named in COLUMNS (first axis or last: slots)."""

    name: str
    COLUMNS: ClassVar[tuple[str, ...]]
    slots: Slots
    bank: LevelBank

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take the rows in (one series for each point; `points` is still as before them)."""


def settle_levels(
    bank: LevelBank, thresholds: Thresholds, rows: Rows, view: View, value: F64, prev_t: I64, out: Output
) -> None:
    """Settle levels with a limit and a deadband, where a value comes beyond one or a slot is busy."""
    screened = view.pick(view.series.some(thresholds.beyond(view, value)) | bank.busy.take(view.slot))
    if screened is not None:
        view, at = screened
        value = value[at]
        gated = bank.gated(rows, view)
        bank.settle(rows, view, thresholds.raw(view, value, bank, gated), value, prev_t, out, gated=gated)


def settle_one(
    bank: LevelBank,
    raw: Bool,
    rows: Rows,
    view: View,
    value: F64,
    prev_t: I64,
    out: Output,
    *,
    limits: F64 | None = None,
) -> None:
    """Settle the one level `on`, where its raw condition becomes true or a slot is busy; `limits` by row."""
    screened = view.pick(view.series.some(raw) | bank.busy.take(view.slot))
    if screened is not None:
        view, at = screened
        limits = None if limits is None else limits[at]
        gated, raw = bank.gated(rows, view), raw[at]
        if gated is not None:
            raw = raw & gated.level(0)
        bank.settle(rows, view, [raw], value[..., at], prev_t, out, limits=limits, gated=gated)
