"""Which rules watch a point, and the limits that they give it; worked out once for a configuration."""

import threading
from typing import Final, NamedTuple

import numpy as np

from plant.site import Point, Site
from rules.levels import effective_deadband, effective_levels
from rules.schema import Rule
from rules.subjects import Positions, SubjectIndex
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import NotFoundError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.sight import demand, demand_sight

_LEVELS: Final = ("ll", "l", "h", "hh")


class LevelLimit(NamedTuple):
    """A limit on the value itself, in the point's unit. `level` is ll, l, h or hh."""

    level: str
    limit: float
    severity: str
    deadband: float
    rule: str


class RulesOfPoints:
    """Thread-safe."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._lock = threading.Lock()
        self._made: tuple[Grounded, _Applied] | None = None

    def warm(self) -> None:
        """Make what the first screen would wait for. UnavailableError."""
        self._applied(self._grounds.now())

    def rules(self, principal: Principal, point: str) -> list[Rule]:
        """The rules that are switched on and watch the point, in the order of the rule set. NotFoundError."""
        found, applied = self._seen(principal, [point])
        return applied.rules_of(found[0]) if found else []

    def limits(self, principal: Principal, points: list[str]) -> dict[str, list[LevelLimit]]:
        """By point, the limits of its `limit` rules from the lowest up. NotFoundError for a point out of sight."""
        found, applied = self._seen(principal, points)
        return {point.point: limits_of(point, applied.rules_of(point)) for point in found}

    def _seen(self, principal: Principal, points: list[str]) -> "tuple[list[Point], _Applied]":
        demand(principal, Permission.VIEW)
        grounded = self._grounds.now()
        sight = grounded.sight(principal)
        found = []
        for name in points:
            point = grounded.site.points.get(name)
            if point is None:
                raise NotFoundError(f"there is no point {name}")
            demand_sight(sight, point.enterprise, f"point {name}")
            found.append(point)
        return found, self._applied(grounded)

    def _applied(self, grounded: Grounded) -> "_Applied":
        with self._lock:
            if self._made is None or self._made[0] is not grounded:
                self._made = grounded, _Applied(grounded.site, list(grounded.rules.values()))
            return self._made[1]


def limits_of(point: Point, rules: list[Rule]) -> list[LevelLimit]:
    """The limits that `limit` rules give a point, from the lowest up (pure).

    Of several of one level and severity it is the one that is met first: a site's early word at 10 does not hide the
    pack's at 25.
    """
    strictest: dict[tuple[str, str], LevelLimit] = {}
    for rule in rules:
        if rule.condition.limit is None:
            continue
        deadband = effective_deadband(rule, point)
        for level in rule.condition.limit.named:
            limit = effective_levels(rule, point).get(level)
            if limit is None:
                continue
            found = LevelLimit(level, limit, rule.severity_of(level), deadband, rule.id)
            key = level, found.severity
            other = strictest.get(key)
            if other is None or (limit < other.limit if level in ("h", "hh") else limit > other.limit):
                strictest[key] = found
    return sorted(strictest.values(), key=lambda found: (found.limit, _LEVELS.index(found.level)))


class _Applied:
    def __init__(self, site: Site, rules: list[Rule]) -> None:
        self._index = SubjectIndex(site)
        self._rules: list[tuple[Rule, Positions]] = [
            (rule, self._index.positions_of(rule)) for rule in rules if rule.enabled
        ]

    def rules_of(self, point: Point) -> list[Rule]:
        position = self._index.position_of(point.point)
        if position is None:
            return []
        return [rule for rule, positions in self._rules if _has(positions, position)]


def _has(positions: Positions, position: int) -> bool:
    at = int(np.searchsorted(positions, position))
    return at < len(positions) and int(positions[at]) == position
