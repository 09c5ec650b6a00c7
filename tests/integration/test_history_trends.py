"""Roll-ups and trends against a real InfluxDB, and the same trends from the journal."""

import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.history import follow, influx_settings, make_buckets
from support.influx import TOKEN, InfluxServer, influx  # noqa: F401 - a fixture
from support.rolled import StoredInMemory, assert_same, expected

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxSettings
from tocsin.history.buckets import HOUR_MS, MINUTE_MS
from tocsin.history.influx_trends import InfluxTrends
from tocsin.history.journal_trends import JournalTrends
from tocsin.history.query import Trend, TrendError
from tocsin.history.trends import EitherTrends, open_trends
from tocsin.log.journal import Journal
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.registry_file import RegistryFile, load_registry
from tocsin.records import FolderRecords

START_MS = 1_732_190_400_000 // HOUR_MS * HOUR_MS
HOURS = 3
IDS = ["P0", "P1", "P2"]
HOLE = range(1_000, 1_400)
"""Seconds in which P0 said nothing."""


def entries() -> list[Entry]:
    """Three hours: P0 each second but for a hole, P1 each minute; late ones, doubles, bad ones."""
    rng = random.Random(7)
    found: list[Entry] = []
    for second in range(HOURS * 3600):
        at = START_MS + second * 1000
        rows = []
        if second not in HOLE:
            bad = second % 500 == 0
            rows.append((0, at, 20 + 5 * math.sin(second / 600) + rng.random(), 2 if bad else 0))
        if second % 60 == 30:
            rows.append((1, at, float(second), 0))
        if second % 700 == 0 and second > 4000:
            rows += [(2, at - 3_000_000, 1.5, 0), (2, at - 3_000_000, 1.5, 0), (0, at - 500_500, 99.0, 1)]
        entry = Readings(at + 200, Batch.of(rows)) if rows else Tick(at + 200)
        found.append(entry)
        if rows and second % 900 == 0:
            found.append(Readings(at + 300, Batch.of(rows)))
    found.append(Tick(START_MS + HOURS * HOUR_MS + MINUTE_MS))
    return found


@pytest.fixture(scope="module")
def filled(
    influx: InfluxServer,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, InfluxSettings, list[Entry]]]:
    """A data folder, and all of it in InfluxDB."""
    data = tmp_path_factory.mktemp("history")
    make_buckets(influx, "trends")
    settings = influx_settings(influx, data, "trends")
    registry = RegistryFile.open(data / REGISTRY)
    registry.assign(IDS)
    registry.close()
    assert list(load_registry(data / REGISTRY).ids) == IDS
    made = entries()
    with_journal = Journal.open(data / JOURNAL)
    with_journal.append(made)
    following = follow(with_journal, IDS, data / "followers", settings)
    following.start()
    assert following.caught_up(with_journal)
    following.stop()
    yield data, settings, made
    with_journal.close()


def stored(influx: InfluxServer, bucket: str, measurement: str) -> dict[tuple[int, int], dict[str, float]]:  # noqa: F811
    rows = influx.query(f"SELECT * FROM {measurement}", bucket)
    names = ("readings", "bad", "count", "mean", "min", "max", "last", "sum")
    return {
        (int(str(row["point"])[1:]), int(str(row["time"])) // 1_000_000): {
            name: float(str(row[name])) for name in names if row[name] is not None
        }
        for row in rows
    }


def test_roll_ups_are_what_the_raw_readings_come_to(
    influx: InfluxServer,  # noqa: F811
    filled: tuple[Path, InfluxSettings, list[Entry]],
) -> None:
    raw = StoredInMemory(enumerate(filled[2])).all()
    end = START_MS + HOURS * HOUR_MS
    assert_same(stored(influx, "trends_1m", "reading_1m"), expected(raw, MINUTE_MS, end))
    assert_same(stored(influx, "trends_1h", "reading_1h"), expected(raw, HOUR_MS, end))
    (counted,) = influx.query("SELECT count(value) FROM reading WHERE point = 'P0'", "trends")
    (rolled,) = influx.query("SELECT sum(count) FROM reading_1m WHERE point = 'P0'", "trends_1m")
    assert counted["count"] == rolled["sum"]


def rounded(trend: Trend) -> list[tuple[object, ...]]:
    columns = (trend.low, trend.mean, trend.high, trend.last)
    shown = ([None if v is None else round(v, 9) for v in column] for column in columns)
    return list(zip(trend.at_ms, *shown, strict=True))


@pytest.mark.parametrize(
    ("point", "from_s", "to_s", "most"),
    [("P0", 0, 9000, 9000), ("P0", 0, 9000, 200), ("P1", 0, 7200, 300), ("P1", 0, 7200, 60), ("P9", 0, 100, 10)],
)
def test_influxdb_and_the_journal_draw_the_same(
    filled: tuple[Path, InfluxSettings, list[Entry]], point: str, from_s: int, to_s: int, most: int
) -> None:
    data, settings, _ = filled
    one = InfluxTrends(settings.model_copy(update={"rollups": False}), TOKEN)
    other = JournalTrends(data)
    span = (START_MS + from_s * 1000, START_MS + to_s * 1000)
    first, second = (trends.trend(point, *span, most, gap_ms=3_000) for trends in (one, other))
    one.close()
    assert rounded(first) == rounded(second)
    assert first.step_ms == second.step_ms
    assert (len(first) == 0) == (point == "P9")


def test_the_journal_does_not_find_what_came_an_hour_late(filled: tuple[Path, InfluxSettings, list[Entry]]) -> None:
    data, settings, _ = filled
    one, other = InfluxTrends(settings, TOKEN), JournalTrends(data)
    span = (START_MS, START_MS + 2_000_000)
    assert len(one.trend("P2", *span)) > 0 == len(other.trend("P2", *span))
    one.close()


def test_a_wide_trend_is_made_of_roll_ups_and_has_its_gap(filled: tuple[Path, InfluxSettings, list[Entry]]) -> None:
    trends = InfluxTrends(filled[1], TOKEN)
    trend = trends.trend("P0", START_MS, START_MS + HOURS * HOUR_MS, 180, gap_ms=3_000)
    assert (trend.resolution, trend.step_ms, trend.source) == ("minute", MINUTE_MS, "influx")
    raw = trends.trend("P0", START_MS, START_MS + HOURS * HOUR_MS, 20_000, gap_ms=3_000)
    assert (raw.resolution, raw.step_ms) == ("raw", 0)
    for found in (trend, raw):
        gaps = [
            at for at, mean, bad in zip(found.at_ms, found.mean, found.bad, strict=True) if mean is None and not bad
        ]
        assert len(gaps) == 1
        assert START_MS + 1_000_000 <= gaps[0] <= START_MS + 1_400_000
    highest = max(v for v in raw.high if v is not None)
    assert highest == max(v for v in trend.high if v is not None) == 99.0
    assert sum(trend.bad) > 0
    hours = trends.trend("P0", START_MS, START_MS + HOURS * HOUR_MS, 2)
    assert hours.resolution == "hour"
    assert len(hours) <= 2
    trends.close()


def test_an_influxdb_that_is_away_is_stood_in_for(filled: tuple[Path, InfluxSettings, list[Entry]]) -> None:
    data, settings, _ = filled
    away = settings.model_copy(update={"url": "http://127.0.0.1:9"})
    trends = open_trends(away, FolderRecords(data), SystemClock())
    trend = trends.trend("P0", START_MS, START_MS + 60_000)
    trends.close()
    assert (trend.source, len(trend)) == ("journal", 60)
    assert "history does not answer" in trend.note


def test_where_nobody_can_answer_that_is_said(tmp_path: Path, filled: tuple[Path, InfluxSettings, list[Entry]]) -> None:
    registry = RegistryFile.open(tmp_path / REGISTRY)
    registry.assign(IDS)
    registry.close()
    away = filled[1].model_copy(update={"url": "http://127.0.0.1:9"})
    trends = EitherTrends(InfluxTrends(away, TOKEN), JournalTrends(tmp_path), SystemClock())
    with pytest.raises(TrendError, match="the journal"):
        trends.trend("P0", START_MS, START_MS + 1000)
    with pytest.raises(ValueError, match="end after"):
        JournalTrends(tmp_path).trend("P0", 5, 5)


def test_a_span_too_long_for_the_journal_is_cut_and_says_so(tmp_path: Path) -> None:
    registry = RegistryFile.open(tmp_path / REGISTRY)
    registry.assign(IDS)
    registry.close()
    journal = Journal.open(tmp_path / JOURNAL, segment_bytes=1 << 16)
    within = [entry for entry in entries() if entry.received_at_ms < START_MS + HOUR_MS]
    for start in range(0, len(within), 100):
        journal.append(within[start : start + 100])
    trends = JournalTrends(tmp_path, most_bytes=150_000)
    trend = trends.trend("P0", START_MS, START_MS + HOUR_MS, 20_000)
    journal.close()
    assert trend.cut_at_ms is not None
    assert START_MS < trend.cut_at_ms <= trend.at_ms[0] + 1000
    assert "too long" in trend.note
    assert trend.at_ms[-1] == START_MS + 3_599_000
