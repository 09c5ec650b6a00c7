"""Levels with a limit and a deadband, by level and slot (semantics 3.1): when they become true and stay true."""

from collections.abc import Sequence

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import F64, Bool
from rules.engine.gate import Gated, latch
from rules.engine.view import View
from rules.schema import AnyLevel

HIGH = ("h", "hh")


class Thresholds:
    """`on` and `off` are by level and slot; NaN where the slot lacks the level, which then is never true."""

    def __init__(self, levels: Sequence[AnyLevel], on: F64, off: F64) -> None:
        self.levels = tuple(levels)
        self.on, self.off = on, off
        slots = on.shape[1]
        high = [k for k, level in enumerate(self.levels) if level in HIGH]
        low = [k for k, level in enumerate(self.levels) if level not in HIGH]
        self._highest_safe: F64 | None = _fold(np.fmin, on, high, slots, np.inf)
        self._lowest_safe: F64 | None = _fold(np.fmax, on, low, slots, -np.inf)

    def beyond(self, view: View, value: F64) -> Bool:
        """Rows where the value reaches some level. False for NaN, which stands for `can't be computed`."""
        slot, series = view.slot, view.series
        if self._lowest_safe is None:
            assert self._highest_safe is not None  # noqa: S101 - a condition has a level
            return value >= series.per_row(self._highest_safe.take(slot))
        hit = value <= series.per_row(self._lowest_safe.take(slot))
        if self._highest_safe is not None:
            hit |= value >= series.per_row(self._highest_safe.take(slot))
        return hit

    def raw(self, view: View, value: F64, bank: LevelBank, gated: Gated | None) -> list[Bool]:
        """The raw condition per level, false where it is gated; a NaN value keeps what was."""
        slot, series = view.slot, view.series
        raws = []
        for k, level in enumerate(self.levels):
            on, off, before = series.per_row(self.on[k][slot]), series.per_row(self.off[k][slot]), bank.raw[k][slot]
            if level in HIGH:
                raws.append(latch(series, value >= on, value < off, before, gated, k))
            else:
                raws.append(latch(series, value <= on, value > off, before, gated, k))
        return raws


def _fold(pick: np.ufunc, on: F64, rows: list[int], slots: int, empty: float) -> F64 | None:
    if not rows:
        return None
    folded = np.full(slots, empty)
    for k in rows:
        folded = pick(folded, on[k])
    return folded
