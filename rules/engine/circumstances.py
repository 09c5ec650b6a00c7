"""Formulas over other points of a unit, for the slots of a group (docs/reference/schedules.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rules.engine.columns import F64, I64, Bool, Index
from rules.engine.slots import Slots
from rules.engine.view import View
from rules.expression import Formula, Truth


class Outlook(Protocol):
    """Tells the values of named points: the `Surroundings`, or what is kept of them."""

    def values(self, place: Index, received: I64) -> F64:
        """By row: the value of the point at a place (-1: none) before an instant; NaN where unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A formula of a rule; `at` is by its name and subject of the rule: the place of the named point, or -1."""

    formula: Formula
    at: Index


class Circumstances:
    """What a formula says for each slot. Slots of one unit mostly share a *binding*: a formula over the same points."""

    def __init__(self, slots: Slots, bounds: Sequence[Bound | None], surroundings: Outlook, *, absent: bool) -> None:
        """`bounds` are by rule of the slots; where a rule has none, it is `absent`: true or false."""
        self._surroundings = surroundings
        self._absent = absent
        self._formulas = [bound.formula for bound in bounds if bound is not None]
        names = max((len(formula.names) for formula in self._formulas), default=0)
        bindings = np.full((1 + names, len(slots)), -1, dtype=np.intp)
        of_rule = np.cumsum([bound is not None for bound in bounds]) - 1
        order = np.argsort(slots.rule, kind="stable")
        ends = np.searchsorted(slots.rule[order], np.arange(len(bounds) + 1))
        for r, bound in enumerate(bounds):
            if bound is not None:
                own = order[ends[r] : ends[r + 1]]
                bindings[0, own] = of_rule[r]
                bindings[1 : 1 + len(bound.at), own] = bound.at
        distinct, inverse = np.unique(bindings, axis=1, return_inverse=True)
        self._of_slot: Index = inverse.reshape(-1).astype(np.intp)
        self._formula: Index = distinct[0]
        self._at: Index = distinct[1:]

    def truth(self, view: View, received: I64) -> Truth:
        """By row of the view, each received with the entry of that time."""
        binding = view.series.per_row(self._of_slot[view.slot])
        if len(received) >= len(self._formula) and bool((received == received[0]).all()):
            every = np.arange(len(self._formula))
            found = self._evaluate(every, np.full(len(every), received[0]))
            return Truth(found.true[binding], found.false[binding])
        return self._evaluate(binding, received)

    def _evaluate(self, binding: Index, received: I64) -> Truth:
        of_row = self._formula[binding]
        true: Bool = np.full(len(binding), self._absent)
        false: Bool = ~true
        for f in np.unique(of_row).tolist():
            if f < 0:
                continue
            rows = (of_row == f).nonzero()[0]
            formula, at, times = self._formulas[f], self._at[:, binding[rows]], received[rows]
            values = {name: self._surroundings.values(at[i], times) for i, name in enumerate(formula.names)}
            found = formula.evaluate(values, len(rows))
            true[rows], false[rows] = found.true, found.false
        return Truth(true, false)
