"""What a forecast's event carries, from the engine to the alarm book."""

import json
from pathlib import Path
from random import Random

from support.alarm_steps import action, engine_event
from support.random_cases import random_site

from alerts.record import Policy
from plant.batch import Batch
from plant.entries import Readings
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from rules.events import Crossing, event_json
from rules.schema import Rule
from tocsin.book import AlarmBook

START_MS = 1_732_190_400_000
FORECAST = {"h": 60.0, "hh": 100.0, "within_s": 30, "half_life_s": 60, "min_readings": 5}


def rising(values: list[float]) -> list[dict[str, object]]:
    """The public form of the events of one point with these values, a second apart."""
    site = random_site(Random(1), 1)
    rule = Rule.model_validate({"id": "f", "applies_to": {"kind": "*"}, "condition": {"forecast": FORECAST}})
    registry = PointRegistry(site.points)
    engine = Engine(make_plan(site, [rule], registry))
    events = []
    for i, value in enumerate(values):
        at = START_MS + 1000 * i
        events += engine.apply([Readings(at, Batch.of([(0, at, value, 0)]), "a")])
    return [json.loads(event_json(event)) for event in events]


def test_a_straight_line_is_told_by_the_second() -> None:
    events = rising([2.0 * i for i in range(40)])
    assert [(e["event"], e["level"], e["at"]) for e in events] == [
        ("raised", "h", START_MS + 4_000),
        ("upgraded", "hh", START_MS + 20_000),
    ]
    first = events[0]
    assert list(first)[-2:] == ["reason", "forecast"]
    assert first["limit"] == 60.0
    assert abs(first["value"] - 26.0) < 1e-3
    assert abs(first["forecast"]["at"] - (START_MS + 30_000)) <= 1
    assert first["forecast"]["from"] <= first["forecast"]["at"] <= first["forecast"]["to"]


def test_a_value_that_stays_where_it_is_is_no_trend_even_at_the_level() -> None:
    assert rising([10.0] * 5 + [60.0] * 300)[-1]["event"] == "cleared"
    assert rising([60.0] * 50) == []


def test_one_absurd_value_does_not_end_forecasting() -> None:
    line = [2.0 * i for i in range(20)]
    assert [e["event"] for e in rising([1e200, *line])] == ["raised"]


def test_the_alarm_book_keeps_it_and_an_operator_event_tells_it(tmp_path: Path) -> None:
    crossing = Crossing(at=START_MS + 60_000, from_=START_MS + 50_000, to=None)
    event = engine_event("raised", forecast=crossing)
    book = AlarmBook.open_for_writing(tmp_path / "data" / "book.sqlite")
    done = book.commit(2, [(0, event), (1, action("acknowledge", START_MS))], Policy())
    assert [told.event.forecast for told in done.events] == [crossing, crossing]
    assert [kept.numbered.event.forecast for kept in book.events()] == [crossing, crossing]
    record = book.alarm(event.alarm)
    assert record is not None
    assert record.forecast == crossing
