"""What the scoring must know of a site and its rules: what each rule speaks of, where, and how slowly."""

from collections.abc import Sequence
from typing import Final, Literal

from plant.site import Point, Site
from rules.schema import AnyLevel, Rule
from rules.subjects import SubjectIndex

Sort = Literal["process", "instrument"]

INSTRUMENT_KINDS: Final = frozenset(
    {"stale", "frozen", "range", "clock", "flapping", "calibration", "drift", "gateway_down"}
)
"""Conditions that speak of the sensor, not of the plant."""

INSTRUMENT_PREFIX: Final = "data-"
"""So begin the ids of rules about the data themselves, whatever their condition."""

SEVERAL_KINDS: Final = frozenset({"vote", "expression", "sequence"})

SETTLE_S: Final = 120.0
"""What is raised so long after an incident's end still comes of it: gas clears slowly, a device starts again."""


class Ground:
    """A site with its rules in force. Pure; made once for many runs."""

    def __init__(self, site: Site, rules: Sequence[Rule]) -> None:
        self.site = site
        self.rules: dict[str, Rule] = {rule.id: rule for rule in rules if rule.enabled}
        index = SubjectIndex(site)
        self.points_of: dict[str, frozenset[str]] = {
            rule.id: frozenset(point.point for point in index.of(rule)) for rule in self.rules.values()
        }
        self._reach_s = {rule.id: _reach_s(rule, site, self.points_of[rule.id]) for rule in self.rules.values()}
        self._of_point: dict[str, list[Rule]] = {}
        for rule in self.rules.values():
            for point in self.points_of[rule.id]:
                self._of_point.setdefault(point, []).append(rule)

    def sort_of(self, rule: str, side: str = "") -> Sort:
        """Whether an alarm of the rule says that something is wrong in the plant, or with a sensor.

        Alarms that no rule of the site raises (a device's clock, a gateway) are about instruments.
        """
        given = self.rules.get(rule)
        if given is None or given.condition.kind in INSTRUMENT_KINDS:
            return "instrument"
        return "instrument" if rule.startswith(INSTRUMENT_PREFIX) or side == "degraded" else "process"

    def settle_ms(self, rule: str) -> int:
        """How long after an incident's end an alarm of this rule may still come of it."""
        return round(1000 * (SETTLE_S + self._reach_s.get(rule, 0.0)))

    def covers(self, subject: str, point: str) -> bool:
        """Whether a subject is this point, or its unit, enterprise or device, or the whole site."""
        if subject in self.site.points:
            return subject == point
        at = self.site.points[point]
        return subject in (at.unit, at.enterprise, at.device, "site")

    def in_unit(self, subject: str, unit: str) -> bool:
        """Whether a subject is a point of this unit, or the unit, or holds it."""
        if subject in self.site.points:
            return self.site.points[subject].unit == unit
        if subject in (unit, "site", self.site.units[unit].enterprise):
            return True
        return any(p.device == subject and p.unit == unit for p in self.site.points.values())

    def could_speak(self, point: str, peak: float | None) -> list[str]:
        """Process rules on the point that its worst value satisfies: those that miss an incident if they are silent.

        Only `limit` and `discrete` can be judged by one value. Other kinds can hit, and never miss. Nor do rules
        that are `active` only at times: the truth does not tell whether they were.
        """
        at = self.site.points[point]
        return [
            rule.id
            for rule in self._of_point.get(point, ())
            if peak is not None
            and rule.active is None
            and self.sort_of(rule.id) == "process"
            and _satisfied(rule, at, peak)
        ]


def limit_of(rule: Rule, level: AnyLevel, point: Point) -> float | None:
    """The limit of a level at a point: the rule's, or the point's cell; None where it lacks the level."""
    limit = rule.condition.limit
    if limit is None or level not in limit.named:
        return None
    cell: float | None = getattr(point, level) if rule.cells else None
    value: float | None = getattr(limit, level)
    return cell if cell is not None else value


def _satisfied(rule: Rule, point: Point, value: float) -> bool:
    discrete = rule.condition.discrete
    if discrete is not None:
        if discrete.not_equals is not None:
            return value != discrete.not_equals
        return value == discrete.equals if discrete.equals is not None else value in (discrete.in_ or ())
    if rule.condition.limit is None:
        return False
    limits = [(level, limit_of(rule, level, point)) for level in rule.levels]
    return any(
        limit is not None and (value >= limit if level in ("h", "hh") else value <= limit) for level, limit in limits
    )


def _reach_s(rule: Rule, site: Site, points: frozenset[str]) -> float:
    """Delays, counts and the span that the condition looks back over."""
    given = getattr(rule.condition, rule.condition.kind)
    spans = [getattr(given, name, None) or 0.0 for name in ("over_s", "for_s", "after_s", "half_life_s")]
    if rule.condition.sequence is not None:
        spans.append(rule.condition.sequence.within_s)
    if rule.condition.stale is not None and rule.condition.stale.after_s is None:
        spans.append(3.0 * max((site.points[point].period_s for point in points), default=0.0))
    delay_s = max(rule.on_delay_of(level) for level in rule.levels)
    return delay_s + max(spans) + (rule.count.within_s if rule.count is not None else 0.0)
