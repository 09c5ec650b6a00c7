"""A time-weighted average says when its data are not enough (semantics 3.5)."""

from pathlib import Path

from support.site_builder import build_site

from plant.batch import Batch
from plant.entries import Readings
from plant.registry import PointRegistry
from plant.site_reader import read_site
from rules.engine import Engine, make_plan
from rules.schema import Rule

START_MS = 1_732_190_000_000
TWA = {"over_s": 60, "h": 10, "max_gap_s": 5}


def test_an_average_with_holes_is_counted_until_it_is_whole_again(tmp_path: Path) -> None:
    build_site(tmp_path, 1, 1)
    site, _ = read_site(tmp_path)
    point = next(iter(site.points))
    rule = Rule.model_validate({"id": "twa", "applies_to": {"points": [point]}, "condition": {"twa": TWA}})
    engine = Engine(make_plan(site, [rule], PointRegistry(site.points)))

    def reading_at(second: int) -> int:
        engine.apply([Readings(START_MS + second * 1000, Batch.of([(0, START_MS + second * 1000, 1.0, 0)]))])
        return engine.exposure_incomplete()

    assert [reading_at(second) for second in range(0, 120, 5)] == [0] * 24, "every 5 s is whole"
    assert [reading_at(second) for second in (160, 200, 240)][-1] == 1, "5 s of every 40 s are not"
    assert [reading_at(second) for second in range(245, 320, 5)][-1] == 0
