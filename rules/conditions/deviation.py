"""deviation: far from the point's own exponentially weighted mean (docs/reference/trend-conditions.md)."""

from collections.abc import Sequence
from math import isfinite, nan, sqrt
from typing import ClassVar, Final

import numpy as np

from rules.conditions.march import Numbers, march
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, Index, to_ms
from rules.engine.group import settle_one
from rules.engine.levels_of_slots import per_slot
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.view import look
from rules.schema import Deviation, Rule

_NUMBERS: Final = 7
"""Mean m, weight W, sum M, readings n, time in ms of the last one taken in, raw (0 or 1), and the bound."""


class DeviationGroup:
    """All slots of deviation rules; `sums` holds the numbers of each slot, which lie side by side in memory."""

    name = "deviation"
    COLUMNS: ClassVar[tuple[str, ...]] = ("sums",)

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        given = [_deviation(rule) for rule in rules]
        self._settings = (
            per_slot(self.slots, [g.k for g in given]),
            per_slot(self.slots, [float(to_ms(g.half_life_s)) for g in given]),
            per_slot(self.slots, [float(g.min_count) for g in given]),
            per_slot(self.slots, [g.min_sd for g in given]),
            per_slot(self.slots, [float(g.side != "low") for g in given]),
            per_slot(self.slots, [float(g.side != "high") for g in given]),
        )
        self.sums: F64 = np.zeros((len(self.slots), _NUMBERS)).T

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        value = view.of(rows.value)
        before = np.ascontiguousarray(self.sums.T[slot].T)
        settings = [column.take(slot) for column in self._settings]
        gated = self.bank.gated(rows, view)
        active = np.ones(len(value)) if gated is None else gated.active.astype(np.float64)
        columns = (view.of(rows.t).astype(np.float64), value, active)
        after = march(series, before, columns, settings, _many, _one)
        self.sums.T[slot] = after.T if series.start is None else after[:, series.last].T
        settle_one(self.bank, after[5] != 0, rows, view, value, points.usable_t, out, limits=after[6])


def _many(state: F64, columns: Sequence[F64], settings: Sequence[F64]) -> F64:
    t, y, active = columns
    k, half_life_ms, min_count, min_sd, high, low = settings
    mean, weight, total, n, last_t, was, _ = state
    known = n >= min_count
    spread = np.sqrt(total / weight)
    band = k * np.where(min_sd > spread, min_sd, spread)
    off = y - mean
    raw = ((high != 0) & (off > band)) | ((low != 0) & (mean - y > band))
    raw = np.where(known, raw, was != 0) & (active != 0)
    q = np.exp2(-(t - last_t) / half_life_ms)
    after = np.empty_like(state)
    after[1] = q * weight + 1
    after[0] = mean + off / after[1]
    total = q * total + off * (y - after[0])
    after[2] = np.where(total < 0, 0.0, total)
    after[3] = n + 1
    after[4] = t
    lost = ~(np.isfinite(after[0]) & np.isfinite(after[2])) & ~raw
    np.copyto(after[:5], state[:5], where=raw)
    after[:5, lost] = 0
    after[5] = raw
    after[6] = np.where(known, np.where(y > mean, mean + band, mean - band), np.nan)
    return after


def _one(state: Numbers, row: Numbers, settings: Numbers) -> Numbers:
    t, y, active = row
    k, half_life_ms, min_count, min_sd, high, low = settings
    mean, weight, total, n, last_t, was, _ = state
    bound = nan
    raw = was != 0
    off = y - mean
    if n >= min_count:
        spread = sqrt(total / weight)
        band = k * (min_sd if min_sd > spread else spread)
        raw = (high != 0 and off > band) or (low != 0 and mean - y > band)
        bound = mean + band if y > mean else mean - band
    if raw and active != 0:
        return mean, weight, total, n, last_t, 1.0, bound
    q = float(np.exp2(-(t - last_t) / half_life_ms))
    weight = q * weight + 1
    mean = mean + off / weight
    total = q * total + off * (y - mean)
    if not (isfinite(mean) and isfinite(total)):
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, bound
    return mean, weight, 0.0 if total < 0 else total, n + 1, t, 0.0, bound


def _deviation(rule: Rule) -> Deviation:
    assert rule.condition.deviation is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.deviation
