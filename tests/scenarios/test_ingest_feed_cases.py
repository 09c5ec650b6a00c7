"""The reference cases: their sites read without a word, their feeds make the entries that semantics 1.3 asks for."""

import pytest
from support.cases import CASES, cases_folder, entries_of

from ingest.feed import count_entries, entries_of_feed, read_feed
from plant.registry import PointRegistry
from plant.site_reader import read_site


@pytest.mark.parametrize("name", CASES)
def test_a_case_reads_to_the_entries_of_its_feed(name: str) -> None:
    folder = cases_folder() / name
    if not folder.is_dir():
        pytest.skip(f"the reference cases are not there (TOCSIN_CASES): {name}")
    site, warnings = read_site(folder / "site")
    assert warnings == []
    registry = PointRegistry(site.points)
    feed = read_feed(folder / "feed.csv.gz", registry)
    entries = list(entries_of_feed(feed))
    assert entries == list(entries_of(folder / "feed.csv.gz", registry))
    assert count_entries(feed) == len(entries)
