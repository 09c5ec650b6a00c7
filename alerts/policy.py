"""What a rule set says of its alarms, as the fold asks for it (pure)."""

from collections.abc import Sequence

from alerts.record import Policy
from alerts.suppression import Above, AboveOf
from plant.site import Point, Site
from rules.schema import AnyLevel, Rule
from rules.subjects import SubjectIndex


def policy_of(rules: Sequence[Rule], site: Site | None = None) -> Policy:
    """The policy of a rule set on a site (without one, no alarm stands above another).

    Of a rule that is not in it, nothing latches: what had latched before stays so.
    """
    latching: set[tuple[str, AnyLevel]] = set()
    never_suppressed: set[tuple[str, AnyLevel]] = set()
    for rule in rules:
        latching.update((rule.id, level) for level in rule.levels if rule.latches(level))
        never_suppressed.update((rule.id, level) for level in rule.never_suppress)
    levels = {rule.id: tuple(rule.levels) for rule in rules}
    above = [rule for rule in rules if rule.enabled and rule.suppresses is not None]
    names = {rule.id for rule in above}
    return Policy(
        latches=lambda rule, level: (rule, level) in latching,
        never_suppress=lambda rule, level: (rule, level) in never_suppressed,
        levels=lambda rule: levels.get(rule, ()),
        above=_above_of(above, site) if above and site is not None else lambda _rule, _subject: (),
        is_above=lambda rule: rule in names,
    )


def _above_of(rules: Sequence[Rule], site: Site) -> AboveOf:
    index, gateways = SubjectIndex(site), site.gateways()
    reach = {rule.id: {point.point for point in index.of(rule)} for rule in rules}

    def above(child: str, subject: str) -> tuple[Above, ...]:
        point = site.points.get(subject)
        found = []
        for rule in rules if point is not None else ():
            given = rule.suppresses
            if point is None or given is None or child not in given.rules or subject not in reach[rule.id]:
                continue
            name = _subject_of(rule, point, gateways)
            if name is not None:
                found.append(Above(rule.id, name, round(given.hold_s * 1000), round(given.settle_s * 1000)))
        return tuple(found)

    return above


def _subject_of(rule: Rule, point: Point, gateways: dict[tuple[str | None, str], str]) -> str | None:
    """The subject of a rule that a point belongs to."""
    condition = rule.condition
    if condition.gateway_down is not None:
        return gateways.get((point.device, point.enterprise))
    if condition.vote is not None:
        place = {"unit": point.unit, "enterprise": point.enterprise, "device": point.device, "site": "site"}
        return place[condition.vote.per]
    return point.unit if condition.kind in ("expression", "sequence") else point.point
