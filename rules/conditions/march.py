"""Recurrences along series that must be done strictly one reading after the other."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from rules.engine.columns import F64
from rules.engine.rounds import rounds
from rules.engine.series import Series

Numbers = tuple[float, ...]

NARROW: Final = 24
"""With fewer series side by side than this, plain numbers are faster than columns."""


def march(
    series: Series,
    state: F64,
    columns: Sequence[F64],
    settings: Sequence[F64],
    many: Callable[[F64, Sequence[F64], Sequence[F64]], F64],
    one: Callable[[Numbers, Numbers, Numbers], Numbers],
) -> F64:
    """The state after each row, by number and row.

    `state` is by number and series, `columns` are by row, `settings` by series. `many` and `one` are the same step, on
    columns and on plain numbers: (state before, the row's numbers, the settings) -> state after.
    """
    if series.start is None:
        return many(state, columns, settings)
    longest = int(series.length.max()) if series.rows else 0
    after = np.empty((len(state), series.rows))
    if series.rows < longest * NARROW:
        for i, (begin, last) in enumerate(zip(series.start.tolist(), series.last.tolist(), strict=True)):
            numbers: Numbers = tuple(state[:, i].tolist())
            given = tuple(float(column[i]) for column in settings)
            rows = []
            for row in zip(*(column[begin : last + 1].tolist() for column in columns), strict=True):
                numbers = one(numbers, row, given)
                rows.append(numbers)
            after[:, begin : last + 1] = np.array(rows).T
        return after
    now = state.copy()
    of_row = series.per_row(np.arange(len(series.start)))
    for turn in rounds(series.place(), np.arange(series.rows)):
        which = of_row[turn]
        stepped = many(now[:, which], [column[turn] for column in columns], [column[which] for column in settings])
        now[:, which] = stepped
        after[:, turn] = stepped
    return after
