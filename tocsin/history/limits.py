"""The limits of points as lines for history, so that boards can draw them beside the readings (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plant.site import Point, Site
from rules.schema import Rule
from rules.subjects import SubjectIndex
from tocsin.followers.influx.escape import tag, text

LEVELS: Final = ("ll", "l", "h", "hh")


@dataclass(frozen=True, slots=True)
class Limits:
    """The strictest limit of each level at a point, in its unit; None where no rule and no cell gives one."""

    ll: float | None
    l: float | None  # noqa: E741 - the level's standard name
    h: float | None
    hh: float | None


def limits_of(site: Site, rules: Sequence[Rule]) -> dict[str, Limits]:
    """By point: what the enabled rules of condition `limit` hold it to. Points without any limit are not in it."""
    index = SubjectIndex(site)
    found: dict[str, dict[str, float]] = {}
    for rule in rules:
        if not rule.enabled or rule.condition.limit is None:
            continue
        for point in index.of(rule):
            of_point = found.setdefault(point.point, {})
            for level in LEVELS:
                value = _limit(rule, level, point)
                if value is not None:
                    strictest = min if level in ("h", "hh") else max
                    of_point[level] = strictest(of_point.get(level, value), value)
    return {point: Limits(*(given.get(level) for level in LEVELS)) for point, given in found.items() if given}


def limit_lines(site: Site, limits: dict[str, Limits], at_ns: int) -> list[str]:
    """One line for each point that has a limit or a unit of measure."""
    lines = []
    for point in site.points.values():
        fields = _fields(point, limits.get(point.point))
        if fields:
            tags = tag("point", point.point) + tag("enterprise", point.enterprise)
            tags += tag("unit", point.unit) + tag("kind", point.kind)
            lines.append(f"limit{tags} {','.join(fields)} {at_ns}")
    return lines


def _fields(point: Point, limits: Limits | None) -> list[str]:
    fields = []
    if limits is not None:
        values = ((level, getattr(limits, level)) for level in LEVELS)
        fields += [f"{level}={float(value)!r}" for level, value in values if value is not None]
    if point.unit_symbol:
        fields.append(f"unit_symbol={text(point.unit_symbol)}")
    return [f"levels={len(fields) - bool(point.unit_symbol)}i", *fields] if fields else []


def _limit(rule: Rule, level: str, point: Point) -> float | None:
    """A rule's limit at a point: the cell's, else the rule's own; None where the rule does not name the level."""
    limit = rule.condition.limit
    if limit is None or level not in limit.named:
        return None
    cell: float | None = getattr(point, level) if rule.cells else None
    value: float | None = getattr(limit, level)
    return cell if cell is not None else value
