"""Which alarm speaks of which incident: hand-made truths and alarms against docs/reference/drill.md."""

import pytest
from support.drilling import END_S, GROUND, alarm, event, fault, ms, truth

from simulators import Truth
from tocsin.drill.alarms import Alarm, alarms_of
from tocsin.drill.matching import AlarmVerdict, TruthVerdict, match


def judged(truths: list[Truth], alarms: list[Alarm]) -> tuple[list[TruthVerdict], list[AlarmVerdict]]:
    return match(truths, alarms, GROUND, ms(END_S))


def one(truth: Truth, alarms: list[Alarm]) -> tuple[TruthVerdict, list[str]]:
    (verdict,), found = judged([truth], alarms)
    return verdict, [v.judgement for v in found]


def test_an_alarm_of_the_point_within_the_window_hits() -> None:
    verdict, found = one(truth(), alarm("gas", "g1", 126.0, 330.0))
    assert verdict.spoke == {"gas": ms(126)}
    assert (verdict.first, verdict.delay_s, verdict.lead_s) == ((ms(126), "gas"), 6.0, -16.0)
    assert found == ["explained"]


def test_an_early_warning_has_a_negative_delay_and_a_lead() -> None:
    verdict, _ = one(truth(), [*alarm("gas-early", "g1", 104.0), *alarm("gas", "g1", 126.0)])
    assert verdict.first == (ms(104), "gas-early")
    assert (verdict.delay_s, verdict.lead_s) == (-16.0, 6.0)
    assert (verdict.delay_of("gas"), verdict.lead_of("gas")) == (6.0, -16.0)


@pytest.mark.parametrize(
    ("at_s", "hit"),
    [
        (99.999, False),  # before it began
        (100.0, True),
        (320.0 + 120.0 + 5.0, True),  # safe, settled, and the rule's own delay
        (445.001, False),
    ],
)
def test_the_window_ends_when_the_readings_are_safe_and_have_settled(at_s: float, hit: bool) -> None:
    verdict, found = one(truth(), alarm("gas", "g1", at_s))
    assert bool(verdict.spoke) is hit
    assert found == ["explained" if hit else "false"]


def test_a_rule_that_looks_back_may_speak_later() -> None:
    late = 320.0 + 120.0 + 900.0
    assert one(truth(), alarm("hour", "g1", late))[1] == ["explained"]
    assert one(truth(), alarm("gas", "g1", late))[1] == ["false"]


def test_what_is_never_safe_goes_on_to_the_end() -> None:
    assert one(truth(safe_at=None), alarm("gas", "g1", END_S - 1))[1] == ["explained"]


def test_what_never_shows_ends_with_the_incident() -> None:
    small = truth(speak_at=None, danger_at=None, safe_at=None, peak=15.0)
    verdict, found = one(small, [*alarm("gas-early", "g1", 150.0), *alarm("gas-early", "g1", 421.0, n=1)])
    assert not verdict.due
    assert verdict.silent == ()
    assert found == ["explained", "false"]


def test_an_alarm_elsewhere_in_the_unit_is_explained_but_hits_nothing() -> None:
    verdict, found = one(truth(), alarm("gas", "g2", 126.0))
    assert verdict.spoke == {}
    assert found == ["explained"]


def test_an_alarm_on_the_unit_hits_what_is_in_it() -> None:
    verdict, found = one(truth(), alarm("pair", "U", 130.0, side=""))
    assert verdict.spoke == {"pair": ms(130)}
    assert found == ["explained"]


def test_silent_are_the_rules_whose_condition_the_worst_value_satisfies() -> None:
    assert one(truth(), [])[0].silent == ("gas", "gas-early")
    assert one(truth(peak=20.0), [])[0].silent == ("gas-early",)
    assert one(truth("o2", peak=15.0), [])[0].silent == ("gas-early", "oxygen")
    assert one(truth("tank", peak=8.5), [])[0].silent == ("level",)
    assert one(truth("tank", peak=7.5), [])[0].silent == ()
    assert one(truth("spark", peak=1.0), [])[0].silent == ("spark",)
    assert one(truth(), alarm("gas", "g1", 126.0))[0].silent == ("gas-early",)


def test_a_rule_that_is_active_only_at_times_hits_and_never_misses() -> None:
    assert "by-night" in GROUND.rules
    assert "by-night" not in one(truth(), [])[0].silent
    verdict, found = one(truth(), alarm("by-night", "g1", 126.0))
    assert verdict.spoke == {"by-night": ms(126)}
    assert found == ["explained"]


def test_an_upgrade_within_the_window_counts_as_speaking() -> None:
    before = [event("raised", "gas", "g1", 50.0), event("upgraded", "gas", "g1", 128.0, level="hh")]
    verdict, found = one(truth(), alarms_of(before))
    assert verdict.spoke == {"gas": ms(128)}
    assert found == ["false"], "it was raised without a cause"


def test_an_alarm_that_stands_from_an_earlier_incident_speaks_at_once() -> None:
    first = truth(incident="leak-0", started=10.0, ended=60.0, danger_at=15.0, speak_at=20.0, safe_at=80.0)
    stands = alarm("gas", "g1", 26.0, 400.0)
    (_, second), _ = judged([first, truth()], stands)
    assert second.spoke == {"gas": ms(120)}
    assert second.delay_s == 0.0


def test_a_false_alarm_that_never_ends_hits_nothing() -> None:
    verdict, found = one(truth(), alarm("gas", "g1", 5.0))
    assert verdict.spoke == {}
    assert found == ["false"]


def test_a_fault_is_named_by_an_instrument_alarm_on_its_point() -> None:
    verdict, found = one(fault(), alarm("quiet", "g1", 104.0, side=""))
    assert verdict.spoke == {"quiet": ms(104)}
    assert (verdict.delay_s, verdict.lead_s) == (1.0, None)
    assert found == ["explained"]
    assert one(fault(), alarm("quiet", "g2", 104.0, side=""))[1] == ["false"]


def test_a_process_alarm_does_not_name_a_fault_but_mistakes_it() -> None:
    verdict, found = one(fault(), alarm("gas", "g1", 110.0))
    assert verdict.spoke == {}
    assert verdict.mistaken == ("gas",)
    assert found == ["mistaken"]
    assert one(fault(), alarm("gas", "g2", 110.0))[1] == ["false"], "a fault explains nothing at other points"


def test_beside_a_real_incident_a_process_alarm_is_no_mistake() -> None:
    (leak, sensor), (verdict,) = judged([truth(), fault()], alarm("gas", "g1", 126.0))
    assert leak.spoke == {"gas": ms(126)}
    assert sensor.mistaken == ()
    assert (verdict.judgement, verdict.incident) == ("explained", "leak-1")


def test_over_range_in_a_real_leak_is_explained_and_no_hit() -> None:
    verdict, found = one(truth(peak=120.0), alarm("over", "g1", 130.0, side=""))
    assert verdict.spoke == {}
    assert found == ["explained"]


@pytest.mark.parametrize(
    ("rule", "side", "sort"),
    [
        ("gas", "high", "process"),
        ("quiet", "", "instrument"),
        ("over", "", "instrument"),
        ("data-clock", "high", "instrument"),
        ("pair", "", "process"),
        ("pair", "degraded", "instrument"),
        ("no-rule-of-the-site", "", "instrument"),
    ],
)
def test_what_a_rule_speaks_of(rule: str, side: str, sort: str) -> None:
    assert GROUND.sort_of(rule, side) == sort


def test_alarms_are_put_together_from_their_events() -> None:
    names = [("raised", 1.0), ("upgraded", 2.0), ("downgraded", 3.0), ("cleared", 4.0)]
    events = [event(name, "gas", "g1", at) for name, at in names] + [event("raised", "gas", "g1", 9.0, n=1)]
    first, second = alarms_of([*events, event("acknowledged", "gas", "g1", 2.5)])
    assert (first.raised_at, first.cleared_at, first.spoke_at) == (ms(1), ms(4), [ms(1), ms(2)])
    assert second.cleared_at is None
    assert [first.stands_at(ms(s)) for s in (0.5, 1.0, 3.9, 4.0)] == [False, True, True, False]
    assert second.stands_at(ms(1e6))
