"""Limits of each slot of a levelled kind: the rule's values, replaced by the point's cells (semantics 3.1)."""

import numpy as np

from rules.engine.columns import F64
from rules.engine.point_table import PointTable
from rules.engine.slots import Slots
from rules.schema import AnyLevel, Level, Rule

ORDER: tuple[Level, ...] = ("ll", "l", "h", "hh")


def levels_used(rules: list[Rule]) -> tuple[AnyLevel, ...]:
    """The levels that any of the rules names, from ll to hh; ("on",) where the kind has no others."""
    named = {level for rule in rules for level in rule.levels}
    return ("on",) if named == {"on"} else tuple(level for level in ORDER if level in named)


def rule_values(slots: Slots, levels: tuple[AnyLevel, ...]) -> F64:
    """The rules' own values by level and slot; NaN where a rule lacks the level or gives no value."""
    values = np.full((len(levels), len(slots.rules)), np.nan)
    for r, rule in enumerate(slots.rules):
        given = getattr(rule.condition, rule.condition.kind)
        for k, level in enumerate(levels):
            value = getattr(given, level) if level in rule.levels else None
            if value is not None:
                values[k, r] = value
    by_slot: F64 = values[:, slots.rule]
    return by_slot


def with_cells(values: F64, deadband: F64, slots: Slots, levels: tuple[AnyLevel, ...], table: PointTable) -> None:
    """Replace, in place, named levels and deadbands by the point's cells, unless the rule says `cells: false`."""
    takes = np.array([rule.cells for rule in slots.rules], dtype=np.bool_)[slots.rule]
    for k, level in enumerate(levels):
        names = np.array([level in rule.levels for rule in slots.rules], dtype=np.bool_)[slots.rule]
        cell = table.cells[level][slots.point]
        np.copyto(values[k], cell, where=takes & names & ~np.isnan(cell))
    cell = table.cells["deadband"][slots.point]
    np.copyto(deadband, cell, where=takes & ~np.isnan(cell))


def fill_from_cells(values: F64, slots: Slots, levels: tuple[AnyLevel, ...], table: PointTable) -> None:
    """Put, in place, the point's cell where a rule names a level without a value, unless it says `cells: false`."""
    takes = np.array([rule.cells for rule in slots.rules], dtype=np.bool_)[slots.rule]
    for k, level in enumerate(levels):
        names = np.array([level in rule.levels for rule in slots.rules], dtype=np.bool_)[slots.rule]
        np.copyto(values[k], table.cells[level][slots.point], where=takes & names & np.isnan(values[k]))


def first_of(values: F64) -> F64:
    """By slot: the first of its levels that has a value, from ll to hh; 0 where none has."""
    first = np.zeros(values.shape[1])
    for row in values[::-1]:
        np.copyto(first, row, where=~np.isnan(row))
    return first


def per_slot(slots: Slots, values: list[float]) -> F64:
    """A setting of each rule as a column of slots."""
    column: F64 = np.array(values, dtype=np.float64)[slots.rule]
    return column
