"""The scalar reference engine gives the events of the shared cases, all of them and no others."""

from collections import Counter
from pathlib import Path

from support.cases import KEY, entries_of, expected_of, read_site, rules_of
from support.reference import Reference

from plant.registry import PointRegistry
from plant.site_reader import read_site as read_site_folder
from rules.loader import read_rules


def test_reference_gives_the_events_of_the_case(case: Path) -> None:
    site = read_site(case / "site")
    registry = PointRegistry(site.points)
    reference = Reference(site, rules_of(case / "site"), registry)
    events = [e for entry in entries_of(case / "feed.csv.gz", registry) for e in reference.apply(entry)]
    got = Counter(tuple(getattr(event, key) for key in KEY) for event in events)
    expected = Counter(expected_of(case))
    assert sorted(got - expected)[:5] == []
    assert sorted(expected - got)[:5] == []


def test_the_loader_reads_the_rules_of_the_case_without_a_word(case: Path) -> None:
    site, _ = read_site_folder(case / "site")
    rules, warnings = read_rules(case / "site", site)
    assert rules == rules_of(case / "site")
    assert warnings == []
