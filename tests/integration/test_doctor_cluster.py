"""`tocsin doctor` with a real Kafka: what it finds from before there are topics to when all is decided."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import make_data_folder
from support.kafka import KafkaCluster, kafka
from support.mosquitto import free_port
from support.postgres import fresh_address

from plant.entries import Tick
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.doctor.of_kafka import look_at_cluster
from tocsin.doctor.of_shards import look_at_shards
from tocsin.doctor.of_shared_book import look_at_shared_book
from tocsin.kafka.client import producer, reader
from tocsin.kafka.records import encode
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import put_version
from tocsin.settings import Settings
from tocsin.settings.database import DatabaseSettings
from tocsin.settings.kafka import KafkaSettings

__all__ = ["kafka"]

NOW_MS = 1_790_000_000_000


def codes(found: object) -> dict[str, Mapping[str, object]]:
    return {one.code: one.facts for one in found}  # type: ignore[attr-defined]


def settings_of(kafka: KafkaSettings) -> Settings:
    return Settings(site=Path("site"), kafka=kafka)


def write_ticks(kafka: KafkaSettings, at_ms: int, shards: range | None = None) -> None:
    topics, to = Topics.of(kafka), producer(kafka)
    for shard in shards if shards is not None else topics.shards:
        topic, partition = topics.log_of(shard)
        to.produce(topic, encode(Tick(at_ms)), partition=partition, timestamp=at_ms)
    assert to.flush(30) == 0


def commit(kafka: KafkaSettings, offset: int) -> None:
    """As workers do, of all logs."""
    from confluent_kafka import TopicPartition

    topics = Topics.of(kafka)
    group = reader(kafka, more={"group.id": topics.group("written")})
    group.commit(offsets=[TopicPartition(*topics.log_of(shard), offset) for shard in topics.shards], asynchronous=False)
    group.close()


def test_topics_that_are_missing_or_not_as_they_must_be(kafka: KafkaCluster) -> None:
    missing = kafka.settings("d1.", 3)
    assert codes(look_at_cluster(missing, NOW_MS))["topics_missing"]["n"] == 8
    assert look_at_shards(settings_of(missing), NOW_MS) == [], "the other check tells of it"
    made = kafka.topics("d1.", 3)
    assert set(codes(look_at_cluster(made, NOW_MS))) == {"kafka_ok"}
    other = made.model_copy(update={"partitions": 4, "retention_days": 1.0})
    found = codes(look_at_cluster(other, NOW_MS))
    assert str(found["topics_wrong"]["first"]).startswith("d1.readings: 3 partitions, wanted are 4")
    assert "retention.ms" in str(found["topics_differ"]["first"])


def test_a_cluster_that_nobody_feeds_then_nobody_decides_then_is_well(kafka: KafkaCluster) -> None:
    ours = kafka.topics("d2.", 2)
    settings = settings_of(ours)
    assert codes(look_at_shards(settings, NOW_MS)) == {
        "shards_empty": {"n": 3, "of": 3, "first": "d2.readings [0]"},
    }
    write_ticks(ours, NOW_MS - 200_000)
    silent = codes(look_at_shards(settings, NOW_MS))
    assert silent["shards_silent"] == {"n": 3, "of": 3, "first": "d2.readings [0]", "seconds": 200}
    write_ticks(ours, NOW_MS - 1_000)
    assert codes(look_at_shards(settings, NOW_MS)) == {
        "shards_undecided": {"n": 3, "of": 3, "first": "d2.readings [0]", "seconds": 30},
    }
    commit(ours, 1)
    assert codes(look_at_shards(settings, NOW_MS)) == {"shards_ok": {"n": 3}}, "what came just now may wait"
    commit(ours, 2)
    write_ticks(ours, NOW_MS + 60_000, range(1))
    assert codes(look_at_shards(settings, NOW_MS + 62_000)) == {
        "shards_silent": {"n": 2, "of": 3, "first": "d2.readings [1]", "seconds": 63},
    }


def test_history_that_is_behind_is_told_where_it_is_to_be_kept(kafka: KafkaCluster, tmp_path: Path) -> None:
    ours = kafka.topics("d3.", 1)
    influx = {"url": "http://127.0.0.1:1", "token_file": tmp_path / "token", "org": "o", "bucket": "readings"}
    settings = Settings.model_validate({"site": "site", "influx": influx}).model_copy(update={"kafka": ours})
    late_ms = round(settings.watch.history_behind_s * 1000) + 1_000
    write_ticks(ours, NOW_MS - late_ms)
    write_ticks(ours, NOW_MS)
    commit(ours, 2)
    assert codes(look_at_shards(settings, NOW_MS))["shards_unkept"]["first"] == "d3.readings [0]"


def test_what_does_not_answer_or_cant_be_read_is_told_once() -> None:
    away = KafkaSettings(bootstrap=(f"127.0.0.1:{free_port()}",))
    assert set(codes(look_at_cluster(away, NOW_MS))) == {"kafka_away"}
    nowhere = away.model_copy(
        update={"security": "sasl_tls", "username": "tocsin", "password_file": Path("nowhere"), "ca_file": None}
    )
    assert set(codes(look_at_cluster(nowhere, NOW_MS))) == {"secret"}
    assert look_at_shards(settings_of(nowhere), NOW_MS) == []


def test_the_book_in_postgresql(kafka: KafkaCluster) -> None:
    """There, behind what the workers wrote, and not there."""
    address = fresh_address()
    ours = kafka.topics("d5.", 1)
    database = {"url": str(address), "user": address.user}
    settings = Settings.model_validate({"site": "site", "database": database}).model_copy(update={"kafka": ours})
    well = codes(look_at_shared_book(settings))
    assert well["book_shared"]["open"] == 0
    assert str(well["book_shared"]["version"]).startswith("PostgreSQL 1")
    to = producer(ours)
    for _ in range(2_001):
        to.produce(Topics.of(ours).steps, b"step", partition=0)
    assert to.flush(30) == 0
    assert codes(look_at_shared_book(settings)) == {"book_unfolded": {"behind": 2_001}}
    nowhere = {**database, "url": f"{str(address).rsplit('/', 1)[0]}/nobody"}
    lost = settings.model_copy(update={"database": DatabaseSettings.model_validate(nowhere)})
    assert set(codes(look_at_shared_book(lost))) == {"book_unusable"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_looks_at_the_cluster_instead_of_the_journal(
    kafka: KafkaCluster, tmp_path: Path, language: str
) -> None:
    ours = kafka.topics(f"d4{language}.", 1)
    made = make_data_folder(tmp_path)
    config = tmp_path / "tocsin.toml"
    config.write_text(
        f'site = "{made.site}"\ndata = "{made.data}"\n[kafka]\nbootstrap = "{kafka.bootstrap}"\n'
        f'prefix = "{ours.prefix}"\n'
        "partitions = 1\nreplication = 1\nretention_days = 36500\n"
    )
    before = json.loads(tocsin("doctor", "--config", config, "--json", "--lang", language).out)
    checks = {one["check"] for one in before["findings"]}
    assert {"kafka", "shards", "book"} <= checks
    assert not {"service", "journal"} & checks
    assert "version_none" in {one["code"] for one in before["findings"]}
    assert before["verdict"] == "bad"
    put_version(
        ours,
        read_configuration(made.site),
        kind="site",
        who="li.wei",
        why="first",
        at_ms=SystemClock().now_ms(),
        instead_of=0,
    )
    after = {
        one["code"]: one
        for one in json.loads(tocsin("doctor", "--config", config, "--json", "--lang", language).out)["findings"]
    }
    assert after["version_ok"]["facts"]["number"] == 1
    assert after["kafka_ok"]["verdict"] == "ok"
