"""drift: a point's mean moves away from those of its neighbours (docs/reference/instrument-conditions.md)."""

from collections.abc import Sequence
from math import isfinite
from typing import ClassVar, Final

import numpy as np

from rules.conditions.march import Numbers, march
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I32, I64, LONG_AGO_MS, NEVER_MS, Bool, Index, to_ms
from rules.engine.group import settle_one
from rules.engine.levels_of_slots import per_slot
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.series import Series
from rules.engine.slots import make_slots
from rules.engine.view import View, look
from rules.schema import Drift, Rule

TURNS: Final = 12
"""Decisions in a half-life."""

SHORTEST_TURN_MS: Final = 1000

_NUMBERS: Final = 3
"""Mean, weight, time in ms of the last reading taken in."""


class DriftGroup:
    """All slots of drift rules. Means go on with each usable reading; they are compared by the clock, once a turn.

    sums        the numbers of each slot, which lie side by side in memory
    turned_at   the clock at the slot's last turn, decided_at at the last one at which it could be decided
    """

    name = "drift"
    COLUMNS: ClassVar[tuple[str, ...]] = ("sums", "turned_at", "decided_at")

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable, silent_ms: I64) -> None:
        """`silent_ms` is by point number: after so long without a usable reading a point does not count."""
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        given = [_drift(rule) for rule in rules]
        half_life_ms = [to_ms(g.half_life_s) for g in given]
        turn_ms = [max(SHORTEST_TURN_MS, ms // TURNS) for ms in half_life_ms]
        self._half_life_ms = per_slot(self.slots, [float(ms) for ms in half_life_ms])
        self._turn_ms: I64 = np.array(turn_ms, dtype=np.int64)[self.slots.rule]
        self._turns = sorted(set(turn_ms))
        self._over = per_slot(self.slots, [g.over for g in given])
        self._needed: I64 = np.array([g.min_neighbours for g in given], dtype=np.int64)[self.slots.rule]
        self._silent_ms = silent_ms
        self._neighbours = _neighbours(self.slots.rule, self.slots.point, table)
        self.bank.step_cap_ms = 3 * self._turn_ms
        self.bank.alarms.limits = self._over[None, :]
        self.sums: F64 = np.zeros((len(self.slots), _NUMBERS)).T
        self.turned_at: I64 = np.full(len(self.slots), LONG_AGO_MS)
        self.decided_at: I64 = np.full(len(self.slots), LONG_AGO_MS)
        self._before: I64 = np.full(table.size, LONG_AGO_MS)
        self._next_ms = LONG_AGO_MS
        """No turn begins before this."""

    def turns(self, before_ms: int, now_ms: int) -> bool:
        """Whether a turn begins after `before_ms`, up to `now_ms`."""
        return any(before_ms // turn != now_ms // turn for turn in self._turns)

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        before = np.ascontiguousarray(self.sums.T[slot].T)
        columns = (view.of(rows.t).astype(np.float64), view.of(rows.value))
        after = march(series, before, columns, [self._half_life_ms.take(slot)], _many, _one)
        self.sums.T[slot] = after.T if series.start is None else after[:, series.last].T

    def advance(self, clock: int, points: PointState, out: Output) -> None:
        """Where a turn has begun, compare the means as they stood before the entry at hand."""
        if clock < self._next_ms:
            return
        turned = clock // self._turn_ms != self.turned_at // self._turn_ms
        self._next_ms = min((clock // turn + 1) * turn for turn in self._turns) if self._turns else NEVER_MS
        self.turned_at[turned] = clock
        off, enough = self._off(clock, points)
        slot = np.flatnonzero(turned & enough)
        # Of one rule each point has one slot.
        order = np.argsort(self.slots.rule[slot], kind="stable")
        bounds = np.diff(self.slots.rule[slot[order]]).nonzero()[0] + 1
        for own in np.split(slot[order], bounds):
            if len(own):
                self._settle(own, off[own], clock, out)

    def _off(self, clock: int, points: PointState) -> tuple[F64, Bool]:
        """By slot: (how far its mean is from the median of its neighbours', whether that can be said)."""
        at = self.slots.point
        counts = (self.sums[1] > 0) & ~(clock - points.heard_usable[at] > self._silent_ms[at]) & ~points.down[at]
        slot = np.flatnonzero(counts)
        mean, neighbours = self.sums[0][slot], self._neighbours[slot]
        order = np.lexsort((mean, neighbours))
        slot, mean = slot[order], mean[order]
        series = Series.of_keys(neighbours[order])
        others = series.per_row(series.length) - 1
        place = series.place()
        start = np.arange(len(slot)) - place

        def other(k: Index) -> F64:
            """The k-th smallest mean among the others of each row."""
            found: F64 = mean[np.minimum(start + k + (k >= place), max(len(mean) - 1, 0))]
            return found

        off = np.full(len(at), np.nan)
        enough = np.zeros(len(at), dtype=np.bool_)
        enough[slot] = others >= self._needed[slot]
        if len(slot):
            off[slot] = mean - (other(np.maximum(others - 1, 0) // 2) + other(others // 2)) / 2
        return off, enough

    def _settle(self, slot: Index, off: F64, clock: int, out: Output) -> None:
        n = len(slot)
        at, now = self.slots.point[slot], np.full(n, clock)
        self._before[at] = self.decided_at[slot]
        self.decided_at[slot] = clock
        none = np.zeros(n, dtype=np.uint8)
        rows = Rows(at, now, off, none, now, np.zeros(n, dtype=np.int16), None, Series(n))
        raw = np.abs(off) > self._over[slot]
        settle_one(self.bank, raw, rows, View(slot, Series(n), None), off, self._before, out)


def _neighbours(rule: I32, point: Index, table: PointTable) -> Index:
    """By slot: a number that the slots of one rule on points of one unit and kind share."""
    numbers: dict[tuple[int, str, str], int] = {}
    found = []
    for r, p in zip(rule.tolist(), point.tolist(), strict=True):
        of = table.points[p]
        assert of is not None  # noqa: S101 - a slot stands on a point of the site
        found.append(numbers.setdefault((r, of.unit, of.kind), len(numbers)))
    return np.array(found, dtype=np.intp)


def _many(state: F64, columns: Sequence[F64], settings: Sequence[F64]) -> F64:
    t, y = columns
    mean, weight, last_t = state
    after = np.empty_like(state)
    after[1] = np.exp2(-(t - last_t) / settings[0]) * weight + 1
    after[0] = mean + (y - mean) / after[1]
    after[2] = t
    after[:, ~np.isfinite(after[0])] = 0
    return after


def _one(state: Numbers, row: Numbers, settings: Numbers) -> Numbers:
    t, y = row
    mean, weight, last_t = state
    weight = float(np.exp2(-(t - last_t) / settings[0])) * weight + 1
    mean = mean + (y - mean) / weight
    return (mean, weight, t) if isfinite(mean) else (0.0, 0.0, 0.0)


def _drift(rule: Rule) -> Drift:
    assert rule.condition.drift is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.drift
