"""A feed goes into the topics of a real Kafka, and each shard's log has its part."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.kafka import KafkaCluster, kafka
from support.site_builder import build_site

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings
from plant.registry import PointRegistry
from tocsin.configuration import read_configuration
from tocsin.kafka.client import producer
from tocsin.kafka.deal import Loaded, deal, under
from tocsin.kafka.division import Division
from tocsin.kafka.errors import KafkaClientError
from tocsin.kafka.load import load
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Topics

__all__ = ["kafka"]

T0 = 1_732_190_400_000
POINTS = 5000


def seconds(count: int) -> Iterator[Readings]:
    number = np.arange(POINTS, dtype=np.uint32)
    for k in range(count):
        at = np.full(POINTS, T0 + 1000 * k - 30)
        yield Readings(
            T0 + 1000 * k, Batch(number, at, number.astype(np.float64) + k, np.zeros(POINTS, dtype=np.uint8)), "m"
        )


@pytest.fixture(scope="module")
def division(tmp_path_factory: pytest.TempPathFactory) -> Division:
    configured = read_configuration(build_site(tmp_path_factory.mktemp("site"), POINTS, enterprises=40))
    return Division(configured.site, configured.rules, PointRegistry(configured.site.points), 4)


def test_each_log_holds_its_part_of_the_feed(kafka: KafkaCluster, division: Division, tmp_path: Path) -> None:
    settings = kafka.topics("whole.")
    configured = read_configuration(build_site(tmp_path / "site", POINTS, enterprises=40))
    entries = list(under(seconds(100), configured, 1))
    told: list[int] = []

    loaded = load(entries, division, producer(settings), settings, progress=lambda now: told.append(now.records))

    wanted: dict[int, list[Entry]] = {shard: [] for shard in range(5)}
    for shard, entry in deal(entries, division, Loaded()):
        wanted[shard].append(entry)
    for shard, own in wanted.items():
        with PartitionLog(settings, Topics.of(settings).log_of(shard)) as log:
            assert [entry for _, entry in log.read(0)] == own
            assert isinstance(own[0], Configuration)
            # The second stage has nothing but ticks, and none so soon after the configuration.
            assert log.position_at(T0 + 50_000) == (50 if shard == 4 else 51)
    assert (loaded.entries, loaded.readings) == (101, 100 * POINTS)
    assert loaded.records == sum(map(len, wanted.values())) == told[-1]
    assert loaded.record_bytes / loaded.readings < 24


def test_more_than_the_producer_holds_waits_until_kafka_has_taken_some(kafka: KafkaCluster, division: Division) -> None:
    settings = kafka.topics("small.")
    few = producer(settings, more={"queue.buffering.max.messages": 10})
    assert load(seconds(50), division, few, settings).records == 50 * 5
    with PartitionLog(settings, Topics.of(settings).log_of(2)) as log:
        assert log.end == 50


def test_topics_that_are_not_there_are_said(kafka: KafkaCluster, division: Division) -> None:
    settings = kafka.settings("nowhere.")
    with pytest.raises(KafkaClientError, match="scale plan --create"):
        load(seconds(1), division, producer(settings, more={"topic.metadata.propagation.max.ms": 500}), settings)
