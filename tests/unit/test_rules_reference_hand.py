"""The reference engine on small logs worked out by hand: what the shared cases don't reach."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from support.cases import KEY
from support.reference import Reference

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings, SourceUp, Tick
from plant.quality import NO_TIME_MS, RETAINED, UNREADABLE_TIME_MS, Quality
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.events import AlarmEvent
from rules.schema import Rule

T0 = 1_732_190_400_000
POINT = Point("P", "U", "E", "gas.combustible", None, 0.0, 100.0, 1.0, "periodic", *[None] * 5, *[None] * 7, tags=())  # type: ignore[misc]


def site_of(point: Point) -> Site:
    enterprises, units = {"E": Enterprise("E", "E", "")}, {"U": Unit("U", "E", "U", "workshop")}
    return Site("s", "UTC", None, (), {}, enterprises, units, {"P": point})


def rule(condition: dict[str, Any], rule_id: str = "r", **more: Any) -> Rule:
    form = {"id": rule_id, "applies_to": {"kind": "*"}, "condition": condition, "severity": "yellow"}
    return Rule.model_validate(form | more)


def engine(*rules: Rule, point: Point = POINT) -> Reference:
    return Reference(site_of(point), rules, PointRegistry(["P"]))


def readings(received_s: float, *rows: tuple[float | None, float | None], source: str = "") -> Readings:
    """Rows are (seconds after T0 or None, value)."""
    times = [(None if t is None else T0 + round(t * 1000), value) for t, value in rows]
    return Readings(T0 + round(received_s * 1000), Batch.of((0, t, value, 0) for t, value in times), source)


def run(reference: Reference, entries: Sequence[Entry]) -> list[AlarmEvent]:
    return [event for entry in entries for event in reference.apply(entry)]


def listening(*entries: Entry) -> list[Entry]:
    """The entries with a tick a second between them, as a service that listens all the time writes them."""
    log: list[Entry] = []
    for entry in entries:
        start = log[-1].received_at_ms if log else entry.received_at_ms
        log += [Tick(at) for at in range(start + 1000, entry.received_at_ms, 1000)]
        log.append(entry)
    return log


def short(events: Sequence[AlarmEvent]) -> list[tuple[str, float]]:
    return [(event.event, (event.at - T0) / 1000) for event in events]


def test_a_stale_alarm_takes_the_severity_of_what_is_pending() -> None:
    gas = rule({"limit": {"h": 25, "hh": 50}}, "gas", severity={"h": "orange", "hh": "red"}, on_delay_s=10)
    stale = rule({"stale": {"after_s": 5}}, "stale", severity="blue")
    log = listening(readings(0, (0, 60)), Tick(T0 + 5000), Tick(T0 + 5001), readings(7, (7, 0)))
    events = run(engine(gas, stale), log)
    assert [(e.event, e.rule, e.at - T0, e.severity) for e in events] == [
        ("raised", "stale", 5000, "red"),
        ("cleared", "stale", 7000, "red"),
    ]
    assert set(events[0].pending) == {"gas:h", "gas:hh"}


def test_silence_counts_from_the_start_of_the_clock_and_from_source_up() -> None:
    stale = rule({"stale": {"after_s": 5}})
    assert short(run(engine(stale), listening(Tick(T0), Tick(T0 + 4000), Tick(T0 + 4001)))) == [("raised", 4)]
    heard = [readings(0, (0, 1), source="a"), SourceUp(T0 + 4000, "a"), SourceUp(T0 + 6000, "b")]
    assert short(run(engine(stale), listening(*heard, Tick(T0 + 9000), Tick(T0 + 9001)))) == [("raised", 9)]


def test_time_in_which_nobody_listened_is_no_silence() -> None:
    stale = rule({"stale": {"after_s": 5}})
    before = listening(readings(0, (0, 1), source="a"), Tick(T0 + 3000))
    hour = T0 + 3000 + 3_600_000
    after = listening(Tick(hour), Tick(hour + 2000), Tick(hour + 2001))
    assert short(run(engine(stale), before + after)) == [("raised", 3605)]
    again = listening(SourceUp(hour, "a"), Tick(hour + 5000), Tick(hour + 5001))
    assert short(run(engine(stale), before + again)) == [("raised", 3608)]
    assert short(run(engine(stale), [readings(0, (0, 1)), *(Tick(T0 + s * 2000) for s in (1, 2, 3))])) == [
        ("raised", 5)
    ]


def test_a_retained_reading_is_not_even_an_arrival() -> None:
    stale = rule({"stale": {"after_s": 5}})
    retained = Readings(T0 + 4000, Batch.of([(0, T0 + 4000, 1.0, RETAINED)]))
    assert short(run(engine(stale), listening(readings(0, (0, 1)), retained, Tick(T0 + 5001)))) == [("raised", 5)]


def test_on_change_delays_run_on_the_clock_with_batches_in_between() -> None:
    point = replace(POINT, report="on_change")
    limit = rule({"limit": {"h": 25, "hh": 50}}, on_delay_s=10, severity={"h": "orange", "hh": "red"}, off_delay_s=2)
    reference = engine(limit, point=point)
    assert short(run(reference, [readings(0, (0, 60)), Tick(T0 + 9999)])) == []
    events = run(reference, [readings(12, (9, 0))])
    assert [(e.event, e.level, e.at - T0) for e in events] == [
        ("raised", "hh", 10_000),  # both levels at once: one event
        ("cleared", "hh", 11_000),  # the value fell at 9, and 9 + 2 lies before the clock
    ]


def test_an_alarm_does_not_end_before_it_began() -> None:
    point = replace(POINT, report="on_change")
    events = run(
        engine(rule({"limit": {"h": 25}}, on_delay_s=10), point=point), [readings(0, (0, 60)), readings(12, (9, 0))]
    )
    assert short(events) == [("raised", 10), ("cleared", 10)]


def test_a_gap_adds_at_most_three_periods_to_a_delay() -> None:
    limit = rule({"limit": {"h": 25}}, on_delay_s=5)
    assert short(run(engine(limit), [readings(0, (0, 60)), readings(60, (60, 60), (62, 60))])) == [("raised", 62)]


def test_count_raises_at_the_nth_rise_and_holds_off_the_clearing() -> None:
    limit = rule({"limit": {"h": 25}}, on_delay_s=60, count={"n": 2, "within_s": 4})
    rows = [(0, 60), (2, 0), (4, 60), (5, 0), (7.999, 0), (8, 0)]
    assert short(run(engine(limit), [readings(t, (t, v)) for t, v in rows])) == [("raised", 4), ("cleared", 8)]


def test_the_taken_time_of_a_reading() -> None:
    reference = engine(rule({"limit": {"h": 25}}))
    batch = Batch.of([(0, NO_TIME_MS, 30.0, 0), (0, UNREADABLE_TIME_MS, 20.0, 0), (0, T0 + 60_001, 30.0, 0)])
    assert short(run(reference, [Readings(T0, batch)])) == [("raised", 0), ("cleared", 0), ("raised", 0.001)]
    assert reference.counters("P")["ahead"] == 1
    assert reference.counters("P")["clock_fault"] == 2
    assert short(run(reference, [readings(1, (61, 0))])) == [("cleared", 61)]


def test_a_clock_that_stepped_back_is_followed_at_arrival_until_it_is_right_again() -> None:
    reference = engine(rule({"limit": {"h": 25}}))
    run(reference, [readings(10, (10, 0))])
    assert short(run(reference, [readings(13, (5, 60))])) == []  # late: not more than three periods
    assert short(run(reference, [readings(13.001, (5, 60))])) == [("raised", 13.001)]
    assert short(run(reference, [readings(14, (6, 0)), readings(15, (None, 60))])) == [("cleared", 14), ("raised", 15)]
    assert short(run(reference, [readings(16.5, (16, 0))])) == [("cleared", 16)]
    assert reference.counters("P") == Counter(late=1, skewed=3)


def test_quality_is_part_of_what_makes_a_duplicate() -> None:
    reference = engine(rule({"limit": {"h": 25}}))
    rows = [(0, T0, 1.0, Quality.GOOD), (0, T0, 1.0, Quality.GOOD), (0, T0, 1.0, Quality.UNCERTAIN)]
    run(reference, [Readings(T0, Batch.of(rows))])
    assert reference.counters("P")["duplicate"] == 1


def test_over_range_stays_usable_and_under_range_is_bad() -> None:
    limit, under = rule({"limit": {"h": 25, "l": 1}}), rule({"range": {"is": "under"}}, "under", on_delay_s=2)
    reference = engine(limit, under)
    entries = [readings(t, (t, v)) for t, v in [(0, 101), (1, 50), (2, -5.0), (3, -5.1), (5, -6), (6, 50)]]
    events = run(reference, entries)
    assert [(e.event, e.rule, e.side, (e.at - T0) / 1000) for e in events] == [
        ("raised", "r", "high", 0),
        ("cleared", "r", "high", 2),
        ("raised", "r", "low", 2),
        ("raised", "under", "", 5),
        ("raised", "r", "high", 6),
        ("cleared", "r", "low", 6),
        ("cleared", "under", "", 6),
    ]
    assert reference.counters("P") == Counter(over_range=1, under_range=2, bad=2)


def test_a_changed_rule_keeps_its_alarm_and_a_removed_one_clears_it() -> None:
    reference = engine(rule({"limit": {"h": 25}}))
    first = run(reference, [readings(0, (0, 60))])
    configuration = Configuration(T0 + 500, "rules", "x")
    assert reference.apply(configuration, [rule({"limit": {"h": 55}}, on_delay_s=5)]) == []
    assert run(reference, [readings(1, (1, 60))]) == []
    removed = reference.apply(replace(configuration, received_at_ms=T0 + 2000), [])
    assert [(e.event, e.alarm, e.at, e.reason) for e in removed] == [
        ("cleared", first[0].alarm, T0 + 2000, "rule_removed")
    ]


def test_historical_is_more_than_late_after_before_the_entry() -> None:
    events = run(engine(rule({"limit": {"h": 25}})), [readings(300, (0, 60)), readings(300.002, (0.001, 0))])
    assert [(e.event, e.historical) for e in events] == [("raised", False), ("cleared", True)]
    assert set(KEY) <= set(events[0].__struct_fields__)
