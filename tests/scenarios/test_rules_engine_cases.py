"""The engine gives the events of the shared cases, all of them and no others, however its entries are handed over."""

from collections import Counter
from pathlib import Path

import pytest
from support.cases import KEY, entries_of, expected_of, read_site, rules_of

from plant.registry import PointRegistry
from rules.engine import Engine, make_plan


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_engine_gives_the_events_of_the_case(case: Path, at_once: int) -> None:
    site = read_site(case / "site")
    registry = PointRegistry(site.points)
    engine = Engine(make_plan(site, rules_of(case / "site"), registry))
    entries = list(entries_of(case / "feed.csv.gz", registry))
    events = [e for i in range(0, len(entries), at_once) for e in engine.apply(entries[i : i + at_once])]
    got = Counter(tuple(getattr(event, key) for key in KEY) for event in events)
    expected = Counter(expected_of(case))
    assert sorted(got - expected)[:5] == []
    assert sorted(expected - got)[:5] == []
