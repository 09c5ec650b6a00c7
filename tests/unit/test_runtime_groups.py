"""Entries are put together for the fold without parting those of one received_at."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plant.entries import Tick
from tocsin.runtime.fold import in_groups


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 7))
def test_an_instant_stays_together(steps: list[int], most_entries: int) -> None:
    times = [sum(steps[: i + 1]) for i in range(len(steps))]
    items = [(position, Tick(time)) for position, time in enumerate(times)]
    groups = list(in_groups(items, most_entries=most_entries))
    assert [item for group in groups for item in group] == items
    for before, after in pairwise(groups):
        assert before[-1][1].received_at_ms < after[0][1].received_at_ms
        assert len(before) >= most_entries
