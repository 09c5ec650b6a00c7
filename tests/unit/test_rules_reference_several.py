"""The reference for conditions over several points, on small logs worked out by hand."""

from dataclasses import replace

from support.reference import Reference
from support.reference_runs import T0, Run, point, rule

from plant.entries import Configuration, SourceUp
from plant.registry import PointRegistry
from plant.site import Device

HIGH = rule("high", {"limit": {"h": 10, "hh": 20}}, severity={"h": "orange", "hh": "red"})
A, B, C = point("A"), point("B"), point("C")
OTHER = point("D", "U3")


def vote(n: int, rule_id: str = "vote", named: str = "high", per: str = "unit", **more: object):
    given = {key: more.pop(key) for key in ("level", "lone_critical", "degraded_severity") if key in more}
    return rule(rule_id, {"vote": {"n": n, "rule": named, "per": per, **given}}, **more)


def expression(formula: str, points: dict[str, str], rule_id: str = "x", **more: object):
    return rule(rule_id, {"expression": {"is": formula, "points": points}}, **more)


def calm(run: Run, *names: str, at: float = 0) -> Run:
    return run.at(at, *((name, at, 0) for name in names))


def test_two_of_three_in_one_unit() -> None:
    run = calm(Run([A, B, C, OTHER], HIGH, vote(2)), "A", "B", "C", "D")
    run.at(1, ("A", 1, 15), ("D", 1, 15)).at(2, ("B", 2, 25)).at(3, ("C", 3, 15)).at(4, ("A", 4, 0), ("B", 4, 0))
    events = run.events("vote")
    assert [(e.event, e.subject, (e.at - T0) / 1000, e.value, e.limit) for e in events] == [
        ("raised", "U1", 2, 2, 2),
        ("cleared", "U1", 4, 1, 2),
    ]


def test_a_vote_takes_the_level_after_its_delay() -> None:
    slow = rule("high", {"limit": {"h": 10}}, on_delay_s=2)
    run = calm(Run([A, B], slow, vote(2, level="h")), "A", "B")
    for t in (1, 2, 3, 4):
        run.at(t, ("A", t, 15), ("B", t, 15 if t > 1 else 0))
    assert run.told("vote") == [("raised", "U1", "", 4)]


def test_an_unknown_member_lowers_the_need_and_is_told() -> None:
    run = calm(Run([A, B, C], HIGH, vote(2)), "A", "B")  # C has never been heard; the clock starts a second before
    run.at(1, ("A", 1, 15), ("B", 1, 0)).at(2, ("A", 2, 15), ("B", 2, 0)).at(3, ("A", 3, 15), ("B", 3, 0))
    run.at(4, ("A", 4, 15), ("B", 4, 0), ("C", 4, 0))
    assert run.told("vote") == [
        ("raised", "U1", "", 1),  # max(1, 2 - 1)
        ("raised", "U1", "degraded", 2),
        ("cleared", "U1", "", 4),
        ("cleared", "U1", "degraded", 4),
    ]


def test_members_that_are_only_waited_for_are_not_told() -> None:
    run = calm(Run([A, B, C], HIGH, vote(2)), "A").at(1, ("A", 1, 0), ("B", 1, 0)).at(1.5, ("C", 1.5, 0))
    for t in (2, 3, 4, 5):
        run.at(t, *((name, t, 0) for name in "ABC"))
    assert run.told("vote") == []


def test_silence_of_what_was_never_heard_counts_from_the_start_and_from_source_up() -> None:
    run = calm(Run([A, B], HIGH, vote(1)), "A")
    run.log.append(SourceUp(T0 + 1000, "default"))
    for t in (1, 2, 3, 4, 5):
        run.at(t, ("A", t, 0))
    assert run.told("vote") == [("raised", "U1", "degraded", 4)]


def test_a_vote_over_votes_is_degraded_by_one_that_hears_nobody() -> None:
    over = rule("over", {"vote": {"n": 1, "rule": "vote", "per": "site"}})
    run = calm(Run([A, OTHER], HIGH, vote(1), over), "A")
    for t in (1, 2, 3):
        run.at(t, ("A", t, 0))
    assert run.told("over") == [("raised", "site", "degraded", 2)]


def test_a_member_becomes_unknown_by_silence_whatever_its_level_was() -> None:
    run = calm(Run([A, B], HIGH, vote(2)), "A", "B").at(1, ("A", 1, 15))
    for t in (2, 3, 4, 5):
        run.at(t, ("B", t, 0))
    # A is silent from 1 on: unknown from 4 on, as soon as the clock is beyond; then one of one known is needed.
    assert run.at(6, ("B", 6, 15)).told("vote") == [("raised", "U1", "degraded", 4), ("raised", "U1", "", 6)]


def test_where_no_member_is_known_a_vote_keeps_its_value() -> None:
    run = calm(Run([A, B], HIGH, vote(1)), "A", "B").at(1, ("A", 1, 15), ("B", 1, 0)).tick(9)
    run.at(10, ("A", 10, 0))
    assert run.told("vote") == [
        ("raised", "U1", "", 1),
        ("raised", "U1", "degraded", 4),
        ("cleared", "U1", "", 10),
    ]


def test_one_critical_member_is_enough() -> None:
    run = calm(Run([A, B], HIGH, vote(2, lone_critical="hh")), "A", "B").at(1, ("A", 1, 15)).at(2, ("A", 2, 20))
    assert [(e.event, e.at - T0, e.value, e.limit) for e in run.events("vote")] == [("raised", 2000, 1, 2)]


def test_a_vote_over_enterprises_and_over_the_site() -> None:
    points = [A, B, OTHER]
    per_enterprise, site = vote(2, "per-enterprise", per="enterprise"), vote(3, "all", per="site")
    run = calm(Run(points, HIGH, per_enterprise, site), "A", "B", "D")
    run.at(1, ("A", 1, 15), ("D", 1, 15)).at(2, ("B", 2, 15))
    events = run.events("per-enterprise", "all")
    assert [(e.rule, e.subject, e.enterprise) for e in events] == [("per-enterprise", "E1", "E1"), ("all", "site", "")]


def test_what_happens_in_one_instant_is_taken_in_order_of_time() -> None:
    run = calm(Run([A, B], HIGH, vote(2)), "A", "B")
    # Both were high at 1.2 and 1.4 only; they come in one batch, A's readings first.
    run.at(2, ("A", 1, 15), ("A", 1.4, 0), ("B", 1.2, 15), ("B", 1.6, 0))
    assert run.told("vote") == [("raised", "U1", "", 1.2), ("cleared", "U1", "", 1.4)]


def test_a_decision_is_never_before_the_subjects_last_one() -> None:
    run = calm(Run([A, B], HIGH, vote(2)), "A", "B").at(3, ("A", 3, 15)).at(4, ("B", 2, 15))
    assert run.told("vote") == [("raised", "U1", "", 3)]


def test_a_vote_over_votes_is_decided_in_the_same_instant() -> None:
    over = rule("over", {"vote": {"n": 2, "rule": "vote", "per": "site"}})
    run = calm(Run([A, OTHER], HIGH, over, vote(1)), "A", "D").at(1, ("A", 1, 15)).at(2, ("D", 2, 15))
    assert run.told("over") == [("raised", "site", "", 2)]


def test_delays_of_a_subject_run_over_its_decisions_with_capped_steps() -> None:
    run = calm(Run([A, B], HIGH, vote(1, on_delay_s=5)), "A", "B").at(1, ("A", 1, 15))
    run.at(60, ("A", 60, 15), ("B", 60, 0)).at(62, ("A", 62, 15))
    # Silence is decided at 3 (B) and 4 (A): steps 2 and 1; then 3 (the cap) at 60 makes 6 of 5 s.
    assert [told for told in run.told("vote") if told[2] == ""] == [("raised", "U1", "", 60)]


def test_delays_run_on_the_clock_where_all_points_report_on_change() -> None:
    door, fan = point("A", report="on_change"), point("B", report="on_change")
    rules = (HIGH, vote(2, on_delay_s=10, off_delay_s=2))
    run = (
        calm(Run([door, fan], *rules), "A", "B")
        .at(1, ("A", 1, 15), ("B", 1, 15))
        .tick(20)
        .at(21, ("A", 21, 0))
        .tick(30)
    )
    assert run.told("vote") == [("raised", "U1", "", 11), ("cleared", "U1", "", 23)]


def test_what_is_due_by_the_clock_comes_before_the_instants_decisions() -> None:
    door = point("A", report="on_change")
    run = calm(Run([door], HIGH, vote(1, on_delay_s=1.5)), "A").at(1, ("A", 1, 15)).at(3, ("A", 2, 0))
    assert run.told("vote") == [("raised", "U1", "", 2.5), ("cleared", "U1", "", 2.5)]


def test_an_expression_over_the_points_of_each_unit() -> None:
    level, valve = point("A", kind="tank.level"), point("B", kind="valve")
    run = Run(
        [level, valve, point("D", "U3", "tank.level")],
        expression("l >= 80 and not v == 0", {"l": "tank.*", "v": "valve"}),
    )
    run.at(0, ("A", 0, 90), ("B", 0, 0), ("D", 0, 90)).at(1, ("B", 1, 1)).at(2, ("A", 2, 79.9))
    assert run.told("x") == [("raised", "U1", "", 1), ("cleared", "U1", "", 2)]


def test_an_expression_over_unknown_points_is_three_valued() -> None:
    run = Run([A, B], expression("a > 1 or b > 1", {"a": "A", "b": "B"}))
    run.at(0, ("A", 0, 0)).at(1, ("A", 1, 2)).at(2, ("A", 2, 0)).at(3, ("A", 3, 0), ("B", 3, 0))
    assert run.told("x") == [
        ("raised", "U1", "", 1),  # true or unknown
        ("raised", "U1", "degraded", 2),  # unknown: the value stays; B has been silent for 3 s
        ("cleared", "U1", "", 3),
        ("cleared", "U1", "degraded", 3),
    ]


def test_an_unknown_result_is_no_alarm_while_a_point_is_waited_for() -> None:
    run = Run([A, B], expression("1 / a > 1 and b > 1", {"a": "A", "b": "B"}))
    run.at(0, ("A", 0, 0)).at(1, ("A", 1, 0), ("B", 1, 2)).at(2, ("A", 2, 0.5))
    # Unknown from 0 on; at 1 nothing is waited for any more, so it is the division by zero.
    assert run.told("x") == [("raised", "U1", "degraded", 1), ("raised", "U1", "", 2), ("cleared", "U1", "degraded", 2)]


def test_division_by_zero_keeps_the_value() -> None:
    run = Run([A, B], expression("a / b > 2", {"a": "A", "b": "B"}))
    run.at(0, ("A", 0, 5), ("B", 0, 1)).at(1, ("B", 1, 0)).at(2, ("B", 2, 5))
    assert run.told("x") == [
        ("raised", "U1", "", 0),
        ("raised", "U1", "degraded", 1),
        ("cleared", "U1", "", 2),
        ("cleared", "U1", "degraded", 2),
    ]


def test_chained_comparisons_minimum_and_words() -> None:
    names = {"a": "A", "b": "B"}
    run = Run([A, B], expression("-5 < min(a, b, 3) <= abs(-2) and true", names), expression("1 != a != b", names, "y"))
    run.at(0, ("A", 0, 2), ("B", 0, 9)).at(1, ("A", 1, 3)).at(2, ("A", 2, 1), ("B", 2, -5)).at(3, ("B", 3, -4))
    assert run.told("x", "y") == [
        ("raised", "U1", "", 0),
        ("raised", "U1", "", 0),
        ("cleared", "U1", "", 1),
        ("cleared", "U1", "", 2),
        ("raised", "U1", "", 3),
    ]


def test_a_reading_that_comes_in_the_instant_of_its_silence_makes_the_point_known() -> None:
    run = Run([A], expression("a > 1", {"a": "A"})).at(0, ("A", 0, 0)).at(3.5, ("A", 2, 2))
    # By arrival it was silent beyond 3; the reading of 2 came after that, so it counts as of 3.
    assert run.told("x") == [("raised", "U1", "", 3)]


def test_first_then_in_time() -> None:
    spark, hot = (
        rule("spark", {"limit": {"h": 1}}, applies_to={"points": ["A"]}),
        rule("hot", {"limit": {"h": 60}}, applies_to={"points": ["B"]}),
    )
    both = rule("seq", {"sequence": {"first": {"rule": "spark"}, "then": {"rule": "hot", "level": "h"}, "within_s": 5}})
    run = calm(Run([A, B], spark, hot, both), "A", "B")
    run.at(1, ("A", 1, 1)).at(2, ("A", 2, 0)).at(6, ("B", 6, 60)).at(7, ("B", 7, 0))  # 5 s after: in time, spark over
    run.at(8, ("B", 8, 60)).at(9, ("B", 9, 0))  # 7 s after
    run.at(10, ("B", 10, 60)).at(11, ("A", 11, 1)).at(12, ("B", 12, 0))  # then was first
    run.at(13, ("B", 13, 60), ("A", 13, 1))  # spark turned true at 11 and stands
    assert run.told("seq") == [("raised", "U1", "", 6), ("cleared", "U1", "", 7), ("raised", "U1", "", 13)]


def test_both_at_one_time_are_in_sequence_whatever_comes_first() -> None:
    one, two = (
        rule("one", {"limit": {"h": 1}}, applies_to={"points": ["A"]}),
        rule("two", {"limit": {"h": 1}}, applies_to={"points": ["B"]}),
    )
    both = rule("seq", {"sequence": {"first": {"rule": "one"}, "then": {"rule": "two"}, "within_s": 1}})
    run = calm(Run([A, B], one, two, both), "A", "B").at(2, ("B", 1, 1), ("A", 1, 1))
    assert run.told("seq") == [("raised", "U1", "", 1)]


def test_a_rule_whose_named_rule_changed_keeps_its_alarm_and_starts_anew() -> None:
    run = calm(Run([A, B], HIGH, vote(1, off_delay_s=1)), "A", "B").at(1, ("A", 1, 15))
    first = run.events("vote")
    other = rule("high", {"limit": {"h": 40}})
    configured = Configuration(T0 + 1500, "rules", "x")
    assert run.reference.apply(configured, [other, vote(1, off_delay_s=1)]) == []
    run.log = []
    events = run.at(2, ("A", 2, 15), ("B", 2, 0)).at(3, ("A", 3, 15), ("B", 3, 0)).events("vote")
    assert [(e.event, e.alarm, e.at - T0) for e in events] == [("cleared", first[0].alarm, 3000)]
    removed = run.reference.apply(Configuration(T0 + 5000, "rules", "y"), [other])
    assert removed == []


def test_the_alarms_of_a_removed_rule_end_on_both_sides() -> None:
    run = Run([A, B], HIGH, vote(1)).at(0, ("A", 0, 15)).at(2.5, ("A", 2.5, 15))
    assert run.told("vote") == [("raised", "U1", "", 0), ("raised", "U1", "degraded", 2)]
    removed = run.reference.apply(Configuration(T0 + 3000, "rules", "y"), [HIGH])
    assert [(e.event, e.side, e.reason, e.at - T0) for e in removed] == [
        ("cleared", "", "rule_removed", 3000),
        ("cleared", "degraded", "rule_removed", 3000),
    ]


def test_a_gateway_is_down_when_all_behind_it_are_silent_not_while_one_is_waited_for() -> None:
    near, far = point("A", device="D1"), point("B", device="D2", period_s=2)
    down = rule("down", {"gateway_down": {}})
    run = Run([near, far], down)
    devices = {name: Device(name, "E1", name, gateway) for name, gateway in (("D1", "G"), ("D2", "G"), ("G", None))}
    site = replace(run.reference.site, devices=devices)
    run.reference = Reference(site, [down], PointRegistry(run.names))
    # A is silent from 3 on, B, never heard, three of its periods after the start a second before.
    run.at(0, ("A", 0, 0)).tick(8).at(9, ("B", 9, 0))
    assert run.told("down") == [("raised", "G", "", 5), ("cleared", "G", "", 9)]
