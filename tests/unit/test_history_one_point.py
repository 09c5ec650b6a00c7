"""One point's readings straight out of a segment: the same as from the entries, and damage is seen."""

from pathlib import Path

import numpy as np
import pytest

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from tocsin.log import one_point
from tocsin.log.errors import LogCorruptError
from tocsin.log.journal import Journal
from tocsin.log.one_point import readings_of_point
from tocsin.log.segment import Segment, list_segments

START_MS = 1_700_000_000_000


def entries() -> list[Entry]:
    rng = np.random.default_rng(3)
    found: list[Entry] = []
    for i in range(300):
        n = int(rng.integers(0, 30))
        point = rng.integers(0, 5, n).astype(np.uint32)
        batch = Batch(point, rng.integers(0, 2**40, n), rng.normal(size=n), rng.integers(0, 3, n).astype(np.uint8))
        keys = tuple(range(int(rng.integers(0, 3))))
        found.append(Readings(START_MS + i, batch, "source" * (i % 3), keys) if i % 7 else Tick(START_MS + i))
    return found


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    journal = Journal.open(tmp_path)
    journal.append(entries())
    journal.close()
    (only,) = list_segments(tmp_path)
    return only


def read(segment: Segment, from_ms: int = 0, to_ms: int = 2**50, *, newest: bool = True) -> list[tuple[object, ...]]:
    return [
        row
        for _, received, batch in readings_of_point(segment, 2, from_ms, to_ms, newest=newest)
        for row in zip(
            received.tolist(),
            batch.measured_at_ms.tolist(),
            batch.value.tolist(),
            batch.quality.tolist(),
            strict=True,
        )
    ]


def wanted(from_ms: int = 0, to_ms: int = 2**50) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for entry in entries():
        if isinstance(entry, Readings) and from_ms <= entry.received_at_ms <= to_ms:
            b = entry.batch.select(entry.batch.point == 2)
            columns = (b.measured_at_ms.tolist(), b.value.tolist(), b.quality.tolist())
            found += [(entry.received_at_ms, *row) for row in zip(*columns, strict=True)]
    return found


@pytest.mark.parametrize("chunk", [100, 1_000, 16 << 20])
def test_it_reads_what_the_entries_hold(segment: Segment, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_point, "_CHUNK", chunk)
    assert read(segment) == wanted()
    span = (START_MS + 50, START_MS + 120)
    assert read(segment, *span) == wanted(*span)
    assert len(wanted(*span)) > 10


def test_a_half_written_end_ends_the_newest_segment_alone(segment: Segment) -> None:
    whole = segment.path.read_bytes()
    segment.path.write_bytes(whole[:-20])
    assert read(segment) == wanted()[: len(read(segment))]
    with pytest.raises(LogCorruptError, match="cut short"):
        read(segment, newest=False)


def test_changed_bytes_are_damage(segment: Segment) -> None:
    whole = bytearray(segment.path.read_bytes())
    whole[len(whole) // 2] ^= 1
    segment.path.write_bytes(whole)
    with pytest.raises(LogCorruptError):
        read(segment)


def test_a_segment_that_was_dropped_has_nothing(segment: Segment) -> None:
    segment.path.unlink()
    assert read(segment) == []
