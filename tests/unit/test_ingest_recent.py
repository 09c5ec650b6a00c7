"""Readings that a broker delivers a second time are known, whatever came in between."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.recent import RecentReadings
from plant.batch import Batch

Row = tuple[int, int, float]

readings = st.tuples(st.integers(0, 5), st.integers(0, 2**41), st.floats(allow_nan=False))


def asked(recent: RecentReadings, rows: list[Row]) -> bool:
    batch = Batch.of([(*row, 0) for row in rows])
    return recent.knows(batch.point.tobytes(), batch.measured_at_ms.tobytes(), batch.value)


several = st.lists(readings, min_size=1, max_size=5)


@given(st.lists(several, min_size=1, max_size=6), st.lists(readings, max_size=3), st.integers(0, 5))
def test_knows_exactly_what_was_noted(batches: list[list[Row]], others: list[Row], early: int) -> None:
    recent = RecentReadings()
    noted: set[tuple[int, int, bytes]] = set()
    for i, rows in enumerate(batches):
        recent.note(Batch.of([(*row, 0) for row in rows]))
        noted |= {(p, t, np.float64(v).tobytes()) for p, t, v in rows}
        if i == early:
            assert asked(recent, rows)
    for rows in (*batches, others):
        assert asked(recent, rows) == all((p, t, np.float64(v).tobytes()) in noted for p, t, v in rows)


def test_the_oldest_are_forgotten() -> None:
    recent = RecentReadings(max_readings=2)
    for t in range(4):
        recent.note(Batch.of([(1, 1_700_000_000_000 + t, 1.0, 0)]))
    assert not asked(recent, [(1, 1_700_000_000_000, 1.0)])
    assert asked(recent, [(1, 1_700_000_000_003, 1.0)])
