"""Kafka's rights of each process, as docs/reference/kafka-topics.md lists them: enough for its work, and no more."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import pytest
from support.bridges import LIMIT_RULE, message, write_site
from support.kafka import Access, KafkaCluster, running_kafka
from support.mosquitto import Certificates, Mosquitto, free_port, make_certificates, mosquitto_path
from support.postgres import fresh_address
from support.waiting import eventually

from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.cluster.commits import Commits
from tocsin.database import PostgresAddress
from tocsin.deploy.probe import probe
from tocsin.kafka.client import admin, member, producer, reader
from tocsin.kafka.shards_tail import ShardsTail
from tocsin.kafka.topics import Topics
from tocsin.kafka.versions import Versions
from tocsin.settings.kafka import KafkaSettings

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "kafka-topics.md"
PROCESSES: Final = ("bridge", "worker", "notifier", "follow", "console")
PASSWORD: Final = "a-secret-of-tests"


def table() -> Mapping[str, tuple[str, str, str, str]]:
    """Process -> (reads, writes, groups, transactional ids) as the page says."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `tocsin ([a-z]+)`", line):
            _, _, reads, writes, groups, ids, *_ = [cell.strip() for cell in line.split("|")]
            found[match[1]] = (reads, writes, groups, ids)
    return found


def grant(kafka: KafkaSettings, process: str) -> None:
    """What the table says, and nothing else."""
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    reads, writes, groups, ids = table()[process]
    topic, group, transactional = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID
    wanted: list[tuple[Any, str, Any]] = [(topic, "", AclOperation.DESCRIBE)]
    wanted += [(topic, name, AclOperation.READ) for name in re.findall(r"`([a-z-]+)`", reads)]
    wanted += [(topic, name, AclOperation.WRITE) for name in re.findall(r"`([a-z-]+)`", writes)]
    for name, more in re.findall(r"`([a-z-]+)`( \(Describe\))?", groups):
        wanted.append((group, name, AclOperation.DESCRIBE if more else AclOperation.READ))
    wanted += [(transactional, name, AclOperation.WRITE) for name in re.findall(r"`([a-z-]+)`", ids)]
    bindings = [
        AclBinding(
            kind,
            f"{kafka.prefix}{name}",
            ResourcePatternType.PREFIXED if name in ("", "worker-") else ResourcePatternType.LITERAL,
            f"User:{process}",
            "*",
            operation,
            AclPermissionType.ALLOW,
        )
        for kind, name, operation in wanted
    ]
    client = admin(kafka)
    for future in client.create_acls(bindings).values():
        future.result(20)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make certificates")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    users = dict.fromkeys(PROCESSES, PASSWORD)
    access = Access(certificates, users, held_to_acls=True)
    with running_kafka(tmp_path_factory.mktemp("kafka"), access=access) as cluster:
        yield cluster


def as_user(
    cluster: KafkaCluster, certificates: Certificates, folder: Path, kafka: KafkaSettings, process: str
) -> KafkaSettings:
    """The same topics, as the user of a process comes to them."""
    (folder / "kafka_password").write_text(PASSWORD)
    return kafka.model_copy(
        update={
            "bootstrap": tuple(cluster.secure_bootstrap.split(",")),
            "security": "sasl_tls",
            "sasl": "scram_sha_512",
            "username": process,
            "password_file": folder / "kafka_password",
            "ca_file": certificates.ca,
        }
    )


class Process:
    """`tocsin NAME` with the settings of its user of Kafka."""

    def __init__(self, folder: Path, name: str, kafka: KafkaSettings, more: str = "") -> None:
        self.log = folder / f"{name}.log"
        self.http = f"127.0.0.1:{free_port()}"
        given = kafka.model_dump(mode="json", exclude_none=True)
        lines = [f'site = "{folder / "site"}"', f'data = "{folder / name}"', "[http]", f'listen = "{self.http}"']
        lines += ["[kafka]", *(f"{key} = {json.dumps(value)}" for key, value in given.items()), more]
        config = folder / f"{name}.toml"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with self.log.open("wb") as log:
            self.running = subprocess.Popen(
                [Path(sys.executable).with_name("tocsin"), name, "--config", config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def is_ready(self) -> bool:
        assert self.running.poll() is None, self.said()
        return not probe(f"http://{self.http}/readyz")

    def stop(self) -> None:
        self.running.kill()
        self.running.wait(10)


def raised(book: PostgresAddress) -> set[str]:
    """Subjects that have an alarm in the book."""
    opened = BookReader.open_for_reading(book)
    try:
        return {record.subject for record in opened.alarms()}
    finally:
        opened.close()


def publish(port: int, topic: str, payload: bytes) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    finally:
        client.disconnect()
        client.loop_stop()


def refused(kafka: KafkaSettings, topics: set[str]) -> set[str]:
    """Those to which Kafka lets this user write nothing."""
    said: dict[str, str] = {}

    def told(error: Any, message: Any) -> None:
        said[message.topic()] = error.name() if error else ""

    to = producer(kafka)
    for topic in topics:
        to.produce(topic, b"x", b"key", partition=0, on_delivery=told)
    assert to.flush(20) == 0
    return {topic for topic, word in said.items() if word == "TOPIC_AUTHORIZATION_FAILED"}


def test_the_alarm_path_works_with_the_rights_that_the_page_gives(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path
) -> None:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not there: make services brings it")
    book = fresh_address()
    kafka = secured.topics("path.", 2)
    write_site(tmp_path / "site", LIMIT_RULE)
    own = {name: as_user(secured, certificates, tmp_path, kafka, name) for name in PROCESSES}
    for name in ("bridge", "worker", "notifier"):
        grant(kafka, name)
    started: list[Process] = []
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    database = f'[database]\nurl = "{book}"\nuser = "{book.user}"'
    mqtt_lines = f'[[mqtt]]\nurl = "mqtt://127.0.0.1:{broker.port}"\nname = "broker"'
    try:
        for name, more in (("bridge", mqtt_lines), ("worker", ""), ("notifier", database)):
            started.append(Process(tmp_path, name, own[name], more))
        for process in started:
            assert eventually(process.is_ready, 60), process.said()
        publish(broker.port, *message("E1-P1", 90.0, SystemClock().now_ms()))
        assert eventually(lambda: "E1-P1" in raised(book), 30), "\n".join(process.said() for process in started)
    finally:
        for process in started:
            process.stop()
        broker.stop()
    for process in started:
        assert "AUTHORIZATION" not in process.log.read_text(errors="replace").upper(), process.said()


def test_who_looks_on_reads_and_keeps_cursors(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path
) -> None:
    kafka = secured.topics("look.", 1)
    topics = Topics.of(kafka)
    follow, console = (as_user(secured, certificates, tmp_path, kafka, name) for name in ("follow", "console"))
    for name in ("follow", "console"):
        grant(kafka, name)
    for group in ("influx", "rollups", "states"):
        commits = Commits(follow, group)
        commits.save(topics.log_of(0), 7, "cursor")
        assert commits.load(topics.log_of(0)) == (7, "cursor")
        commits.close()
    consumer = member(follow, "followers")
    consumer.subscribe([topics.readings])
    assert eventually(lambda: consumer.poll(0.2) is None and len(consumer.assignment()) == 1, 20)
    consumer.close()
    tail = ShardsTail(console)
    assert tail.poll(0, 1.0) == []
    tail.close()
    with Versions.open(console) as versions:
        assert versions.latest is None
    assert refused(console, {topics.readings, topics.spanning}) == set(), "acts of people"


def test_nobody_may_do_more(secured: KafkaCluster, certificates: Certificates, tmp_path: Path) -> None:
    from confluent_kafka import KafkaException

    kafka = secured.topics("more.", 1)
    topics = Topics.of(kafka)
    every = {topics.readings, topics.spanning, topics.alarms, topics.steps, topics.config, topics.checkpoints}
    for name in PROCESSES:
        grant(kafka, name)
        ours = as_user(secured, certificates, tmp_path, kafka, name)
        may = {f"{kafka.prefix}{topic}" for topic in re.findall(r"`([a-z-]+)`", table()[name][1])}
        if may:
            assert refused(ours, every) == every - may, name
            continue
        # Who may write nowhere is not even given a number as a producer.
        to = producer(ours)
        to.produce(topics.readings, b"x", partition=0)
        with pytest.raises(KafkaException) as told:
            to.flush(20)
        assert told.value.args[0].name() == "CLUSTER_AUTHORIZATION_FAILED"
    console = as_user(secured, certificates, tmp_path, kafka, "console")
    stranger = reader(console, more={"group.id": topics.group("written")})
    with pytest.raises(KafkaException) as told:
        stranger.committed([_first(topics)], timeout=3)
    assert told.value.args[0].name() in ("GROUP_AUTHORIZATION_FAILED", "_TIMED_OUT")
    stranger.close()


def _first(topics: Topics) -> Any:
    from confluent_kafka import TopicPartition

    found = TopicPartition(*topics.log_of(0))
    assert found.error is None
    return found
