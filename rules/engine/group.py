"""A group: all slots of one condition kind, evaluated together for the rows of a round."""

from typing import ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rules.engine.bank import LevelBank, Settling
from rules.engine.columns import F64, I64, Bool, Index
from rules.engine.output import Output
from rules.engine.points import PointState, Rows
from rules.engine.slots import Slots
from rules.engine.thresholds import Thresholds

T = TypeVar("T", np.float64, np.int64)


class Group(Protocol):
    """One condition kind. Its state is the bank's and the columns named in COLUMNS (first axis or last: slots)."""

    name: str
    COLUMNS: ClassVar[tuple[str, ...]]
    slots: Slots
    bank: LevelBank

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take the rows in (distinct points; `points` is still as before them)."""


def settle_screened(
    bank: LevelBank,
    thresholds: Thresholds,
    rows: Rows,
    row: Index | None,
    slot: Index,
    value: F64,
    prev_t: I64,
    out: Output,
) -> None:
    """Settle the slots whose value is beyond a limit, or that are busy: nothing can change on the others."""
    at = np.flatnonzero(thresholds.beyond(slot, value) | bank.busy[slot])
    if len(at):
        settle(bank, thresholds.raw(slot[at], value[at], bank), rows, row, slot, at, value, prev_t, out)


def settle(
    bank: LevelBank,
    raws: list[Bool],
    rows: Rows,
    row: Index | None,
    slot: Index,
    at: Index,
    value: F64,
    prev_t: I64,
    out: Output,
) -> None:
    """Settle the slots at `at`, whose raw conditions are given. `prev_t` is by point number."""
    source = at if row is None else row[at]
    t = rows.t[source]
    settling = Settling(
        slot=slot[at],
        t=t,
        step_ms=t - prev_t[rows.point[source]],
        value=value[at],
        reading=rows.value[source],
        received=rows.received[source],
    )
    bank.settle(settling, raws, out)


def spread(column: NDArray[T], row: Index | None) -> NDArray[T]:
    """A column of rows as a column of their slots."""
    return column if row is None else column[row]
