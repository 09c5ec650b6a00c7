"""The limits that rules give a point, for screens."""

from support.drilling import rule
from support.simulated import point

from tocsin.centre.rules_of import limits_of


def test_an_early_word_does_not_hide_the_limit_of_a_pack() -> None:
    gas = point("g1", "gas.combustible", 0, 100)
    rules = [
        rule("early", "gas.*", {"limit": {"h": 10.0}}, severity="yellow", cells=False),
        rule("late", "gas.*", {"limit": {"h": 15.0}}, severity="yellow", cells=False),
        rule("pack", "gas.*", {"limit": {"h": 25.0, "hh": 50.0}}, severity={"h": "orange", "hh": "red"}, cells=False),
    ]
    said = [(found.level, found.limit, found.severity, found.rule) for found in limits_of(gas, rules)]
    assert said == [("h", 10.0, "yellow", "early"), ("h", 25.0, "orange", "pack"), ("hh", 50.0, "red", "pack")]
