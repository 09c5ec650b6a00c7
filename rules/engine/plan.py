"""A plan: one site and its rules, compiled into columns. Making it reads nothing and decides nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from plant.registry import PointRegistry
from plant.site import Site
from rules.conditions.deviation import DeviationGroup
from rules.conditions.discrete import DiscreteGroup
from rules.conditions.forecast import ForecastGroup
from rules.conditions.frozen import FrozenGroup
from rules.conditions.limit import LimitGroup
from rules.conditions.range_ import RangeGroup
from rules.conditions.rate import RateGroup
from rules.conditions.stale import StaleGroup
from rules.conditions.twa import TwaGroup
from rules.conditions.window import WindowGroup, window_of
from rules.engine.columns import Index
from rules.engine.group import Group
from rules.engine.point_table import PointTable, point_table
from rules.schema import Rule
from rules.subjects import SubjectIndex

_PLAIN: dict[str, Callable[[list[Rule], Sequence[Index], PointTable], Group]] = {
    "limit": LimitGroup,
    "discrete": DiscreteGroup,
    "rate": RateGroup,
    "twa": TwaGroup,
    "frozen": FrozenGroup,
    "forecast": ForecastGroup,
    "deviation": DeviationGroup,
    "range": RangeGroup,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What `Engine` needs of a configuration. `subjects` are the point numbers of each rule, in rule order."""

    table: PointTable
    rules: tuple[Rule, ...]
    subjects: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """Fresh groups of a plan: those on usable readings, those on finite ones, and silence."""

    usable: tuple[Group, ...]
    finite: tuple[Group, ...]
    stale: StaleGroup | None


def make_plan(site: Site, rules: Sequence[Rule], registry: PointRegistry) -> Plan:
    """Compile. Rules must have been checked against the site (rules.loader); disabled ones are left out."""
    enabled = [rule for rule in rules if rule.enabled]
    index = SubjectIndex(site)
    number_of = np.array([registry.numbers[point.point] for point in index.points], dtype=np.intp)
    return Plan(
        table=point_table(site, registry),
        rules=tuple(enabled),
        subjects=tuple(np.sort(number_of[index.positions_of(rule)]) for rule in enabled),
    )


def make_groups(plan: Plan) -> Groups:
    """Groups with nothing in their state. Rules that apply to no point are left out."""
    by_kind: dict[str, list[tuple[Rule, Index]]] = {}
    for rule, subjects in zip(plan.rules, plan.subjects, strict=True):
        if len(subjects):
            kind = rule.condition.kind
            name = f"window.{window_of(rule).stat}" if kind == "window" else kind
            by_kind.setdefault(name, []).append((rule, subjects))
    usable: list[Group] = []
    finite: list[Group] = []
    stale: StaleGroup | None = None
    for name, members in sorted(by_kind.items()):
        rules = [rule for rule, _ in members]
        columns = [points for _, points in members]
        if name == "stale":
            stale = StaleGroup(rules, columns, plan.table)
        elif name.startswith("window."):
            usable.append(WindowGroup(name.removeprefix("window."), rules, columns, plan.table))
        else:
            group: Group = _PLAIN[name](rules, columns, plan.table)
            (finite if name == "range" else usable).append(group)
    return Groups(tuple(usable), tuple(finite), stale)
