"""Deadlines of disposals, and the tiers that hear of those that were missed."""

from support.alarm_steps import T0
from support.disposing import Bench

from alerts.disposal.schema import DisposalRules, Tier

MINUTE = 60_000
HOUR = 60 * MINUTE


def test_nobody_takes_it() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.pass_time(T0 + 5 * MINUTE - 1)
    assert bench.overdue == []
    bench.pass_time(T0 + 3 * HOUR)
    at = T0 + 5 * MINUTE
    assert bench.overdue == [(at, "assign", 0, ""), (at, "assign", 1, "safety"), (at + HOUR, "assign", 2, "leader")]
    assert (bench.of(alarm).overdue, bench.of(alarm).tier) == ("assign", 2)
    bench.act("start", alarm, T0 + 3 * HOUR + 1)
    assert (bench.of(alarm).overdue, bench.of(alarm).tier) == ("", 0)


def test_it_is_not_closed_in_time() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.act("assign", alarm, T0 + 1, to="zhao", due=str(T0 + 2 * HOUR))
    bench.cleared(alarm, T0 + 2)
    bench.submit(alarm, T0 + HOUR)
    bench.pass_time(T0 + 24 * HOUR)
    at = T0 + 2 * HOUR
    assert bench.overdue == [(at, "close", 0, "zhao"), (at, "close", 1, "safety"), (at + HOUR, "close", 2, "leader")]
    bench.act("verify", alarm, T0 + 24 * HOUR + 1, "li")
    assert bench.of(alarm).overdue == "close", "until it is closed"
    bench.act("close", alarm, T0 + 24 * HOUR + 1, "li")
    assert bench.of(alarm).overdue == ""


def test_closing_is_missed_while_nobody_has_taken_it() -> None:
    tiers = (Tier(after_s=3.9 * 3600, role="safety"), Tier(after_s=5 * 3600.0, role="leader"))
    bench = Bench(DisposalRules(overdue=tiers))
    bench.raised()
    bench.pass_time(T0 + 24 * HOUR)
    said = [(at - T0, deadline, tier) for at, deadline, tier, _ in bench.overdue]
    closing = 4 * HOUR
    assert said == [
        (5 * MINUTE, "assign", 0),
        (5 * MINUTE + round(3.9 * HOUR), "assign", 1),
        (closing, "close", 0),
        (closing + round(3.9 * HOUR), "close", 1),
        (closing + 5 * HOUR, "close", 2),
    ]


def test_what_was_reopened_starts_anew() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.cleared(alarm, T0 + 1)
    bench.pass_time(T0 + 5 * HOUR)
    bench.close(alarm, T0 + 5 * HOUR + 1)
    back = bench.raised(T0 + 6 * HOUR)
    assert (bench.of(back).overdue, bench.of(back).tier) == ("", 0)
    bench.effects.clear()
    bench.pass_time(T0 + 6 * HOUR + 5 * MINUTE)
    assert bench.overdue[0] == (T0 + 6 * HOUR + 5 * MINUTE, "assign", 0, "")


def test_under_rules_with_fewer_tiers_the_rest_is_dropped() -> None:
    bench = Bench()
    alarm = bench.raised()
    bench.pass_time(T0 + 10 * MINUTE)
    bench.rules = DisposalRules()
    bench.pass_time(T0 + 24 * HOUR)
    assert [(deadline, tier) for _, deadline, tier, _ in bench.overdue] == [("assign", 0), ("assign", 1), ("close", 0)]
    assert bench.of(alarm).next_at is None
