"""Instrument conditions by hand: what the page says, in numbers."""

from typing import Any

import pytest
from support.reference_runs import T0, listening, point, readings, rule, site_of

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import UNREADABLE_TIME_MS
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan, reconfigure
from rules.events import AlarmEvent
from rules.schema import Rule

NAMES = ["P1", "P2", "P3", "P4"]
CLOCK = rule("clock", {"clock": {"skew_over_s": 60}}, on_delay_s=5)


def events_of(rules: list[Rule], *log: Entry, **more: Any) -> list[AlarmEvent]:
    site = site_of(*(point(name, **more) for name in NAMES))
    return Engine(make_plan(site, rules, PointRegistry(NAMES))).apply(listening(*log))


def told(events: list[AlarmEvent]) -> list[tuple[str, str, float, float | None]]:
    return [(e.event, e.subject, (e.at - T0) / 1000, e.value) for e in events]


def heard(received_s: float, *rows: tuple[str, float, float | None]) -> Readings:
    return readings(received_s, *rows, points=NAMES)


def test_a_clock_that_is_wrong_at_each_reading_is_told_by_arrival() -> None:
    log = [heard(s, ("P1", s - 90, 1)) for s in range(8)] + [heard(s, ("P1", s, 1)) for s in range(8, 16)]
    assert told(events_of([CLOCK], *log)) == [("raised", "P1", 5, 90.0), ("cleared", "P1", 8, 0.0)]


def test_a_backlog_after_an_outage_is_no_wrong_clock() -> None:
    log = [heard(0, ("P1", 0, 1)), heard(3600, *(("P1", float(s), 1) for s in range(1, 3600)))]
    log += [heard(3600 + s, ("P1", 3600 + s, 1)) for s in range(1, 20)]
    assert told(events_of([CLOCK], *log)) == []


def test_a_timestamp_that_can_not_be_read_is_a_wrong_clock_and_none_says_nothing() -> None:
    unreadable = [Readings(T0 + s * 1000, Batch.of([(0, UNREADABLE_TIME_MS, 1.0, 0)])) for s in range(7)]
    without = [Readings(T0 + s * 1000, Batch.of([(0, None, 1.0, 0)])) for s in range(7, 12)]
    assert told(events_of([CLOCK], *unreadable, *without)) == [("raised", "P1", 5, None)]
    assert told(events_of([CLOCK], *without)) == []


def test_the_third_silence_within_ten_minutes_is_a_flapping_link() -> None:
    flapping = rule("flap", {"flapping": {"n": 3, "within_s": 60}})
    log = [heard(s, ("P1", s, 1)) for s in (0, 1, 10, 11, 20, 21, 30, 31, 32, 71, 72)]
    # Silences end at 10, 20, 30 and 71; at 71 those at 20 and 30 still count, at 81 the one at 20 does not.
    assert told(events_of([flapping], *log, *(heard(s, ("P1", s, 1)) for s in range(73, 85))))[:2] == [
        ("raised", "P1", 30, None),
        ("cleared", "P1", 81, None),
    ]


def test_calibration_begins_with_the_day_and_ends_with_a_later_one() -> None:
    due = rule("due", {"calibration": {"days_before": 1}})
    names = PointRegistry(NAMES)

    def plan(day: str) -> Any:
        return make_plan(site_of(point("P1", calibration_due=day)), [due], names)

    midnight = T0 + 12 * 3_600_000
    engine = Engine(plan("2024-11-23"))
    events = engine.apply([Tick(midnight - 1), Tick(midnight + 500), Tick(midnight + 1500)])
    engine, ended = reconfigure(engine, plan("2025-11-23"), midnight + 1500)
    events += ended + engine.apply([Tick(midnight + 2500)])
    assert [(e.event, e.at - midnight) for e in events] == [("raised", 500), ("cleared", 2500)]


def test_the_one_that_wanders_off_is_told_and_not_its_neighbours() -> None:
    drift = rule("drift", {"drift": {"half_life_s": 12, "over": 2, "min_neighbours": 2}})
    log = [
        heard(s, *((name, float(s), 10 + 0.2 * i + (s / 10 if name == "P3" else 0)) for i, name in enumerate(NAMES)))
        for s in range(60)
    ]
    events = events_of([drift], *log)
    assert [(e.event, e.subject) for e in events] == [("raised", "P3")]
    assert events[0].value is not None
    assert events[0].value > 2
    alone = [heard(s, ("P1", float(s), 0), ("P2", float(s), 50)) for s in range(60)]
    assert events_of([drift], *alone) == [], "one neighbour says nothing"


@pytest.mark.parametrize("missing_s", [4, 60, 600])
def test_data_that_is_lost_neither_raises_nor_clears_a_process_alarm(missing_s: int) -> None:
    gas = rule("gas", {"limit": {"h": 25}}, on_delay_s=10, off_delay_s=10, severity={"h": "orange"})
    health = [rule("stale", {"stale": {}}, severity="blue"), CLOCK]
    back = 5 + missing_s
    above = [heard(s, ("P1", float(s), 60)) for s in (*range(6), *range(back, back + 10))]
    raised = [e for e in events_of([gas, *health], *above) if e.rule == "gas"]
    # 5 s before the gap, 3 s (three periods) for it, 2 s after it.
    assert told(raised) == [("raised", "P1", back + 2, 60.0)]
    gone = [heard(s, ("P1", float(s), 60)) for s in range(12)] + [Tick(T0 + (12 + missing_s) * 1000)]
    assert [e.event for e in events_of([gas, *health], *gone) if e.rule == "gas"] == ["raised"]
