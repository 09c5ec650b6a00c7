"""forecast: the exponentially weighted least-squares line reaches a level soon (docs/reference/trend-conditions.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Final

import numpy as np

from rules.conditions.march import Numbers, march
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, Bool, Index, to_ms
from rules.engine.gate import latch
from rules.engine.levels_of_slots import fill_from_cells, first_of, levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import HIGH
from rules.engine.view import View, look
from rules.schema import LONGEST_S, Forecast, Rule

_NUMBERS: Final = 8
"""S0, S1, S2, T0, T1, U, V and n, in this order."""
_ROUNDING: Final = 2.0**-40
_LEAST: Final = 1e-200


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The fitted lines of rows: value now less the anchor, slope per second, its standard error times confidence."""

    t: I64
    a: F64
    b: F64
    margin: F64
    target: F64
    """By level and row: the level less the anchor."""
    known: Bool

    def seconds(self, slope: F64) -> F64:
        """By level and row: seconds until a line of this slope is at the level."""
        ahead = (self.target - self.a) / slope
        return np.where(ahead < 0, 0.0, ahead)


class ForecastGroup:
    """All slots of forecast rules; `sums` holds the numbers of each slot, which lie side by side in memory."""

    name = "forecast"
    COLUMNS: ClassVar[tuple[str, ...]] = ("sums",)

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.levels = levels_used(rules)
        self.bank = LevelBank(self.slots, self.levels, table, timers=False)
        given = [_forecast(rule) for rule in rules]
        self._limits = rule_values(self.slots, self.levels)
        fill_from_cells(self._limits, self.slots, self.levels, table)
        self.bank.alarms.limits = self._limits
        self._anchor = first_of(self._limits)
        self._half_life_ms = per_slot(self.slots, [float(to_ms(g.half_life_s)) for g in given])
        self._within_s = per_slot(self.slots, [to_ms(g.within_s) / 1000 for g in given])
        self._confidence = per_slot(self.slots, [g.confidence for g in given])
        self._min_readings = per_slot(self.slots, [float(g.min_readings) for g in given])
        self.sums: F64 = np.zeros((len(self.slots), _NUMBERS)).T

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        t = view.of(rows.t)
        step_ms = t - series.before(t, points.usable_t.take(self.slots.point.take(slot)))
        q = np.exp2(-step_ms / series.per_row(self._half_life_ms.take(slot)))
        p = view.of(rows.value) - series.per_row(self._anchor.take(slot))
        before = np.ascontiguousarray(self.sums.T[slot].T)
        after = march(series, before, (q, step_ms / 1000, p), (), _many, _one)
        self.sums.T[slot] = after.T if series.start is None else after[:, series.last].T
        screened = view.pick(series.some(self._near(view, after)) | self.bank.busy.take(slot))
        if screened is not None:
            view, at = screened
            self._settle(rows, view, after[:, at], points, out)

    def _near(self, view: View, sums: F64) -> Bool:
        """Rows whose line leads to a level soon, be it significant or not."""
        a, b, _ = _fit(sums)
        slot, per_row = view.slot, view.series.per_row
        within, anchor = per_row(self._within_s.take(slot)), per_row(self._anchor.take(slot))
        near = np.zeros(len(a), dtype=np.bool_)
        for level, limits in zip(self.levels, self._limits, strict=True):
            ahead = (per_row(limits.take(slot)) - anchor - a) / b
            near |= (b > 0 if level in HIGH else b < 0) & (ahead <= within)
        return near

    def _settle(self, rows: Rows, view: View, sums: F64, points: PointState, out: Output) -> None:
        slot, series = view.slot, view.series
        line = self._line(view, sums, view.of(rows.t))
        seconds, significant = line.seconds(line.b), self._significant(line)
        within, gated = series.per_row(self._within_s[slot]), self.bank.gated(rows, view)
        raws = []
        for k, before in enumerate(self.bank.raw):
            soon = line.known & significant[k] & (seconds[k] <= within)
            far = line.known & ~(significant[k] & ~(seconds[k] > 1.5 * within))
            raws.append(latch(series, soon, far, before[slot], gated, k))
        told = line.known & significant & (seconds <= LONGEST_S)

        def crossings(at: Index) -> F64:
            return self._crossings(line, told, at)

        value = np.where(told, seconds, np.nan)
        self.bank.settle(rows, view, raws, value, points.usable_t, out, crossings=crossings, gated=gated)

    def _line(self, view: View, sums: F64, t: I64) -> _Line:
        slot, per_row = view.slot, view.series.per_row
        s0, _, _, t0, t1, u, v, n = sums
        a, b, d = _fit(sums)
        effective = s0 * s0 / v
        residual = _larger(_larger(u - a * t0 - b * t1, _ROUNDING * u), np.full(len(u), _LEAST))
        error = np.sqrt((residual / s0) * (effective / (effective - 2)) / (effective * (d / (s0 * s0))))
        anchor = per_row(self._anchor[slot])
        return _Line(
            t=t,
            a=a,
            b=b,
            margin=per_row(self._confidence[slot]) * error,
            target=np.stack([per_row(limits[slot]) - anchor for limits in self._limits]),
            known=(n >= per_row(self._min_readings[slot])) & (effective > 2) & (d > 0),
        )

    def _significant(self, line: _Line) -> Bool:
        up, down = (line.b > 0) & (line.b > line.margin), (line.b < 0) & (-line.b > line.margin)
        return np.stack([up if level in HIGH else down for level in self.levels])

    def _crossings(self, line: _Line, told: Bool, at: Index) -> F64:
        """By (at, from, to), level and row of `at`: ms since the epoch, NaN where there is none."""
        steeper = line.b + np.where(line.b > 0, line.margin, -line.margin)
        flatter = line.b - np.where(line.b > 0, line.margin, -line.margin)
        leads = np.stack([flatter > 0 if level in HIGH else flatter < 0 for level in self.levels])
        spans = np.stack([line.seconds(line.b), line.seconds(steeper), line.seconds(flatter)])
        spans[2] = np.where(leads & (spans[2] <= LONGEST_S), spans[2], np.nan)
        times: F64 = np.rint(line.t + 1000 * np.where(told, spans, np.nan))[:, :, at]
        return times


def _fit(sums: F64) -> tuple[F64, F64, F64]:
    """(value now, slope per second, D) of the lines through the readings that the sums stand for."""
    s0, s1, s2, t0, t1 = sums[:5]
    d = s0 * s2 - s1 * s1
    return (s2 * t0 - s1 * t1) / d, (s0 * t1 - s1 * t0) / d, d


def _many(sums: F64, columns: Sequence[F64], _: Sequence[F64]) -> F64:
    q, d, p = columns
    s0, s1, s2, t0, t1, u, v, n = sums
    after = np.empty_like(sums)
    after[0] = q * s0 + 1
    after[1] = q * (s1 - d * s0)
    after[2] = q * (s2 - 2 * d * s1 + d * d * s0)
    after[3] = q * t0 + p
    after[4] = q * (t1 - d * t0)
    after[5] = q * u + p * p
    after[6] = q * q * v + 1
    after[7] = n + 1
    lost = ~np.isfinite(after[5])
    if lost.any():
        after[:, lost] = 0
    return after


def _one(sums: Numbers, row: Numbers, _: Numbers) -> Numbers:
    q, d, p = row
    s0, s1, s2, t0, t1, u, v, n = sums
    u = q * u + p * p
    if not isfinite(u):
        return (0.0,) * _NUMBERS
    return (
        q * s0 + 1,
        q * (s1 - d * s0),
        q * (s2 - 2 * d * s1 + d * d * s0),
        q * t0 + p,
        q * (t1 - d * t0),
        u,
        q * q * v + 1,
        n + 1,
    )


def _larger(x: F64, y: F64) -> F64:
    """y where y > x, else x: an x that is no number stays."""
    return np.where(y > x, y, x)


def _forecast(rule: Rule) -> Forecast:
    assert rule.condition.forecast is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.forecast
