"""Trends out of logs in parts: those of a journal that holds the same entries; no further back than is bearable."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.registry import PointRegistry
from tocsin.history.journal_trends import JournalTrends
from tocsin.history.log_trends import LogTrends
from tocsin.history.query import TrendError
from tocsin.log.journal import Journal
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.memory import MemoryLog
from tocsin.log.registry_file import RegistryFile
from tocsin.records import Records
from tocsin.records.parts import LogPart

T0 = 1_732_190_400_000
SECONDS = 1200
IDS = ["P0", "P1", "P2", "P3"]
ENTERPRISE = {"P0": "E1", "P1": "E1", "P2": "E2", "P3": "E2"}


def entries() -> Iterator[Entry]:
    """Some late, some bad, some twice, some without a time of their own."""
    rng = Random(3)
    for second in range(SECONDS):
        now = T0 + 1000 * second
        rows: list[tuple[int, int | None, float | None, int]] = []
        for n in range(len(IDS)):
            odd = rng.random()
            measured = None if odd > 0.97 else now - rng.randrange(900) - (60_000 if odd < 0.03 else 0)
            rows.append((n, measured, None if 0.4 < odd < 0.42 else n + second % 17, 2 if 0.5 < odd < 0.52 else 0))
        rows += rows[:1] * (second % 50 == 0)
        yield Readings(now, Batch.of(rows), "m") if second % 40 else Tick(now)


class Parts:
    """What trends ask of Records: a log for each enterprise."""

    def __init__(self) -> None:
        self._logs = {name: MemoryLog() for name in ("E1", "E2")}
        self.away = False
        for entry in entries():
            for k, log in enumerate(self._logs.values()):
                own = entry
                if isinstance(entry, Readings):
                    own = Readings(entry.received_at_ms, entry.batch.select(entry.batch.point // 2 == k), "m")
                log.append([own])

    def registry(self) -> PointRegistry:
        return PointRegistry(IDS)

    def configured(self) -> Any:
        if self.away:
            raise OSError("nobody answers")
        points = {name: SimpleNamespace(enterprise=enterprise) for name, enterprise in ENTERPRISE.items()}
        return SimpleNamespace(site=SimpleNamespace(points=points))

    @contextmanager
    def parts(self) -> Iterator[Sequence[LogPart]]:
        yield [LogPart(log, "0", lambda name, mine=own: name == mine) for own, log in self._logs.items()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    registry = RegistryFile.open(folder / REGISTRY)
    registry.assign(IDS)
    registry.close()
    journal = Journal.open(folder / JOURNAL)
    journal.append(list(entries()))
    journal.close()
    return folder


@pytest.mark.parametrize("most", [5000, 100])
@pytest.mark.parametrize(("point", "first_s", "end_s"), [("P0", 0, SECONDS), ("P3", 300, 900), ("P9", 0, 100)])
def test_they_are_those_of_the_journal(data: Path, point: str, first_s: int, end_s: int, most: int) -> None:
    span = T0 + first_s * 1000, T0 + end_s * 1000
    trends = LogTrends(cast(Records, Parts()))
    found = trends.trend(point, *span, most, gap_ms=3000)
    trends.close()
    assert found == JournalTrends(data).trend(point, *span, most, gap_ms=3000)
    assert (len(found) == 0) == (point == "P9")


def test_a_span_that_is_too_long_is_cut_and_says_so() -> None:
    trend = LogTrends(cast(Records, Parts()), most_readings=900).trend("P2", T0, T0 + SECONDS * 1000, 5000)
    assert trend.cut_at_ms is not None
    assert T0 < trend.cut_at_ms < T0 + SECONDS * 1000
    assert "too long" in trend.note
    assert trend.at_ms[-1] >= T0 + (SECONDS - 3) * 1000


def test_a_log_that_cant_be_read_is_told() -> None:
    parts = Parts()
    parts.away = True
    with pytest.raises(TrendError, match="nobody answers"):
        LogTrends(cast(Records, parts)).trend("P0", T0, T0 + 1000)
