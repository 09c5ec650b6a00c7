"""Finds the subjects and members of rules over several points, the named rules first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plant.site import Site
from rules.schema import AnyLevel, Rule
from rules.several.expressions import resolve_expression
from rules.several.gateways import resolve_gateway_down
from rules.several.naming import DEEPEST, in_order
from rules.several.places import SitePlaces
from rules.several.resolved import SEVERAL, Resolved
from rules.several.sequences import resolve_sequence
from rules.several.site_view import Finding, SiteView, Wrong
from rules.several.votes import resolve_vote
from rules.subjects import SubjectIndex

__all__ = ["Finding", "resolve"]

_KINDS: dict[str, Callable[[Rule, SiteView], Resolved]] = {
    "vote": resolve_vote,
    "expression": resolve_expression,
    "sequence": resolve_sequence,
    "gateway_down": resolve_gateway_down,
}


_MOST_SHOWN = 8
"""Of a circle, so many rules are named in the message."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A rule that a condition names, and where it does."""

    rule: str
    path: tuple[str, ...]
    levels: tuple[tuple[tuple[str, ...], AnyLevel | None], ...]


def resolve(site: Site, rules: Sequence[Rule], index: SubjectIndex) -> tuple[list[Resolved], list[Finding]]:
    """Enabled rules over several points in such an order that named ones come first, and what is wrong with them.

    Rules that can't be resolved are left out, and so are those that name them.
    """
    by_id = {rule.id: rule for rule in rules}
    several = {rule.id: rule for rule in rules if rule.enabled and rule.condition.kind in SEVERAL}
    if not several:
        return [], []
    view = SiteView(index, SitePlaces(site, index), by_id)
    for rule in several.values():
        for named in _named(rule):
            _check_named(rule, named, by_id, view)
    for rule_id in _ordered(several, view):
        rule = several[rule_id]
        if all(name in view.resolved or name not in several for name in (n.rule for n in _named(rule))):
            try:
                view.resolved[rule_id] = _KINDS[rule.condition.kind](rule, view)
            except Wrong as wrong:
                view.findings.append(wrong.finding)
    return list(view.resolved.values()), view.findings


def _ordered(several: dict[str, Rule], view: SiteView) -> list[str]:
    """The rules, named ones first; those of a circle, too deep or above such are left out, and told."""
    named = {rule_id: [n.rule for n in _named(rule) if n.rule in several] for rule_id, rule in several.items()}
    found = in_order(named)
    for circle in found.circles:
        shown = [*circle[:_MOST_SHOWN], "...", circle[-1]] if len(circle) > _MOST_SHOWN + 1 else circle
        _note_naming(several[circle[0]], circle[1], f"names itself in a circle: {' -> '.join(shown)}", view)
    for rule_id, deeper in found.too_deep:
        message = f"rests on rules that name rules more than {DEEPEST} deep, allowed are {DEEPEST}"
        _note_naming(several[rule_id], deeper, message, view)
    return found.order


def _note_naming(rule: Rule, named: str, message: str, view: SiteView) -> None:
    view.note(rule, next(n.path for n in _named(rule) if n.rule == named), message)


def _named(rule: Rule) -> list[_Named]:
    vote, sequence = rule.condition.vote, rule.condition.sequence
    if vote is not None:
        at = ("condition", "vote")
        levels = (((*at, "level"), vote.level), ((*at, "lone_critical"), vote.lone_critical))
        return [_Named(vote.rule, (*at, "rule"), levels)]
    if sequence is not None:
        sides = (("first", sequence.first), ("then", sequence.then))
        return [
            _Named(
                m.rule, ("condition", "sequence", name, "rule"), ((("condition", "sequence", name, "level"), m.level),)
            )
            for name, m in sides
        ]
    return []


def _check_named(rule: Rule, named: _Named, by_id: dict[str, Rule], view: SiteView) -> None:
    found = by_id.get(named.rule)
    if found is None:
        hint = view.hint(named.rule, by_id)
        view.note(rule, named.path, f"there is no rule {named.rule[:64]}, allowed are ids of rules in force{hint}")
        return
    if not found.enabled:
        view.note(rule, named.path, f"rule {named.rule} is switched off (enabled: false)")
    if rule.condition.vote is not None and found.condition.stale is not None:
        view.note(rule, named.path, f"{named.rule} is a stale rule: a silent member is unknown, so none would count")
    for path, level in named.levels:
        if level is not None and level not in found.levels:
            view.note(rule, path, f"rule {named.rule} has no level {level}, allowed are {', '.join(found.levels)}")
