"""The rows of a block as the slots of a group see them."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import Bool, Index
from rules.engine.points import Rows
from rules.engine.series import Series
from rules.engine.slots import Slots

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One series of rows for each slot.

    slot    by series, distinct
    row     by view row: the row of the block; None where they are one to one
    """

    slot: Index
    series: Series
    row: Index | None

    def of(self, column: NDArray[T]) -> NDArray[T]:
        """A column of the block as a column of the view."""
        return column if self.row is None else column.take(self.row)

    def pick(self, mark: Bool) -> tuple["View", Index] | None:
        """(the marked series alone, their rows in this view); None where no series is marked."""
        which = mark.nonzero()[0]
        if not len(which):
            return None
        series, at = self.series.pick(which)
        return View(self.slot[which], series, at if self.row is None else self.row[at]), at


def look(slots: Slots, rows: Rows) -> View:
    """The view of a group's slots on the rows of a block."""
    which, slot = slots.of(rows.points)
    if which is None:
        return View(slot, rows.series, None)
    series, row = rows.series.pick(which)
    return View(slot, series, row)
