"""Processes of `tocsin follow` over a real Kafka and InfluxDB: the rows of an embedded run, whoever is killed."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.following import ClusterLog, FollowProcess, rows_of, within
from support.history import follow, influx_settings, make_buckets
from support.influx import InfluxServer, influx
from support.kafka import KafkaCluster, kafka
from support.site_builder import build_site
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Readings
from tocsin.book import AlarmBook
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.deal import under
from tocsin.log.layout import BOOK
from tocsin.log.memory import MemoryLog

__all__ = ["influx", "kafka"]

T0 = 1_732_190_400_000
HOUR_MS = 3_600_000
POINTS = 60
WRITTEN = ("reading", "reading_1m", "reading_1h")


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    return read_configuration(build_site(tmp_path_factory.mktemp("site"), POINTS, enterprises=12))


def entries(begin_ms: int, end_ms: int, step_ms: int = 20_000) -> Iterator[Readings]:
    """All points; some come late, some bad, some twice, some without a time of their own."""
    for at_ms in range(begin_ms, end_ms, step_ms):
        rng = random.Random(at_ms)
        rows: list[tuple[int, int | None, float | None, int]] = []
        for n in range(POINTS):
            odd = rng.random()
            measured = at_ms - rng.randrange(2_000) if odd > 0.02 else at_ms - rng.randrange(2 * HOUR_MS)
            rows.append((n, None if odd > 0.99 else measured, n + at_ms % 97 / 10, 2 if 0.97 < odd < 0.98 else 0))
            if 0.95 < odd < 0.96:
                rows.append(rows[-1])
        yield Readings(at_ms, Batch.of(rows), "m")


def tables(server: InfluxServer, bucket: str) -> dict[str, list[tuple[tuple[str, str], ...]]]:
    names = {"reading": bucket, "reading_1m": f"{bucket}_1m", "reading_1h": f"{bucket}_1h"}
    return {name: rows_of(server, of, [name]) for name, of in names.items()}


def embedded(server: InfluxServer, folder: Path, configured: Configured, end_ms: int) -> str:
    """The bucket into which an embedded run has written the same entries."""
    bucket, log = "embedded", MemoryLog()
    make_buckets(server, bucket)
    log.append(list(under(entries(T0, end_ms), configured, 0)))
    following = follow(
        log, list(configured.site.points), folder, influx_settings(server, folder.parent, bucket), configured.site
    )
    following.start()
    assert following.caught_up(log)
    following.stop()
    return bucket


def test_rows_are_the_embedded_runs_whoever_is_killed(
    kafka: KafkaCluster, influx: InfluxServer, configured: Configured, tmp_path: Path
) -> None:
    """Two share the work; one is killed in the middle; InfluxDB goes away and comes back; a third joins."""
    settings = kafka.topics("follow.", 4)
    log = ClusterLog(settings, configured)
    data = tmp_path / "data"
    AlarmBook.open_for_writing(data / BOOK).close()
    make_buckets(influx, "cluster")
    middle, late, end = T0 + 50 * 60_000, T0 + 70 * 60_000, T0 + 130 * 60_000

    def count() -> int:
        found = influx.query("SELECT count(quality) FROM reading", "cluster")
        return int(str(found[0]["count"])) if found else 0

    log.write(entries(T0, middle))
    with (
        FollowProcess(tmp_path / "a", settings, influx, "cluster", data) as first,
        FollowProcess(tmp_path / "b", settings, influx, "cluster", data) as second,
    ):
        assert eventually(lambda: first.ready() and second.ready(), 90), first.log + second.log
        assert eventually(lambda: first.metric("tocsin_follow_shards") == 2, 60), first.log
        assert eventually(lambda: second.metric("tocsin_follow_shards") == 2, 60), second.log
        assert eventually(lambda: count() > POINTS * 100, 60)
        log.write(entries(middle, late))
        first.kill()
        took_s = within(lambda: second.metric("tocsin_follow_shards") == 4, 40)
        assert took_s <= 10, second.log
        influx.stop()
        log.write(entries(late, end))
        with FollowProcess(tmp_path / "c", settings, influx, "cluster", data) as third:
            assert eventually(lambda: third.metric("tocsin_follow_shards") == 2, 90), third.log
            assert eventually(lambda: second.metric("tocsin_follower_failures_total") > 0)
            influx.start()
            expected = tables(influx, embedded(influx, tmp_path / "embedded", configured, end))
            assert len(expected["reading_1h"]) >= POINTS * 2
            for name in WRITTEN:
                assert eventually(lambda name=name: tables(influx, "cluster")[name] == expected[name], 60), name  # type: ignore[misc]
            assert third.stop() == 0
            assert "Traceback" not in third.log
        assert eventually(lambda: second.metric("tocsin_follow_shards") == 4, 40)
        assert eventually(lambda: influx.query("SELECT last(colour) FROM risk WHERE kind = 'site'", "cluster"))  # type: ignore[arg-type]
        assert eventually(lambda: influx.query("SELECT last(expected) FROM online WHERE scope = 'all'", "cluster"))  # type: ignore[arg-type]
        assert influx.query("SELECT last(readings) FROM device", "cluster")
        assert influx.query("SELECT last(connected) FROM source", "cluster")
        assert second.stop() == 0
