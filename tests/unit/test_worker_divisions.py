"""Versions of the configuration are divided before a shard wants them, and who has one does not wait for another."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.waiting import eventually

pytest.importorskip("confluent_kafka", reason="the extra `cluster` is not installed: confluent-kafka is missing")

from support.workers import build_divided_site

from plant.registry import PointRegistry
from tocsin.configuration import Configured, read_configuration
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker import divisions
from tocsin.worker.divisions import Divisions


class Topic:
    """Stands for the topic `config`: versions come when the test says so, and may be slow to restore."""

    def __init__(self, configured: Configured) -> None:
        self.registry = PointRegistry(configured.site.points)
        self.asked: list[int] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._configured = configured
        self._count = 1

    def come(self) -> None:
        self._count += 1

    @property
    def latest(self) -> Any:
        return SimpleNamespace(number=self._count)

    def refresh(self, timeout_s: float = 0.0) -> list[Any]:
        return []

    def get(self, number: int) -> Configured:
        self.asked.append(number)
        assert self.goes_on.wait(20)
        return self._configured


@pytest.fixture
def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Topic:
    found = Topic(read_configuration(build_divided_site(tmp_path / "site")))
    monkeypatch.setattr(divisions, "Versions", SimpleNamespace(open=lambda settings: found))
    return found


@pytest.fixture
def made(topic: Topic) -> Divisions:
    return Divisions(KafkaSettings(bootstrap=("127.0.0.1:1",), partitions=2))


def test_the_newest_version_is_made_before_it_is_wanted_and_once(topic: Topic, made: Divisions) -> None:
    made.prepare()
    made.prepare()
    topic.come()
    made.prepare()
    assert topic.asked == [1, 2]
    assert made.get(2).version == 2
    assert topic.asked == [1, 2]


def test_who_has_a_version_does_not_wait_for_the_next_one(topic: Topic, made: Divisions) -> None:
    first = made.get(1)
    topic.come()
    topic.goes_on.clear()
    preparing = threading.Thread(target=made.prepare, daemon=True)
    preparing.start()
    assert eventually(lambda: topic.asked == [1, 2])
    assert made.get(1) is first
    topic.goes_on.set()
    preparing.join(20)
    assert made.get(2).version == 2


def test_only_the_newest_are_kept(topic: Topic, made: Divisions) -> None:
    for _ in range(4):
        made.prepare()
        topic.come()
    made.get(4)
    made.get(2)
    assert topic.asked == [1, 2, 3, 4]
    made.get(1)
    assert topic.asked == [1, 2, 3, 4, 1]
