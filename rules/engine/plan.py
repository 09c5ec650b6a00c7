"""A plan: one site and its rules, compiled into columns. Making it reads nothing and decides nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from plant.registry import PointRegistry
from plant.site import Site
from rules.conditions.calibration import CalibrationGroup
from rules.conditions.clock import ClockGroup
from rules.conditions.deviation import DeviationGroup
from rules.conditions.discrete import DiscreteGroup
from rules.conditions.drift import DriftGroup
from rules.conditions.flapping import FlappingGroup, flapping_of
from rules.conditions.forecast import ForecastGroup
from rules.conditions.frozen import FrozenGroup
from rules.conditions.limit import LimitGroup
from rules.conditions.limit_when import LimitWhenGroup
from rules.conditions.range_ import RangeGroup
from rules.conditions.rate import RateGroup
from rules.conditions.stale import StaleGroup
from rules.conditions.twa import TwaGroup
from rules.conditions.window import WindowGroup, window_of
from rules.engine.columns import Index
from rules.engine.gate import Gate, Timing
from rules.engine.group import Group
from rules.engine.point_table import PointTable, point_table
from rules.engine.several.layout import Layout, lay_out
from rules.engine.surroundings import Surroundings
from rules.engine.timings import Timings, make_timings, silent_after
from rules.schema import Rule
from rules.several import SEVERAL, resolve
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
    "clock": ClockGroup,
}


_ROWS = {"range": "finite", "clock": "taken", "flapping": "arrived"}
"""On which readings a kind looks, other than the usable ones."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `Engine` needs of a configuration. `subjects` are the point numbers of each rule, in rule order."""

    table: PointTable
    rules: tuple[Rule, ...]
    subjects: tuple[Index, ...]
    timings: Timings
    several: Layout | None
    """Rules over several points; they stand in `rules` too, with no subjects there."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Fresh groups of a plan, by what they look at, and what schedules look at.

    usable, finite, taken, arrived   those on usable readings, on finite ones, on all that are taken, on all that come
    calibration, drift               those on the clock; drift is among those on usable readings too
    """

    usable: tuple[Group, ...]
    finite: tuple[Group, ...]
    taken: tuple[Group, ...]
    arrived: tuple[Group, ...]
    calibration: CalibrationGroup | None
    drift: tuple[DriftGroup, ...]
    stale: StaleGroup | None
    surroundings: Surroundings | None


def make_plan(site: Site, rules: Sequence[Rule], registry: PointRegistry) -> Plan:
    """Compile. Rules must have been checked against the site (rules.loader); disabled ones are left out."""
    enabled = [rule for rule in rules if rule.enabled]
    index = SubjectIndex(site)
    number_of = np.array([registry.numbers[point.point] for point in index.points], dtype=np.intp)
    table = point_table(site, registry)
    none = np.zeros(0, dtype=np.intp)
    subjects = tuple(
        none if rule.condition.kind in SEVERAL else np.sort(number_of[index.positions_of(rule)]) for rule in enabled
    )
    resolved, _ = resolve(site, enabled, index)
    several = lay_out(resolved, number_of, table, enabled, subjects)
    timings = make_timings(site, enabled, subjects, resolved, table, registry)
    return Plan(table, tuple(enabled), subjects, timings, several)


def make_groups(plan: Plan) -> Groups:
    """Groups with nothing in their state. Rules that apply to no point are left out."""
    by_kind: dict[str, list[tuple[Rule, Index, Timing]]] = {}
    for rule, subjects, timing in zip(plan.rules, plan.subjects, plan.timings.of_rule, strict=True):
        if len(subjects):
            by_kind.setdefault(_group_name(rule), []).append((rule, subjects, timing or Timing()))
    named = plan.timings.named
    surroundings = None if named is None else Surroundings(named, plan.table.size)
    on: dict[str, list[Group]] = {"usable": [], "finite": [], "taken": [], "arrived": []}
    stale: StaleGroup | None = None
    calibration: CalibrationGroup | None = None
    drift: list[DriftGroup] = []
    for name, members in sorted(by_kind.items()):
        rules = [rule for rule, _, _ in members]
        columns = [points for _, points, _ in members]
        timings = [timing for _, _, timing in members]
        kind, *more = name.split(".")
        if kind == "stale":
            stale = StaleGroup(rules, columns, plan.table, [timing.hours for timing in timings])
            continue
        if kind == "calibration":
            calibration = CalibrationGroup(rules, columns, plan.table)
            continue
        group: Group
        if kind == "flapping":
            group = FlappingGroup(int(more[0]), rules, columns, plan.table)
        elif kind == "drift":
            silent_ms = silent_after(plan.rules, plan.subjects, plan.table)
            group = DriftGroup(rules, columns, plan.table, silent_ms)
            drift.append(group)
        elif kind == "window":
            group = WindowGroup(more[0], rules, columns, plan.table)
        elif "when" in more and surroundings is not None:
            group = LimitWhenGroup(rules, columns, plan.table, timings, surroundings)
        else:
            group = _PLAIN[kind](rules, columns, plan.table)
        group.name = name
        if "active" in more:
            group.bank.set_gate(Gate(group.slots, group.bank.levels, timings, surroundings))
        on[_ROWS.get(kind, "usable")].append(group)
    return Groups(
        **{rows: tuple(of) for rows, of in on.items()},
        calibration=calibration,
        drift=tuple(drift),
        stale=stale,
        surroundings=surroundings,
    )


def _group_name(rule: Rule) -> str:
    """The kind, and what sets rules of a kind apart: rules without schedules pay nothing for those with them."""
    name = rule.condition.kind
    if name == "window":
        name += f".{window_of(rule).stat}"
    if name == "flapping":
        name += f".{flapping_of(rule).n}"
    if name != "stale":
        name += ".when" * bool(rule.when) + ".active" * (rule.active is not None)
    return name
