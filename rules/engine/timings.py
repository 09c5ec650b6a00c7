"""Compiles the schedules of rules: hours in the site's time zone, formulas over the points of each unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plant.registry import PointRegistry
from plant.site import Site
from rules.engine.circumstances import Bound
from rules.engine.columns import I64, NEVER_MS, Index, to_ms
from rules.engine.gate import Timing
from rules.engine.hours import Hours
from rules.engine.point_table import PointTable
from rules.engine.surroundings import Named
from rules.expression import parse
from rules.schema import Rule
from rules.several import Resolved
from rules.unit_points import UnitPoints


@dataclass(frozen=True, slots=True)
class Timings:
    """By rule, in the order given, None where a rule is always active; and the points that formulas name, if any."""

    of_rule: tuple[Timing | None, ...]
    named: Named | None


def make_timings(
    site: Site,
    rules: Sequence[Rule],
    subjects: Sequence[Index],
    resolved: Sequence[Resolved],
    table: PointTable,
    registry: PointRegistry,
) -> Timings:
    """Compile; `subjects` are the point numbers of each rule on points, `resolved` the rules over several.

    The rules must have been checked against the site.
    """
    if not any(rule.active or rule.when for rule in rules):
        return Timings((None,) * len(rules), None)
    binder = _Binder(site, registry)
    over_several = {one.rule.id: one.ids for one in resolved}
    numbers: set[int] = set()
    bound: list[list[Index]] = []
    for rule, own in zip(rules, subjects, strict=True):
        formulas = _formulas(rule)
        # The subjects of a formula's rule over several points are units.
        units = (over_several.get(rule.id) or _units(table, own)) if formulas else ()
        bound.append([binder.numbers(text, names, units) for text, names in formulas])
    for columns in bound:
        for at in columns:
            numbers |= set(np.unique(at[at >= 0]).tolist())
    if not numbers and any(bound) and table.size:
        # Formulas that name no point of the site are decided too: any point stands in, and nobody asks for it.
        numbers = {0}
    point = np.array(sorted(numbers), dtype=np.intp)
    hours: dict[object, Hours] = {}
    of_rule = [_timing(site, rule, at, point, hours) for rule, at in zip(rules, bound, strict=True)]
    return Timings(tuple(of_rule), Named(point, silent_after(rules, subjects, table)[point]) if len(point) else None)


def _timing(site: Site, rule: Rule, bound: list[Index], point: Index, hours: dict[object, Hours]) -> Timing | None:
    if rule.active is None and not rule.when:
        return None
    bounds = []
    for (text, names), at in zip(_formulas(rule), bound, strict=True):
        places = np.where(at >= 0, np.searchsorted(point, at), -1)
        bounds.append(Bound(parse(text, names), places))
    active, own_hours = rule.active, None
    while_ = bounds.pop(0) if active is not None and active.while_ is not None else None
    if active is not None and (active.shift or active.calendar):
        shifts = active.shift or ()
        made = Hours(site.timezone, shifts, active.calendar, site.calendar)
        own_hours = hours.setdefault((shifts, active.calendar), made)
    return Timing(own_hours, while_, tuple(bounds))


def _formulas(rule: Rule) -> list[tuple[str, Mapping[str, str]]]:
    """(text, what its names mean): that of `active` first, then those of `when`."""
    formulas: list[tuple[str, Mapping[str, str]]] = []
    if rule.active is not None and rule.active.while_ is not None and rule.active.points is not None:
        formulas.append((rule.active.while_, rule.active.points))
    return formulas + [(entry.while_, entry.points) for entry in rule.when]


def _units(table: PointTable, subjects: Index) -> list[str]:
    """The unit of each of these points."""
    points = [table.points[number] for number in subjects.tolist()]
    return [point.unit for point in points if point is not None]


class _Binder:
    """Finds the points that names mean in the unit of each subject."""

    def __init__(self, site: Site, registry: PointRegistry) -> None:
        self._units = UnitPoints(site)
        self._numbers = registry.numbers

    def numbers(self, text: str, names: Mapping[str, str], units: Sequence[str]) -> Index:
        """By name of the formula and subject (of these units): the number of the point, or -1 where it has none."""
        used = parse(text, names).names
        of_unit: dict[str, list[int]] = {}
        at = np.full((len(used), len(units)), -1, dtype=np.intp)
        for i, unit in enumerate(units):
            found = of_unit.get(unit)
            if found is None:
                found = of_unit[unit] = [self._number(unit, names[name]) for name in used]
            at[:, i] = found
        return at

    def _number(self, unit: str, what: str) -> int:
        found = self._units.matching(unit, what)
        return self._numbers[found[0].point] if found else -1


def silent_after(rules: Sequence[Rule], subjects: Sequence[Index], table: PointTable) -> I64:
    """By point number: the silence after which a point is unknown (docs/reference/several-points.md)."""
    shortest = np.full(table.size, NEVER_MS)
    for rule, own in zip(rules, subjects, strict=True):
        stale = rule.condition.stale
        if stale is not None:
            after = table.gap_ms[own] if stale.after_s is None else np.full(len(own), to_ms(stale.after_s))
            shortest[own] = np.minimum(shortest[own], after)
    usual = np.where(table.on_change, NEVER_MS, table.gap_ms)
    return np.where(shortest < NEVER_MS, shortest, usual)
