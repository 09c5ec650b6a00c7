"""What a rule set says of its alarms, as the fold asks for it (pure)."""

from collections.abc import Iterable

from alerts.record import Policy
from rules.schema import AnyLevel, Rule


def policy_of(rules: Iterable[Rule]) -> Policy:
    """The policy of a rule set. Of a rule that is not in it, nothing latches: what had latched before stays so."""
    latching: set[tuple[str, AnyLevel]] = set()
    never_suppressed: set[tuple[str, AnyLevel]] = set()
    for rule in rules:
        latching.update((rule.id, level) for level in rule.levels if rule.latches(level))
        never_suppressed.update((rule.id, level) for level in rule.never_suppress)
    return Policy(
        latches=lambda rule, level: (rule, level) in latching,
        never_suppress=lambda rule, level: (rule, level) in never_suppressed,
    )
