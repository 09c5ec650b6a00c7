"""Schedules of the slots of a group: which rows may be raw-true (docs/reference/schedules.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rules.engine.circumstances import Bound, Circumstances, Outlook
from rules.engine.columns import I64, Bool, Index
from rules.engine.hours import Hours
from rules.engine.points import Rows
from rules.engine.series import Series
from rules.engine.slots import Slots
from rules.engine.view import View
from rules.schema import AnyLevel


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """What a rule says of when it counts: its hours, its `while`, and the formulas of its `when`, in order."""

    hours: Hours | None = None
    while_: Bound | None = None
    when: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """Rows of a view: whether the rule is active; `always` is by level and row: levels that take no notice."""

    active: Bool
    always: Bool | None

    def level(self, k: int) -> Bool:
        """Whether a level may be true in each row."""
        return self.active if self.always is None else self.active | self.always[k]

    def pick(self, rows: Index) -> "Gated":
        """These rows alone."""
        return Gated(self.active[rows], None if self.always is None else self.always[:, rows])


class SlotHours:
    """The hours of each slot's rule; few slots' hours differ."""

    def __init__(self, slots: Slots, hours: Sequence[Hours | None]) -> None:
        """`hours` are by rule of the slots."""
        self._distinct = list({id(h): h for h in hours if h is not None}.values())
        of_rule = [-1 if h is None else next(i for i, d in enumerate(self._distinct) if d is h) for h in hours]
        self._of_slot: Index = np.array(of_rule, dtype=np.intp)[slots.rule]

    def in_force(self, slot: Index, t: I64) -> Bool:
        """Whether t lies in the hours of its slot."""
        active: Bool = np.ones(len(t), dtype=np.bool_)
        for hours, rows in self._groups(slot):
            active[rows] = hours.in_force(t[rows])
        return active

    def next_in_force(self, slot: Index, t: I64) -> I64:
        """t, or the start of the hours that come next."""
        following = t.copy()
        for hours, rows in self._groups(slot):
            following[rows] = hours.next_in_force(t[rows])
        return following

    def _groups(self, slot: Index) -> list[tuple[Hours, Index | slice]]:
        of_row = self._of_slot.take(slot)
        if len(self._distinct) == 1 and bool((of_row == 0).all()):
            return [(self._distinct[0], slice(None))]
        present = [i for i in np.unique(of_row).tolist() if i >= 0]
        return [(self._distinct[i], (of_row == i).nonzero()[0]) for i in present]


class Gate:
    """Tells for the rows of a group's view whether their rules are active."""

    def __init__(
        self,
        slots: Slots,
        levels: Sequence[AnyLevel],
        timings: Sequence[Timing],
        surroundings: Outlook | None,
    ) -> None:
        self._hours = SlotHours(slots, [timing.hours for timing in timings])
        bounds = [timing.while_ for timing in timings]
        self._circumstances: Circumstances | None = None
        if surroundings is not None and any(bound is not None for bound in bounds):
            self._circumstances = Circumstances(slots, bounds, surroundings, absent=True)
        never = np.array([[level in rule.never_suppress for rule in slots.rules] for level in levels], dtype=np.bool_)
        self._always: Bool | None = never[:, slots.rule] if never.any() else None

    def at(self, rows: Rows, view: View) -> Gated | None:
        """None where the rule of every row is active."""
        slot = view.series.per_row(view.slot)
        active = self._hours.in_force(slot, view.of(rows.t))
        if self._circumstances is not None:
            # What can't be known must not hide an alarm: only a formula that is false ends it.
            active &= ~self._circumstances.truth(view, view.of(rows.received)).false
        if active.all():
            return None
        return Gated(active, None if self._always is None else self._always[:, slot])


def latch(series: Series, to_true: Bool, to_false: Bool, before: Bool, gated: Gated | None, k: int) -> Bool:
    """`Series.latch` of a level, which is false where its rule is not active."""
    if gated is not None:
        allowed = gated.level(k)
        to_true, to_false = to_true & allowed, to_false | ~allowed
    return series.latch(to_true, to_false, before)
