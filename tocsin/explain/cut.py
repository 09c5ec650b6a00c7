"""A configuration cut down to what one alarm can depend on, so that a long stretch of log is decided again quickly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from plant.site import Site
from rules.schema import Rule
from rules.several import SEVERAL, resolve
from rules.subjects import SubjectIndex
from tocsin.configuration import Configured

_HALF_LIVES: Final = 60
"""After so many, what came before is less than a rounding error of an exponentially weighted sum."""

_SHOWN_HALF_LIVES: Final = 5
_MARGIN_MS: Final = 600_000


def rule_of(configured: Configured, rule_id: str) -> Rule | None:
    """The rule in force of that id."""
    return next((rule for rule in configured.rules if rule.id == rule_id and rule.enabled), None)


def points_of(configured: Configured, rule_id: str, subject: str) -> tuple[str, ...]:
    """The points that a subject rests on: itself, or of a rule over several points the points of all its members."""
    site, rule = configured.site, rule_of(configured, rule_id)
    if rule is None or rule.condition.kind not in SEVERAL:
        return (subject,) if subject in site.points else ()
    index = SubjectIndex(site)
    resolved, _ = resolve(site, [rule for rule in configured.rules if rule.enabled], index)
    for found in resolved:
        if found.rule.id == rule_id and subject in found.ids:
            mine = found.points[found.points_subject == found.ids.index(subject)]
            return tuple(index.points[at].point for at in mine.tolist())
    return ()


def cut(configured: Configured, rule_id: str, subject: str) -> Configured:
    """The same rules over those points alone that can matter: the subject's, and all of the same units and devices.

    Schedules, conditional limits and neighbours are of one unit, votes of one place.
    """
    site = configured.site
    inside = set(points_of(configured, rule_id, subject))
    size = -1
    while len(inside) != size:
        size = len(inside)
        units = {site.points[name].unit for name in inside}
        devices = {device for name in inside if (device := site.points[name].device) is not None}
        inside = {p.point for p in site.points.values() if p.unit in units or p.device in devices}
    smaller = {name: point for name, point in site.points.items() if name in inside}
    return replace(configured, site=_with_points(site, smaller))


def look_back_ms(configured: Configured, rule_id: str, subject: str) -> int:
    """How long before an alarm the readings begin that can decide it: windows, delays, fading means, silence."""
    periods_s = [configured.site.points[name].period_s for name in points_of(configured, rule_id, subject)]
    longest_s = _longest_s(configured, rule_id, _HALF_LIVES)
    return _MARGIN_MS + round(2000 * longest_s) + round(10_000 * max(periods_s, default=0.0))


def shown_before_ms(configured: Configured, rule_id: str) -> int:
    """How long before an alarm the readings are worth looking at."""
    return round(2000 * _longest_s(configured, rule_id, _SHOWN_HALF_LIVES))


def _longest_s(configured: Configured, rule_id: str, half_lives: int) -> float:
    seconds = [0.0]
    for rule in _with_named(configured, rule_id):
        form = rule.model_dump(mode="json", by_alias=True, exclude={"late_after_s"})
        seconds += _lengths_s(form, half_lives)
    return max(seconds)


def _with_points(site: Site, points: dict[str, Any]) -> Site:
    return replace(site, points=points)


def _with_named(configured: Configured, rule_id: str) -> Iterator[Rule]:
    """A rule and those that its condition names, all the way down."""
    waiting, seen = [rule_id], set()
    while waiting:
        name = waiting.pop()
        rule = rule_of(configured, name)
        if rule is None or name in seen:
            continue
        seen.add(name)
        yield rule
        vote, sequence = rule.condition.vote, rule.condition.sequence
        if vote is not None:
            waiting.append(vote.rule)
        if sequence is not None:
            waiting += [sequence.first.rule, sequence.then.rule]


def _lengths_s(form: dict[str, Any], half_lives: int, of: str = "") -> Iterator[float]:
    """All lengths of time that a rule speaks of, in seconds: keys end with _s, or hold a length for each level."""
    for key, value in form.items():
        name = of or key
        if isinstance(value, dict):
            yield from _lengths_s(value, half_lives, key if key.endswith("_s") else "")
        elif name.endswith("_s") and isinstance(value, int | float):
            yield value * (half_lives if name == "half_life_s" else 1)
