"""The last readings that screens share are those of the journal, however it is cut into looks."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plant.batch import Batch
from plant.entries import Readings, Tick
from plant.quality import QUALITY_MASK, Quality
from tocsin.centre.latest import Latest, LatestValues
from tocsin.log.journal import Journal
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.registry_file import RegistryFile
from tocsin.records import FolderRecords
from tocsin.records.folder import LOOK_BACK_MS

T0 = 1_790_000_000_000
POINTS = [f"P{n}" for n in range(6)]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.none() | st.integers(T0, T0 + 1_000_000),
        st.none() | st.floats(-5, 5),
        st.integers(0, 2),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 5000), ROWS, st.booleans()), max_size=12))
def test_the_last_of_every_point(
    given_entries: list[tuple[int, list[tuple[int, int | None, float | None, int]], bool]],
) -> None:
    with TemporaryDirectory() as folder:
        data = Path(folder)
        journal = Journal.open(data / JOURNAL)
        RegistryFile.open(data / REGISTRY).assign(POINTS)
        journal.append([Tick(T0)])
        values = LatestValues(FolderRecords(data))
        values.poll()
        expected: dict[str, Latest] = {}
        stream: dict[str, Latest] = {}
        now, turn = T0, 0
        for after, rows, look in given_entries:
            now += after
            batch = Batch.of(rows)
            journal.append([Readings(now, batch) if rows else Tick(now)])
            for number, measured, value in zip(batch.point, batch.measured_at_ms, batch.value, strict=True):
                point = POINTS[number]
                quality = batch.quality[np.flatnonzero(batch.point == number)[-1]]
                expected[point] = Latest(
                    point,
                    None if np.isnan(value) else float(value),
                    Quality(int(quality) & QUALITY_MASK),
                    int(measured) if measured > 0 else None,
                    now,
                )
            if look:
                values.poll()
                assert values.of([*POINTS, "unknown"]) == expected
                assert values.clocks_ms() == {"log": now}
                turn, news = values.since(POINTS, turn)
                stream |= news
                assert stream == expected
        journal.close()


def test_at_the_start_only_the_last_minutes_are_read(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / JOURNAL)
    RegistryFile.open(tmp_path / REGISTRY).assign(POINTS)
    journal.append([Readings(T0, Batch.of([(0, T0, 1.0, 0)])), Tick(T0 + 1)])
    journal.append([Readings(T0 + LOOK_BACK_MS + 2, Batch.of([(1, T0, 2.0, 0)]))])
    values = LatestValues(FolderRecords(tmp_path))
    assert values.poll()
    assert set(values.of(POINTS)) == {"P1"}
    journal.append([Readings(T0 + LOOK_BACK_MS + 3, Batch.of([(0, T0, 3.0, 0)]))])
    assert values.poll()
    assert values.of(["P0"])["P0"].value == 3.0
    assert not values.poll()
    journal.close()
