"""What events of rules over several points carry, and when they come."""

from collections.abc import Mapping, Sequence

import pytest

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.engine import Engine, dump_state, load_state, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule

T0 = 1_732_190_400_000
GAS = {"limit": {"h": 25, "hh": 50}}
Told = list[tuple[str, str, str, str]]


def site_of(points: Mapping[str, str], report: str = "periodic") -> Site:
    """Point -> its unit; all are of kind gas.<point>."""
    site = Site("test", "Asia/Shanghai", None, ())
    site.enterprises["E1"] = Enterprise("E1", "One", "")
    for name, unit in points.items():
        site.units[unit] = Unit(unit, "E1", unit, "workshop")
        site.points[name] = Point(
            point=name, unit=unit, enterprise="E1", kind=f"gas.{name}", unit_symbol=None, range_low=0.0,
            range_high=100.0, period_s=1.0, report="on_change" if report == "on_change" else "periodic", ll=None,
            l=None, h=None, hh=None, deadband=None, topic=None, key=None, device=None, gas=None, ref_temp_c=None,
            principle=None, calibration_due=None, tags=(),
        )  # fmt: skip
    return site


def rule(rule_id: str, condition: Mapping[str, object], **more: object) -> Rule:
    form = {"id": rule_id, "applies_to": {"kind": "*"}, "condition": condition, "severity": "orange", **more}
    return Rule.model_validate(form)


class Run:
    def __init__(self, site: Site, *rules: Rule) -> None:
        self.registry = PointRegistry(site.points)
        self.engine = Engine(make_plan(site, rules, self.registry))

    def at(self, second: float, *, more: bool = False, **values: float) -> list[AlarmEvent]:
        """Readings of that second, received then."""
        t = T0 + round(second * 1000)
        rows = [(self.registry.numbers[name], t, value, 0) for name, value in values.items()]
        entry: Entry = Readings(t, Batch.of(rows), "s") if rows else Tick(t)
        return self.engine.apply([entry], more=more)


def told(events: Sequence[AlarmEvent]) -> Told:
    return [(e.event, e.rule, e.subject, e.side) for e in events]


THREE = {"A": "U1", "B": "U1", "C": "U1"}


@pytest.mark.parametrize(("per", "subject", "enterprise"), [("unit", "U1", "E1"), ("site", "site", "")])
def test_a_vote_says_how_many_and_how_many_it_needs(per: str, subject: str, enterprise: str) -> None:
    run = Run(site_of(THREE), rule("gas", GAS), rule("two", {"vote": {"n": 2, "rule": "gas", "per": per}}))
    assert told(run.at(0, A=1, B=1, C=1)) == []
    assert told(run.at(1, A=30, B=1, C=1)) == [("raised", "gas", "A", "high")]
    (event,) = [e for e in run.at(2, A=30, B=60, C=1) if e.rule == "two"]
    assert (event.subject, event.enterprise, event.level, event.value, event.limit) == (subject, enterprise, "on", 2, 2)
    assert (event.reason, event.onset, event.at) == ("vote", T0 + 2000, T0 + 2000)
    (event,) = [e for e in run.at(3, A=30, B=1, C=1) if e.rule == "two"]
    assert (event.event, event.value, event.reason) == ("cleared", 1, "vote ended")


def test_one_at_the_lone_level_is_enough() -> None:
    vote = {"vote": {"n": 3, "rule": "gas", "level": "h", "lone_critical": "hh"}}
    run = Run(site_of(THREE), rule("gas", GAS), rule("three", vote))
    assert told(run.at(0, A=1, B=1, C=1)) == []
    assert ("raised", "three", "U1", "") not in told(run.at(1, A=30, B=30, C=1))
    assert ("raised", "three", "U1", "") in told(run.at(2, A=50, B=30, C=1))


def test_a_silent_member_lowers_the_need_and_is_told() -> None:
    vote = {"vote": {"n": 2, "rule": "gas", "level": "h", "degraded_severity": "yellow"}}
    run = Run(site_of(THREE), rule("gas", GAS), rule("two", vote))
    for second in range(3):
        assert told(run.at(second, A=1, B=30, C=1))[1:] == []
    for second in range(3, 6):
        run.at(second, A=1, B=1)
    # C was last heard at 2 s, and is silent when the clock is beyond 5 s.
    (event,) = run.at(5.5, A=1, B=1)
    assert (event.side, event.level, event.severity, event.value, event.at) == (
        "degraded",
        "on",
        "yellow",
        1,
        T0 + 5000,
    )
    raised = [e for e in run.at(6, A=1, B=30) if e.rule == "two"]
    assert [(e.event, e.side, e.value, e.limit) for e in raised] == [("raised", "", 1, 1)]
    assert ("cleared", "two", "U1", "degraded") in told(run.at(7, A=1, B=1, C=1))


def test_an_expression_has_neither_value_nor_limit() -> None:
    formula = {"expression": {"is": "a + b > 50", "points": {"a": "A", "b": "gas.B"}}}
    run = Run(site_of(THREE), rule("sum", formula, on_delay_s=1))
    assert told(run.at(0, A=30, B=30, C=0)) == []
    (event,) = run.at(1, A=30, B=30, C=0)
    assert (event.subject, event.value, event.limit, event.readings) == ("U1", None, None, ())
    assert (event.onset, event.reason) == (T0, "expression held 1 s")


def test_one_condition_after_another() -> None:
    only_a, only_b = {"points": ["A"]}, {"points": ["B"]}
    then = {"sequence": {"first": {"rule": "a"}, "then": {"rule": "b"}, "within_s": 5}}
    run = Run(site_of(THREE), rule("a", GAS, applies_to=only_a), rule("b", GAS, applies_to=only_b), rule("seq", then))
    run.at(0, A=30, B=1)
    run.at(1, A=1, B=1)
    assert ("raised", "seq", "U1", "") in told(run.at(5, A=1, B=30))
    assert ("cleared", "seq", "U1", "") in told(run.at(6, A=1, B=1))
    run.at(7, A=30, B=1)
    assert ("raised", "seq", "U1", "") not in told(run.at(13, A=30, B=30))


def test_where_all_points_report_on_change_the_delay_runs_on_the_clock() -> None:
    formula = {"expression": {"is": "a > 1", "points": {"a": "A"}}}
    run = Run(site_of({"A": "U1"}, report="on_change"), rule("open", formula, on_delay_s=10))
    assert told(run.at(0, A=5)) == []
    assert told(run.at(9)) == []
    (event,) = run.at(10)
    assert (event.event, event.at, event.received_at) == ("raised", T0 + 10_000, T0 + 10_000)


def test_an_instant_is_decided_when_it_is_over_even_after_a_restart() -> None:
    formula = {"expression": {"is": "a > b", "points": {"a": "A", "b": "B"}}}
    run = Run(site_of(THREE), rule("more", formula))
    assert told(run.at(0, A=1, B=1)) == []
    # A alone would be more than B.
    assert told(run.at(1, more=True, A=3)) == []
    run.engine = load_state(run.engine.plan, dump_state(run.engine))
    assert told(run.at(1, more=True, B=4)) == []
    assert told(run.engine.close()) == []
    assert told(run.at(2, more=True, A=9)) == []
    assert told(run.engine.close()) == [("raised", "more", "U1", "")]
    assert told(run.engine.close()) == []
