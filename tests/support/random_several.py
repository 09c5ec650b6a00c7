"""Random rules over several points that a loader would accept: votes over votes, formulas, sequences."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from support.reference_several import SEVERAL, names_of, subjects_of_all

from plant.site import Site
from rules.schema import Rule

SEVERITIES = ("red", "orange", "yellow", "blue")
LITERALS = ("0", "0.1", "1", "2.5", "3", "1e1", ".5")


def random_several(rng: Random, site: Site, rules: Sequence[Rule], most: int) -> tuple[Rule, ...]:
    """Up to `most` rules that may name `rules` and one another."""
    found: list[Rule] = []
    for i in range(rng.randint(1, most) if most else 0):
        rule = _rule(rng, site, [*rules, *found], f"s{i}")
        if rule is not None:
            found.append(rule)
    return tuple(found)


def changed_several(
    rng: Random, site: Site, rules: Sequence[Rule], several: Sequence[Rule], most: int
) -> tuple[Rule, ...]:
    """After the rules on one point have changed: some stay, some change, some go, one may come; all of them valid."""
    result: list[Rule] = []
    for rule in several:
        what = rng.random()
        if what < 0.15:
            continue
        new = _rule(rng, site, [*rules, *result], rule.id, rule.version + 1) if what < 0.35 else rule
        if new is not None and is_valid(site, [*rules, *result], new):
            result.append(new)
    if most and rng.random() < 0.4:
        taken = {rule.id for rule in several}
        new = _rule(rng, site, [*rules, *result], next(f"s{i}" for i in range(99) if f"s{i}" not in taken))
        result += [new] if new is not None else []
    return tuple(result)


def is_valid(site: Site, rules: Sequence[Rule], rule: Rule) -> bool:
    """Whether the rules that it names are there and switched on, and its `n` can be met."""
    on = {other.id: other for other in rules if other.enabled}
    if any(name not in on for name in names_of(rule)):
        return False
    try:
        subjects = subjects_of_all(site, [*rules, rule])
    except AssertionError:  # a glob that matches several points
        return False
    given = rule.condition.vote
    if given is not None and on[given.rule].condition.kind == "stale":
        return False
    per = "unit" if given is None else given.per
    for name in names_of(rule):
        for subject in subjects[name].values() if subjects[name] and per != "site" else ():
            # A member over several points must be in one of what the rule groups by.
            if subject.members and len({getattr(site.points[p], per) for p in subject.points}) > 1:
                return False
            if subject.members and getattr(site.points[min(subject.points)], per) is None:
                return False
    if given is None:
        return True
    return not rule.enabled or all(given.n <= len(subject.members) for subject in subjects[rule.id].values())


def _rule(rng: Random, site: Site, rules: Sequence[Rule], rule_id: str, version: int = 1) -> Rule | None:
    """A valid rule, or None where none was found in a few attempts."""
    on = [rule for rule in rules if rule.enabled]
    for _ in range(5):
        kind = rng.choice(["vote", "vote", "expression", "sequence"]) if on else "expression"
        condition = {"vote": _vote, "expression": _expression, "sequence": _sequence}[kind](rng, site, on)
        form: dict[str, Any] = {
            "id": rule_id,
            "version": version,
            "applies_to": rng.choice(
                [
                    {"kind": "*"},
                    {"kind": "*"},
                    {"kind": "gas.*"},
                    {"tags": ["a"]},
                    {"enterprise": "E1"},
                    {"report": "on_change"},
                ]
            ),
            "condition": {kind: condition},
            "severity": rng.choice(SEVERITIES),
            "on_delay_s": rng.choice([0, 0, 0, 0.5, 1, 2, 7.25]),
            "off_delay_s": rng.choice([0, 0, 0, 0.5, 1, 2, 7.25]),
            "late_after_s": rng.choice([300, 5]),
        }
        if rng.random() < 0.3:
            form["count"] = {"n": rng.randint(1, 3), "within_s": rng.choice([1, 2, 5, 20])}
        rule = Rule.model_validate(form)
        if is_valid(site, rules, rule):
            return rule
    return None


def _level(rng: Random, rule: Rule) -> str | None:
    return rng.choice([None, *rule.levels])


def _vote(rng: Random, site: Site, rules: Sequence[Rule]) -> dict[str, Any]:
    several = [rule for rule in rules if rule.condition.kind in SEVERAL]
    named = rng.choice(several if several and rng.random() < 0.4 else rules)
    return {
        "n": rng.choice([1, 1, 2, 2, 3]),
        "rule": named.id,
        "level": _level(rng, named),
        "per": rng.choice(["unit", "unit", "enterprise", "device", "site"]),
        "lone_critical": rng.choice([None, None, rng.choice(named.levels)]),
        "degraded_severity": rng.choice(SEVERITIES),
    }


def _sequence(rng: Random, site: Site, rules: Sequence[Rule]) -> dict[str, Any]:
    first, then = rng.choice(rules), rng.choice(rules)
    return {
        "first": {"rule": first.id, "level": _level(rng, first)},
        "then": {"rule": then.id, "level": _level(rng, then)},
        "within_s": rng.choice([0.5, 1, 5, 20]),
    }


def _expression(rng: Random, site: Site, rules: Sequence[Rule]) -> dict[str, Any]:
    unit = rng.choice(sorted({point.unit for point in site.points.values()}))
    inside = [point for point in site.points.values() if point.unit == unit]
    chosen = rng.sample(inside, rng.randint(1, min(3, len(inside))))
    points = {name: p.kind if rng.random() < 0.6 else p.point for name, p in zip("abc", chosen, strict=False)}
    return {"is": formula(rng, list(points)), "points": points, "degraded_severity": rng.choice(SEVERITIES)}


def formula(rng: Random, names: Sequence[str], depth: int = 3) -> str:
    """A truth over numbers called `names`, at times with brackets that are not needed."""
    what = rng.random()
    if depth and what < 0.45:
        word = rng.choice([" and ", " or "])
        text = word.join(formula(rng, names, depth - 1) for _ in range(rng.choice([2, 2, 3])))
        return f"({text})" if rng.random() < 0.5 else text
    if depth and what < 0.55:
        return f"not {formula(rng, names, depth - 1)}"
    if what < 0.6:
        return rng.choice(["true", "false"])
    text = _number(rng, names, 2)
    for _ in range(rng.choice([1, 1, 1, 2])):
        text += f" {rng.choice(['<', '<=', '>', '>=', '==', '!='])} {_number(rng, names, 2)}"
    return f"({text})" if rng.random() < 0.3 else text


def _number(rng: Random, names: Sequence[str], depth: int) -> str:
    what = rng.random()
    if not depth or what < 0.45:
        return rng.choice([*names, *names, rng.choice(LITERALS)])
    if what < 0.55:
        return f"-{_number(rng, names, 0)}"
    if what < 0.65:
        return f"abs({_number(rng, names, depth - 1)})"
    if what < 0.75:
        return f"{rng.choice(['min', 'max'])}({_number(rng, names, depth - 1)}, {_number(rng, names, depth - 1)})"
    left, sign, right = _number(rng, names, depth - 1), rng.choice("+-*/"), _number(rng, names, depth - 1)
    if sign == "/" and not re.search(r"\b[a-z]\b", right):
        # A divisor without a name may be zero as it is written, which the loader refuses.
        right = names[0]
    text = f"{left} {sign} {right}"
    return f"({text})" if rng.random() < 0.5 else text
