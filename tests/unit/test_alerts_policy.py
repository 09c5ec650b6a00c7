"""From a rule set to what the fold asks."""

from typing import Any

import pytest

from alerts.policy import policy_of
from rules.schema import Rule


def rule(rule_id: str, **facts: Any) -> Rule:
    return Rule.model_validate(
        {"id": rule_id, "applies_to": {"kind": "gas.*"}, "condition": {"limit": {"h": 25, "hh": 50}}, **facts}
    )


POLICY = policy_of([rule("all", latch=True), rule("hh", latch=["hh"], never_suppress=["hh"]), rule("none")])


@pytest.mark.parametrize(
    ("rule_id", "level", "latches", "never_suppress"),
    [
        ("all", "h", True, False),
        ("all", "hh", True, False),
        ("hh", "h", False, False),
        ("hh", "hh", True, True),
        ("none", "hh", False, False),
        ("removed", "hh", False, False),
    ],
)
def test_by_rule_and_level(rule_id: str, level: str, latches: bool, never_suppress: bool) -> None:
    assert POLICY.latches(rule_id, level) is latches
    assert POLICY.never_suppress(rule_id, level) is never_suppress
